"""What a run writes to the log, and how the command line shows it."""

import json
import logging
from collections.abc import Iterator

import anyio
import pytest

from stretto.app.observers.json_log import LOG_VARIABLE, log_as_told
from stretto.core.errors import InputError, ModelError
from stretto.core.models import ModelRequest, OnText
from stretto.journal import MemoryJournal
from tests.engine.stage import Play, Stage, asked_type, cut, plan, subtask, write

pytestmark = pytest.mark.anyio

COMPLETE = [
    ("INFO", "run_started"),
    *[("DEBUG", "call_ended")] * 3,
    ("DEBUG", "subtask_sealed"),
    ("INFO", "plan_completed"),
    ("DEBUG", "worker_started"),
    ("INFO", "worker_completed"),
    ("DEBUG", "synthesis_started"),
    ("INFO", "synthesis_completed"),
    ("INFO", "run_completed"),
]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Collect the whole log."""
    caplog.set_level(logging.DEBUG, logger="stretto")
    return caplog


@pytest.fixture
def as_told(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the log as it was."""
    monkeypatch.delenv(LOG_VARIABLE, raising=False)
    yield
    monkeypatch.delenv(LOG_VARIABLE, raising=False)
    log_as_told()


def entries(log: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Return level and event of every line."""
    return [(record.levelname, vars(record)["event"]) for record in log.records if record.name == "stretto"]


def fields(log: pytest.LogCaptureFixture, event: str) -> dict[str, object]:
    """Return the fields of the first line about an event."""
    return vars(next(record for record in log.records if vars(record).get("event") == event))


def failing(error: ModelError) -> Play:
    """Return a model that always fails."""

    async def fail(request: ModelRequest, say: OnText) -> str:
        raise error

    return fail


async def test_each_noteworthy_event_is_a_line_with_its_level(log: pytest.LogCaptureFixture):
    """A run writes a line for each event that matters, and none for the pieces of texts."""
    _, result = await Stage([plan("a")]).run(synthesis="merge")
    assert sorted(entries(log)) == sorted(COMPLETE)
    assert entries(log)[0] == COMPLETE[0]
    assert entries(log)[-1] == COMPLETE[-1]
    assert {vars(record)["run_id"] for record in log.records} == {result.run_id}


async def test_lines_have_fields(log: pytest.LogCaptureFixture):
    """What a line says stands in fields for programs, and in its text for people."""
    _, result = await Stage([plan("a")]).run()
    said = fields(log, "worker_completed")
    outcome = result.results[0]
    assert (said["subtask_id"], said["attempts"], said["model"]) == ("s1", 1, "stage")
    assert (said["input_tokens"], said["seconds"]) == (outcome.usage.input_tokens, outcome.seconds)
    assert "error" not in said
    assert said["cost_usd"] == 0.0
    assert fields(log, "plan_completed")["subtasks"] == 1
    assert (fields(log, "run_completed")["status"], fields(log, "run_completed")["calls"]) == ("complete", 2)
    lines = log.messages
    assert any(line.startswith("worker completed ") and "subtask_id=s1" in line for line in lines)


async def test_what_goes_wrong_is_a_warning_with_the_kind_of_the_error(log: pytest.LogCaptureFixture):
    """Retries and failures are warnings that name the kind of the error, never the provider's words."""

    async def half(request: ModelRequest, say: OnText) -> str:
        if asked_type(request) == "b":
            raise ModelError("The secret brief is no good.", kind="bad_request")
        return "" if len(stage.asked("worker")) < 3 else await write(request, say)

    async def break_off(request: ModelRequest, say: OnText) -> str:
        say(f"<tasks>{subtask('a')}")
        raise cut()

    stage = Stage([break_off, f"<tasks>{subtask('b')}{subtask('c')}</tasks>"], half, failing(cut()))
    await stage.run(synthesis="merge", max_subtasks=2, concurrency=1)
    warnings = {event for level, event in entries(log) if level == "WARNING"}
    assert warnings == {
        "plan_retrying",
        "worker_retrying",
        "worker_failed",
        "subtask_skipped",
        "synthesis_failed",
        "run_completed",
    }
    assert (fields(log, "plan_retrying")["how"], fields(log, "plan_retrying")["error"]) == ("continue", "cut")
    assert (fields(log, "worker_retrying")["attempt"], fields(log, "worker_retrying")["error"]) == (2, "empty")
    assert fields(log, "worker_failed")["error"] == "bad_request"
    assert fields(log, "subtask_skipped")["error"] == "limit"
    assert fields(log, "run_completed")["error"] == "bad_request,limit,cut"
    assert "secret" not in str([vars(record) for record in log.records])


async def test_a_failed_run_is_an_error(log: pytest.LogCaptureFixture):
    """A run without any result ends in an error; a review is said, an account that cannot pay is waited for."""
    stage = Stage([plan("a")], failing(ModelError("No credit.", kind="billing")))

    async def review(planned: object, quote: object) -> object:
        return planned

    await stage.orchestrator().run("task", review=review)  # type: ignore[arg-type]
    assert entries(log)[-1] == ("ERROR", "run_completed")
    assert ("INFO", "review_requested") in entries(log)
    waiting = fields(log, "run_waiting")
    assert (waiting["cause"], waiting["model"], "seconds" in waiting) == ("breaker", "stage", False)


async def test_a_run_that_is_left_says_so(log: pytest.LogCaptureFixture):
    """Leaving the stream writes a last line in place of the run's own."""
    async with Stage([plan("a")], write).orchestrator().stream("task") as events:
        async for _ in events:
            break
    assert entries(log)[-1] == ("WARNING", "run_interrupted")
    assert fields(log, "run_interrupted")["run_id"] == fields(log, "run_started")["run_id"]


async def test_a_run_that_never_began_says_nothing(log: pytest.LogCaptureFixture):
    """A run whose journal fails at once leaves no line about a run."""

    class Full(MemoryJournal):
        async def load(self, run_id: str) -> object:  # type: ignore[override]
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        await Stage([]).orchestrator(journal=Full()).run("task")
    assert entries(log) == []


async def test_no_text_is_ever_in_the_log(log: pytest.LogCaptureFixture):
    """Neither the task, the context, the plan nor an answer is in any line or field, at any level."""
    text = f"<analysis>deep thoughts</analysis><tasks>{subtask('warm-words', 'sell warmth')}</tasks>"
    await Stage([text]).orchestrator(synthesis="merge").run("a teal bottle", context={"audience": "hikers"})
    everything = str([vars(record) for record in log.records]) + log.text
    for word in ("teal", "hikers", "thoughts", "warm", "copy by", "all in one"):
        assert word not in everything
    assert len(entries(log)) == len(COMPLETE)


async def test_the_log_is_silent_until_somebody_asks(capfd: pytest.CaptureFixture[str]):
    """A library's warnings do not appear on a program's stderr by themselves."""
    await Stage([plan("a")], failing(cut())).run()
    assert capfd.readouterr().err == ""


def test_lines_on_stderr(as_told: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """STRETTO_LOG writes one JSON object a line to stderr: info what matters, debug all of it."""
    for level, count in (("info", 5), ("debug", len(COMPLETE))):
        monkeypatch.setenv(LOG_VARIABLE, level)
        log_as_told()
        log_as_told()  # Asking twice writes nothing twice.
        Stage([plan("a")]).orchestrator(synthesis="merge").run_sync("task")
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        assert len(lines) == count
        assert (lines[0]["level"], lines[0]["event"], lines[0]["recipe"]) == ("info", "run_started", "custom")
        assert lines[0]["time"].endswith("+00:00")
    monkeypatch.setenv(LOG_VARIABLE, "")
    log_as_told()
    Stage([plan("a")]).orchestrator().run_sync("task")
    assert capsys.readouterr().err == ""


def test_a_line_that_is_no_event(as_told: None, capsys: pytest.CaptureFixture[str]):
    """A line of another kind has its text, and where an error came from."""
    log_as_told({LOG_VARIABLE: "INFO"})
    try:
        raise RuntimeError("no room")
    except RuntimeError:
        logging.getLogger("stretto").warning("%s failed", "Tracing", exc_info=True)
    line = json.loads(capsys.readouterr().err)
    assert (line["level"], line["message"]) == ("warning", "Tracing failed")
    assert line["traceback"].endswith("RuntimeError: no room")


def test_another_level_is_refused(as_told: None):
    """A word that is no level is an error that says which ones there are."""
    with pytest.raises(InputError, match="STRETTO_LOG must be info or debug, got 'loud'"):
        log_as_told({LOG_VARIABLE: "loud"})


async def test_a_cancelled_run_says_so(log: pytest.LogCaptureFixture):
    """A run that is cancelled from outside writes its last line, too."""

    async def hang(request: ModelRequest, say: OnText) -> str:
        scope.cancel()
        await anyio.sleep_forever()
        return ""

    with anyio.CancelScope() as scope:
        await Stage(hang).orchestrator().run("task")
    assert entries(log)[-1] == ("WARNING", "run_interrupted")
