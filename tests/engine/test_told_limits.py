"""What a model says of its limits reaches the gate in front of it."""

from dataclasses import replace

import anyio
import pytest

from stretto.core.errors import ModelError
from stretto.core.models import ModelReply, ModelRequest, OnText, RateLimits
from stretto.engine.gate import Gate
from tests.engine.stage import Stage, of_kind, plan, reply

pytestmark = pytest.mark.anyio

NONE_LEFT = RateLimits(requests_limit=60, requests_remaining=0, seconds_until_reset=30.0)


async def test_an_answer_without_calls_left_holds_the_next_call_back():
    """The place that a call holds takes what its answer said; the run hears of a pause worth saying, once."""
    gate, heard = Gate(4), list[float | None]()
    async with gate.place("run", heard.append) as place:
        began = anyio.current_time()
        place.limits = NONE_LEFT
    assert gate.pace.ready_at(began) == pytest.approx(began + 30.0, abs=1.0)
    assert heard == [pytest.approx(30.0, abs=1.0)]
    with anyio.move_on_after(0):
        async with gate.place("run"):
            pytest.fail("there was no call left")


async def test_a_failed_call_tells_its_limits_too():
    """What an error carries counts like an answer's, whatever its kind."""
    gate = Gate(4)
    with pytest.raises(ModelError):
        async with gate.place("run"):
            raise ModelError("cut", kind="cut", limits=NONE_LEFT)
    now = anyio.current_time()
    assert gate.pace.ready_at(now) > now + 20.0


async def test_calls_under_way_count_as_made():
    """With many calls under way, what one was told is shared with all of them."""
    gate = Gate(8)
    half = RateLimits(requests_limit=8, requests_remaining=6, seconds_until_reset=20.0)
    async with gate.place("run"), gate.place("run"), gate.place("run"):
        async with gate.place("run") as place:
            place.limits = half
        now = anyio.current_time()
        assert gate.pace.ready_at(now) > now + 2.0


async def test_a_short_pause_is_not_worth_saying():
    """A wait of less than a second is nobody's business."""
    gate, heard = Gate(4), list[float | None]()
    async with gate.place("run", heard.append) as place:
        place.limits = replace(NONE_LEFT, seconds_until_reset=0.5)
    assert heard == []


async def test_a_run_says_that_its_model_has_no_calls_left():
    """Limits go from a reply through the run's caller to the gate, and the run says that it is held back."""

    async def work(request: ModelRequest, say: OnText) -> ModelReply:
        return replace(reply("<response>copy</response>"), limits=NONE_LEFT)

    events, result = await Stage([plan("a")], work).run()
    assert result.status == "complete"
    (waiting,) = of_kind(events, "run_waiting")
    assert (waiting.cause, waiting.model) == ("gate", "stage")
    assert waiting.seconds == pytest.approx(30.0, abs=1.0)
    assert "no further calls for 30 seconds" in waiting.message
