"""Whatever goes wrong with whichever call: a run ends, says what is missing, and counts no half answer."""

import random

import pytest

from stretto import Orchestrator
from tests.faults.stage import KEYS, Seen, Stage
from tests.faults.table import CALLS
from tests.simulator import FAULTS, Fault, Say, Script
from tests.simulator.asked import PROTOCOL_NAMES, ROLES

pytestmark = pytest.mark.anyio

SEEDS = [*range(10), *(pytest.param(seed, marks=pytest.mark.full) for seed in range(10, 300))]
# What the model says instead is a whole answer too, so nobody could tell whether half of it was counted.
# What is sent again in another form is one attempt of two requests; here each request is an attempt.
_RESENT = {"refused_field", "limit_above_the_models"}
_TRANSPORT = sorted(
    name
    for name, effects in FAULTS.items()
    if name not in _RESENT and not any(isinstance(effect, Say) for effect in effects)
)
_ANSWERS = ("empty", "blank", "refusal", "refusal_mid_output", "max_tokens_with_text", "thinking_used_the_budget")
MOST = CALLS["again"] + CALLS["busy"] - 1
"""Calls for one answer of one model: a fault of each sort before either limit is reached."""


def _script(dice: random.Random) -> Script:
    """Return faults for calls here and there: some roles are hit hard, some calls once, and some for good."""
    names = [*_TRANSPORT, *_ANSWERS]
    return Script(
        tuple(
            Fault(
                effects=FAULTS[dice.choice(names)],
                role=dice.choice([*ROLES, None]),
                text=dice.choice([None, None, "Write about the a side.", "Write about the c side."]),
                skip=dice.randint(0, 3),
                times=dice.choice([1, 1, 2, 4, None]),
            )
            for _ in range(dice.randint(1, 6))
        )
    )


@pytest.mark.parametrize("seed", SEEDS)
async def test_any_faults_end_in_an_honest_result(seed: int, stage: Stage) -> None:
    """Every run ends complete, partial or failed with its cause; nothing half is counted, nobody is lost."""
    dice = random.Random(seed)
    own, other = dice.sample(PROTOCOL_NAMES, 2)
    fallbacks = [stage.model(other)] if dice.random() < 0.4 else []
    orchestrator = Orchestrator(
        model=stage.model(own),
        fallback_models=fallbacks,
        synthesis=dice.choice(["none", "merge", "compare"]),
        checks=[],
        timeout=20.0,
        concurrency=dice.choice([1, 3, 10]),
        keys=KEYS,
    )
    stage.sim.play_script(_script(dice))
    seen = await stage.run(orchestrator, deltas=dice.random() < 0.5)
    _check_status(seen)
    _check_answers(seen, stage)
    _check_calls(seen, models=len(fallbacks) + 1)


def _check_status(seen: Seen) -> None:
    """The status follows from what is there, and each thing that is missing has its cause."""
    result = seen.result
    completed = [outcome for outcome in result.results if outcome.status == "completed"]
    assert result.status == ("failed" if not completed else "partial" if result.shortfall else "complete")
    assert all(gap.failure.message and gap.failure.kind != "unexpected" for gap in result.shortfall), result.shortfall
    missing = {subtask_id for gap in result.shortfall for subtask_id in gap.subtask_ids}
    assert missing == {outcome.subtask.id for outcome in result.results} - {done.subtask.id for done in completed}
    # What was sealed is in the result, or its plan came to nothing.
    sealed = {event.subtask.id for event in seen.events if event.kind == "subtask_sealed"}
    reported = {outcome.subtask.id for outcome in (*result.results, *result.superseded)}
    assert sealed == reported


def _check_answers(seen: Seen, stage: Stage) -> None:
    """Each text is one that was delivered whole, to the call that asked for just this subtask."""
    result = seen.result
    for outcome in result.results:
        if outcome.status == "completed":
            asked = seen.asked("worker", outcome.description)
            assert outcome.text in [stage.text_of(call) for call in asked if call.delivered and stage.was_said(call)]
    if result.synthesis and result.synthesis.status == "completed":
        asked = seen.asked("synthesis")
        assert result.synthesis.text in [
            stage.text_of(call) for call in asked if call.delivered and stage.was_said(call)
        ]


def _check_calls(seen: Seen, *, models: int) -> None:
    """No answer takes more calls than the retry rules allow, and the books know each call."""
    result = seen.result
    assert len(seen.asked("orchestrator")) <= 2 * models * MOST
    assert len(seen.asked("synthesis")) <= models * MOST
    for outcome in result.results:
        assert len(seen.asked("worker", outcome.description)) == outcome.attempts <= models * MOST
    assert result.usage.calls == len(seen.calls)
