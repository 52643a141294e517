"""What is said beside a text of how it was read, and what is asked for again."""

import pytest

from stretto.core.models import ModelRequest, OnText
from tests.engine.stage import Stage, of_kind, plan

pytestmark = pytest.mark.anyio


def answering(*answers: str):
    """Return a worker that gives these answers, one after the other, and then the last one again."""
    left = list(answers)

    async def answer(request: ModelRequest, say: OnText) -> str:
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


async def test_two_responses_are_one_text_with_a_warning():
    """Nothing of a worker's answer disappears: both blocks stand in the text, and a finding says so."""
    stage = Stage([plan("a")], answering("<response>One cup.</response>\n<response>Two cups.</response>"))
    _, result = await stage.run()
    (worker,) = result.results
    assert (result.status, worker.text, worker.attempts) == ("complete", "One cup.\n\nTwo cups.", 1)
    assert [(finding.check, finding.action) for finding in worker.findings] == [("reading", "warn")]
    assert "2 different blocks" in worker.findings[0].message


async def test_thinking_alone_is_asked_for_again():
    """An answer that is nothing but thinking is no text: the worker is asked again."""
    stage = Stage([plan("a")], answering("<|channel|>analysis<|message|>Hm.<|end|>", "analysisHm.assistantfinalA cup."))
    events, result = await stage.run()
    assert (result.results[0].text, result.results[0].findings) == ("A cup.", ())
    assert of_kind(events, "worker_retrying")[0].reason.kind == "malformed"


async def test_a_mark_left_in_the_text_is_retried_and_reported():
    """A model's mark in the copy is mended; where it stays, the text is kept with a finding that names it."""
    stage = Stage([plan("a")], answering("<response>A <|sep|> cup.</response>", "<response>A cup.</response>"))
    _, mended = await stage.run()
    assert (mended.results[0].text, mended.results[0].findings) == ("A cup.", ())
    _, kept = await Stage([plan("a")], answering("<response>A <|sep|> cup.</response>")).run(attempts=2)
    assert kept.results[0].text == "A <|sep|> cup."
    assert "<|sep|>" in kept.results[0].findings[0].message


async def test_a_text_about_marks_is_only_remarked_on():
    """In code a mark may be meant: no further call, a warning."""
    stage = Stage([plan("a")], answering("<response>Write `<|im_end|>` last.</response>"))
    _, result = await stage.run()
    assert result.results[0].text == "Write `<|im_end|>` last."
    assert [finding.action for finding in result.results[0].findings] == ["warn"]
    assert len(stage.asked("worker")) == 1
