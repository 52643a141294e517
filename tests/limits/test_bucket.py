"""Under a rate limit, two hundred workers all finish, nearly as fast as the limit allows, and few calls are refused."""

import pytest

from tests.limits.bucket import RATE, WORKERS, serve
from tests.simulator.asked import PROTOCOL_NAMES, ProtocolName

# Slow: the work counts as time here, and a machine busy with other tests does less of it.
pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SETTLED = 4.0
"""Seconds that the limiter may take to find the rate."""

# Not ten at a time where the limit lets two through at once: whenever all ten places are taken as a call is due, that
# call's time is lost, however requests are sent.


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
@pytest.mark.parametrize(("concurrency", "burst"), [(200, 1), (200, 2), (200, 20), (10, 20)])
@pytest.mark.parametrize("says_when", [True, False], ids=["Retry-After", "silent"])
@pytest.mark.parametrize("headers", [True, False], ids=["headers", "bare"])
async def test_a_rate_limit_is_found_and_kept(
    headers: bool, says_when: bool, concurrency: int, burst: int, protocol: ProtocolName
) -> None:
    """Once settled at most 5% of the calls are refused, at 85% of the rate or more; 70% for a bucket of one."""
    served = await serve(protocol, burst=burst, concurrency=concurrency, says_when=says_when, headers=headers)
    assert (served.result.status, len(served.result.results)) == ("complete", WORKERS)
    refused, rate = served.refused(SETTLED), served.rate(SETTLED)
    assert refused <= 0.05, f"{refused:.1%} refused; {rate:.1f} a second"
    assert rate >= (0.7 if burst == 1 else 0.85) * RATE, f"{rate:.1f} a second; {refused:.1%} refused"
