"""A recognisable key, planted in every place where keys live, is found nowhere else whatever happens."""

import json
import traceback
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from stretto import Orchestrator
from stretto.app.settings.keys import load_keys
from stretto.core.errors import StrettoError
from stretto.core.events import to_jsonable
from stretto.faces.cli import main
from stretto.journal import MemoryJournal, open_journal
from tests.canary.keys import CANARY, nowhere, ours, rows_of
from tests.canary.server import FAULTS, Server, write_or_fail
from tests.journal.servers import postgres

pytestmark = pytest.mark.anyio

MODELS = {
    "anthropic": "anthropic:claude-haiku-4-5",
    "chat": "openai-chat:gpt-5.2",
    "responses": "openai:gpt-5.2",
}


async def watch(orchestrator: Orchestrator, journal: MemoryJournal, seen: list[str]) -> str:
    """Run a task and keep everything that a program could see of it; return how it ended."""
    async with orchestrator.stream("sell a bottle", deltas=True) as events:
        async for event in events:
            seen.append(json.dumps(to_jsonable(event)) + repr(event))
    saved = await journal.load(event.result.run_id)  # type: ignore[union-attr]
    seen += [repr(saved), repr(orchestrator), repr(orchestrator.models)]
    role_models = vars(orchestrator)["_role_models"]
    seen += [f"{member!r} {member.name} {member.account} {member.label}" for member in role_models.members]
    return event.result.status  # type: ignore[union-attr]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_provider_that_repeats_the_key(
    fault: str,
    model: str,
    server: Server,
    planted: Path,
    tmp_path: Path,
    told: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
):
    """Whatever a provider answers, its words are shown without the key, in a run and in an error."""
    server.behave = FAULTS[fault]
    with nowhere(told, caplog, capsys, tmp_path, planted) as seen:
        journal = MemoryJournal()
        orchestrator = Orchestrator(
            model=MODELS[model], keys=load_keys(), attempts=2, backoff=0, timeout=0.3, journal=journal
        )
        # With a plan at hand the workers are asked, and not only the orchestrator.
        assert await watch(orchestrator, journal, seen) == "failed"
        try:
            await orchestrator.plan("sell a bottle")
        except StrettoError as error:
            seen += [str(error), repr(error), repr(vars(error)), "".join(traceback.format_exception(error))]
        else:
            pytest.fail("There was no error.")
    assert server.keys == {CANARY}


async def test_a_run_that_ends_in_part(
    server: Server,
    planted: Path,
    tmp_path: Path,
    told: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
):
    """With results and a failure side by side, neither the results nor the journal have the key."""
    server.behave = write_or_fail
    with nowhere(told, caplog, capsys, tmp_path, planted) as seen:
        journal = MemoryJournal()
        orchestrator = Orchestrator(model=MODELS["anthropic"], keys=load_keys(), backoff=0, journal=journal)
        assert await watch(orchestrator, journal, seen) == "partial"


OUTPUTS = [["--json"], [], *(["-o", f"out{suffix}"] for suffix in (".md", ".json", ".jsonl", ".csv", ".html"))]


@pytest.mark.parametrize("output", OUTPUTS, ids=" ".join)
def test_the_command_line_and_its_files(
    output: list[str],
    server: Server,
    planted: Path,
    tmp_path: Path,
    told: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    """No output and no file has the key, also where tracebacks are asked for."""
    monkeypatch.setenv("STRETTO_TRACEBACK", "1")
    server.behave = write_or_fail
    with nowhere(told, caplog, capsys, tmp_path, planted):
        assert main(["run", "sell a bottle", "--model", MODELS["anthropic"], *output]) == 3
    if output[:1] == ["-o"]:
        assert Path(output[1]).stat().st_size > 0


@pytest.mark.parametrize("traced", ["0", "1"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["run", "sell a bottle", "--json"], 1),
        (["run", "sell a bottle"], 1),
        (["plan", "sell a bottle"], 1),
        (["run", "sell a bottle", "--dry-run"], 0),
        (["models"], 0),
        (["keys", "list"], 0),
        (["keys", "path"], 0),
        (["keys", "set", "anthropic", CANARY], 2),
        (["keys", "set", CANARY], 2),
        (["recipes", "list"], 0),
        (["run", "sell a bottle", "--model", "no-such:model"], 2),
        (["run", "sell a bottle", "--base-url", "ftp://example"], 2),
        (["run", "sell a bottle", "-o", "no/such/folder/out.md"], 2),
    ],
    ids=lambda value: " ".join(value).replace(CANARY, "KEY") if isinstance(value, list) else str(value),
)
def test_the_commands_that_fail_or_look(
    arguments: list[str],
    code: int,
    traced: str,
    server: Server,
    planted: Path,
    tmp_path: Path,
    told: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    """A command that fails, and one that only looks, says nothing of a key, with and without a traceback."""
    monkeypatch.setenv("STRETTO_TRACEBACK", traced)
    server.behave = FAULTS["401 that repeats the key"]
    with nowhere(told, caplog, capsys, tmp_path, planted):
        assert main(["run", "sell a bottle", "--model", "demo:delay=0", "--subtasks", "1"]) == 0  # fills trace and log
        assert main(arguments) == code


def test_a_batch_and_its_files(
    server: Server,
    planted: Path,
    tmp_path: Path,
    told: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
):
    """Neither the table, nor the report, nor the journal of a batch with failures has the key."""
    server.behave = write_or_fail
    Path("in.csv").write_text("name\nbottle\nmug\n", encoding="utf-8")
    options = ["--task", "sell a {name}", "--model", MODELS["anthropic"], "-o", "out.csv", "--report", "report.html"]
    with nowhere(told, caplog, capsys, tmp_path, planted):
        assert main(["batch", "in.csv", *options]) == 3
    assert "Fine copy." in Path("out.csv").read_text(encoding="utf-8")
    assert (tmp_path / "data" / "journal.db").stat().st_size > 0


async def test_a_journal_on_postgres(
    server: Server,
    planted: Path,
    tmp_path: Path,
    told: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
):
    """No row of any table of a server's database has the key."""
    server.behave = write_or_fail
    with postgres() as database, nowhere(told, caplog, capsys, tmp_path, planted) as seen:
        async with open_journal(database.get_uri()) as journal:
            orchestrator = Orchestrator(model=MODELS["anthropic"], keys=load_keys(), backoff=0, journal=journal)
            assert (await orchestrator.run("sell a bottle")).status == "partial"
        rows = rows_of(database.get_uri())
        assert b"Fine copy.".hex() in rows
        seen.append(rows)


async def test_no_sdk_adds_spans_of_its_own(server: Server, told: InMemorySpanExporter):
    """Each call is in the trace once, in words that were cleared of keys, whatever a provider's SDK would tell."""
    server.behave = write_or_fail
    await Orchestrator(model=MODELS["anthropic"], keys=load_keys(), backoff=0).run("sell a bottle")
    assert len(told.get_finished_spans()) == len(ours(told)) > 0


async def test_a_key_in_the_address_of_a_server(
    planted: Path,
    tmp_path: Path,
    told: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
):
    """A base URL that has the key in it is not shown with it when the server cannot be reached."""
    with nowhere(told, caplog, capsys, tmp_path, planted) as seen:
        journal = MemoryJournal()
        orchestrator = Orchestrator(
            model=MODELS["chat"],
            base_url=f"http://user:{CANARY}@127.0.0.1:1/v1",
            keys=load_keys(),
            attempts=1,
            journal=journal,
        )
        assert await watch(orchestrator, journal, seen) == "failed"
