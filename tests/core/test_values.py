"""Events, costs and errors as values."""

import dataclasses
import json
from decimal import Decimal
from typing import get_args

import pytest

from stretto.core.errors import ModelError, StrettoError
from stretto.core.events import Event, RunStarted, WorkerCompleted, to_jsonable
from stretto.core.plan import PlanError, Subtask
from stretto.core.result import Failure, WorkerResult
from stretto.core.usage import FREE, UNKNOWN_COST, Cost, Usage


def test_every_event_has_its_own_kind_and_is_frozen():
    """Each event class has one kind, named after the class, and cannot be changed."""
    for event in get_args(Event):
        (kind,) = [field.default for field in dataclasses.fields(event) if field.name == "kind"]
        name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in event.__name__).lstrip("_")
        assert kind == name
        assert event.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_events_are_json():
    """An event with everything in it becomes plain JSON."""
    result = WorkerResult(
        subtask=Subtask(type="a", description="b", id="s1"), status="completed", cost=Cost(usd=Decimal("0.25"))
    )
    data = json.loads(json.dumps(to_jsonable(WorkerCompleted(result=result, seq=3, at=1.5))))
    assert (data["kind"], data["seq"], data["at"]) == ("worker_completed", 3, 1.5)
    assert data["result"]["cost"] == {"usd": 0.25, "complete": True}
    started = RunStarted(
        run_id="r", task="t", context={"k": "v"}, recipe="x", model="m", worker_model="w", synthesis_model=""
    )
    assert to_jsonable(started)["context"] == {"k": "v"}  # type: ignore[index]


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (FREE, "$0"),
        (Cost(usd=Decimal("0.01234")), "$0.0123"),
        (UNKNOWN_COST, "unknown"),
        (UNKNOWN_COST + Cost(usd=Decimal(1)), "at least $1.0000"),
    ],
)
def test_an_unknown_price_is_never_zero(cost: Cost, text: str):
    """A cost says when a part of it is not known."""
    assert str(cost) == text


def test_usage_adds_up():
    """Every field is summed."""
    one = Usage(input_tokens=1, output_tokens=2, cache_read_tokens=3, cache_write_tokens=4, calls=5)
    assert one + one == Usage(input_tokens=2, output_tokens=4, cache_read_tokens=6, cache_write_tokens=8, calls=10)
    assert one.total_tokens == 3


def test_errors_say_what_to_do():
    """An error's text is its message and the way out; its kind says whether another attempt may help."""
    assert str(StrettoError("No key.", hint="Set one.")) == "No key. Set one."
    assert ModelError("x", kind="rate_limit").retryable
    assert not ModelError("x", kind="billing").retryable
    assert not ModelError("x", kind="rate_limit", retryable=False).retryable
    assert ModelError("x", kind="billing").run_wide
    assert Failure.of(PlanError("no", raw="text")).raw == "text"
    assert Failure.of(StrettoError("odd")).kind == "unexpected"
