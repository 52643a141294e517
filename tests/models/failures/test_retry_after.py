"""Every way in which a server tells how long to wait."""

import time

import pytest

from stretto.core.errors import ErrorKind, ModelError
from stretto.models import open_model
from stretto.models.failures.retry_after import seconds_until, wait_in_body, wait_in_headers, wait_until_reset
from tests.models.conftest import KEYS

pytestmark = pytest.mark.anyio

NOON = "Tue, 01 Dec 2026 12:00:00 GMT"
AT_NOON = 1_796_126_400.0


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("30", 30.0),
        ("6.5", 6.5),
        ("6s", 6.0),
        ("6.5s", 6.5),
        ("120ms", 0.12),
        ("1m30s", 90.0),
        ("7m12s", 432.0),
        ("1h2m3.5s", 3723.5),
        ("20 seconds", 20.0),
        ("1 hour", 3600.0),
        ("2 minutes and 30 seconds", 150.0),
        ("1 day, 2 hours", 93_600.0),
        ("1796126430", 30.0),
        ("1796126430.5", 30.5),
        ("1796126430000", 30.0),
        ("1796126430000000", 30.0),
        ("1796126300", 0.0),
        ("2026-12-01T12:00:31Z", 31.0),
        ("2026-12-01T12:00:31.5+00:00", 31.5),
        ("2026-12-01 13:00:31+01:00", 31.0),
        ("Tue, 01 Dec 2026 12:00:07 GMT", 7.0),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("3 months", None),
    ],
)
def test_a_text_that_names_a_wait(words: str, seconds: float | None):
    """Numbers, durations and moments, these in seconds or less since 1970 too; nonsense is not said at all."""
    wait = seconds_until(words, AT_NOON)
    assert wait == (seconds if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Rate limit reached for x: Limit 3, Used 3, Requested 1. Please try again in 6.5s. Visit https://x.y.", 6.5),
        ("Please try again in 7m12s.", 432.0),
        ("Please try again in 120ms.", 0.12),
        ("Try again in 20 seconds", 20.0),
        ("Please retry in 36.584s.", 36.584),
        ("Please retry after 26 seconds.", 26.0),
        ("Retry after 20", 20.0),
        ("Please try again in 1 hour.", 3600.0),
        ("You may try again in an hour.", 3600.0),
        ("Please wait 2 minutes before you try again.", 120.0),
        ("The limit resets in 5 minutes.", 300.0),
        ("In 15 seconds, please try again.", 15.0),
        ("Try again in about 1 minute and 5 seconds.", 65.0),
        ("请在20秒后重试", 20.0),
        ("请 2 分钟后再试", 120.0),
        ("Limit of 30 per 60 seconds. Try again later.", None),
        ("Wait a moment.", None),
        ("Try again in a few seconds.", None),
        ("Slow down.", None),
    ],
)
def test_prose(words: str, seconds: float | None):
    """What is written for people is read as far as it names a wait, and a limit's own window is none."""
    for body in (words, {"error": {"message": words}}, {"details": [{"reason": words}]}):
        assert wait_in_body(body, resets=False) == (seconds if seconds is None else pytest.approx(seconds))


def test_fields_of_a_body():
    """Gemini's RetryInfo, gateways' own fields, and headers that a gateway passes on inside the body."""
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "14.5s"}
    assert wait_in_body({"error": {"details": [info]}}, resets=False) == 14.5
    assert wait_in_body({"retryDelay": {"seconds": 14}}, resets=False) == 14.0
    assert wait_in_body({"retry_after": 3}, resets=False) == 3.0
    assert wait_in_body({"retry_after_ms": 1500}, resets=False) == 1.5
    assert wait_in_body({"metadata": {"raw": '{"error": {"retryAfter": "9s"}}'}}, resets=False) == 9.0
    moment = str(int((time.time() + 30) * 1000))
    behind = {"metadata": {"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": moment}}}
    assert wait_in_body(behind, resets=True) == pytest.approx(30.0, abs=5.0)
    assert wait_in_body(behind, resets=False) is None
    assert wait_in_body({"metadata": {"headers": {"Retry-After": "8"}}}, resets=False) == 8.0
    assert wait_in_body({"reset_at": "253402300799"}, resets=True) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset": "1796126430"}, 30.0),
        ({"x-ratelimit-reset": "1796126430000"}, 30.0),
        ({"x-ratelimit-reset": "2026-12-01T12:00:31Z"}, 31.0),
        ({"x-ratelimit-reset-after": "3.2"}, 3.2),
        ({"x-rate-limit-reset": "5"}, 5.0),
        ({"ratelimit-reset": "17"}, 17.0),
        ({"ratelimit": "limit=9, remaining=0, reset=12"}, 12.0),
        ({"ratelimit": '"minute";r=0;t=13'}, 13.0),
        ({"anthropic-ratelimit-tokens-reset": "2026-12-01T12:00:31Z"}, 31.0),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-tokens": "9", "x-ratelimit-reset-tokens": "6m0s"}, None),
        ({"x-ratelimit-reset": "never"}, None),
        ({"x-ratelimit-limit": "30"}, None),
    ],
)
def test_headers_about_limits(headers: dict[str, str], seconds: float | None):
    """The moment at which what is used up is there again, by the server's own clock; what is left is not waited for."""
    assert wait_until_reset({"date": NOON, **headers}) == (seconds if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("words", "seconds"), [("1m30s", 90.0), ("6s", 6.0), ("1796126430", 30.0), ("Tue, 01 Dec 2026 12:00:07 GMT", 7.0)]
)
def test_retry_after_in_other_forms(words: str, seconds: float):
    """What the standard does not allow is read all the same."""
    assert wait_in_headers({"date": NOON, "retry-after": words}) == seconds


async def _refused(server, protocol, make_request, body: object, status: int = 429, **headers: str) -> ModelError:
    server.say(body, status, **headers)
    with pytest.raises(ModelError) as caught:
        await open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS).respond(make_request())
    return caught.value


async def test_every_protocol_is_read(server, protocol, make_request):
    """A wait in words and one in headers come through every SDK; Retry-After counts before both."""
    prose = protocol.error("Limit reached. Please try again in 6.5s.", "rate_limit_error")
    assert (await _refused(server, protocol, make_request, prose)).retry_after == 6.5
    plain = protocol.error("Limit reached.", "rate_limit_error")
    assert (await _refused(server, protocol, make_request, plain, x_ratelimit_reset="6s")).retry_after == 6.0
    assert (await _refused(server, protocol, make_request, prose, retry_after="3")).retry_after == 3.0
    broken = protocol.error("It broke.", "api_error")
    assert (await _refused(server, protocol, make_request, broken, 500, x_ratelimit_reset="6s")).retry_after is None


@pytest.mark.parametrize(
    ("message", "kind", "hint"),
    [
        ("Limit reached for requests per day (RPD). Please try again in 8.64s.", "rate_limit", "Wait a little"),
        ("Please try again in 7m12s.", "rate_limit", "wait 432 seconds (about 7 minutes)"),
        ("Rate limit exceeded: free-models-per-day.", "billing", "The quota for the day is used up"),
        ("Daily limit reached.", "billing", "The quota for the day is used up"),
    ],
)
async def test_a_quota_for_the_day_is_said(server, protocols, make_request, message: str, kind: ErrorKind, hint: str):
    """Nothing is tried again before a wait of hours is over; one of seconds is waited for, whatever it is a part of."""
    error = await _refused(server, protocols["chat"], make_request, {"error": {"message": message, "code": 429}})
    assert error.kind == kind
    assert hint in error.hint
