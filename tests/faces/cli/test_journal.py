"""The commands about runs in the journal: list, show, resume, retry, rerun, export, delete, prune."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import anyio
import pytest

from stretto.core.errors import JournalError
from stretto.faces.cli.input.journal_options import JournalLocation
from stretto.journal.sql import sql_journal as sql
from tests.faces.cli.on_terminal import STRETTO, start

TASK = "Write a product description for a steel water bottle"
DEMO = ("--model", "demo:delay=0")
PARTIAL = ("--model", "demo:delay=0,fail-worker=2", "--attempts", "1")


def run_id(ended) -> str:
    """Return the id that a command said."""
    return re.search(r"^run: (\S+)$", ended.err, re.MULTILINE)[1]


def listed(stretto, *options) -> list[dict[str, object]]:
    """Return the runs in the journal."""
    return [json.loads(line) for line in stretto("runs", "--json", *options).out.splitlines()]


def test_a_run_is_kept_and_listed(stretto, tmp_path):
    """Every run is in the journal of the user's data folder, which is for its owner alone, and `runs` lists it."""
    made = run_id(stretto("run", TASK, *DEMO))
    ended = stretto("runs")
    cells = ended.out.rstrip("\n").split("\t")
    assert (cells[0], cells[2:]) == (made, ["complete", "3/3", "$0", TASK])
    (run,) = listed(stretto)
    assert (run["run_id"], run["task"], run["completed"], run["total"]) == (made, TASK, 3, 3)
    assert (tmp_path / "data" / "journal.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("command", [("run", TASK, *DEMO), ("plan", TASK, *DEMO), ("demo",)])
def test_without_a_journal_nothing_is_kept(stretto, tmp_path, command):
    """--no-journal keeps nothing, says no id, and advises nothing that needs one."""
    ended = stretto(*command, "--no-journal")
    assert ended.code == 0
    assert "run: " not in ended.err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("how", ["option", "variable", "file"])
def test_a_journal_at_another_place(stretto, tmp_path, monkeypatch, config_folder, how):
    """The place comes from an option, a variable or the user's file; only an option has to be repeated later."""
    place = str(tmp_path / "other journal.db")
    option = ("--journal", place) if how == "option" else ()
    if how == "variable":
        monkeypatch.setenv("STRETTO_JOURNAL", place)
    elif how == "file":
        config_folder.mkdir()
        (config_folder / "config.toml").write_text('journal = "../other journal.db"')
    ended = stretto("run", TASK, *PARTIAL, *option)
    assert not (tmp_path / "data").exists()
    advice = f"Next: stretto retry {run_id(ended)}" + (f" --journal '{place}'" if option else "")
    assert advice in ended.err.splitlines()
    assert len(listed(stretto, *option)) == 1


def test_a_project_cannot_name_the_journal(stretto):
    """A downloaded project must not send runs to a server of its own."""
    Path("stretto.toml").write_text('journal = "postgresql://elsewhere/x"')
    ended = stretto("run", TASK, *DEMO)
    assert ended.code == 2
    assert "journal is not allowed in a stretto.toml" in ended.err
    assert "Use --journal, STRETTO_JOURNAL or your own config.toml." in ended.err


def test_a_password_is_not_repeated():
    """A command that is advised names a server without its password."""
    place = JournalLocation(flags=("--journal", "x"))
    assert place.command("resume", "r") == "stretto resume r --journal x"
    from stretto.faces.cli.input.journal_options import find_journal

    found = find_journal("postgresql://me:secret@host/db")
    assert found.command("resume", "r") == "stretto resume r --journal 'postgresql://me:***@host/db'"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--journal", "x.db", "--no-journal"), "contradict each other"),
        (("--journal", ""), "--journal must be text that is not empty"),
    ],
)
def test_an_unusable_choice_is_one_line(stretto, arguments, message):
    """What contradicts itself is said, and nothing is run."""
    ended = stretto("run", TASK, *DEMO, *arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert message in ended.err


@pytest.mark.parametrize("command", ["run", "plan", "runs"])
@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
@pytest.mark.parametrize("how", ["option", "variable", "file"])
def test_what_is_no_file_is_named_with_what_named_it(stretto, tmp_path, monkeypatch, config_folder, how, kind, command):
    """A folder, a pipe or a device in the place of a journal is one line, and the way out is where it was named."""
    place = tmp_path / "place"
    if kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        place.symlink_to("/dev/null")
    option, source = (), "with STRETTO_JOURNAL"
    if how == "option":
        option, source = ("--journal", str(place)), "with --journal"
    elif how == "variable":
        monkeypatch.setenv("STRETTO_JOURNAL", str(place))
    else:
        config_folder.mkdir()
        (config_folder / "config.toml").write_text(f'journal = "{place}"')
        source = f"in {config_folder / 'config.toml'}"
    ended = stretto(command, *((TASK, *DEMO) if command != "runs" else ()), *option)
    assert (ended.code, ended.out) == (1, "")
    (error,) = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert f"Cannot open the journal {place}: it is a {kind}. Name another file {source}." in error
    assert "STRETTO_DATA_DIR" not in error


def test_a_plan_without_a_run_is_listed_as_planned(stretto):
    """Who asked for the plan only has declined nothing: `runs` and `show` say so, and name the way on."""
    assert stretto("plan", TASK, *DEMO).code == 0
    (run,) = listed(stretto, "--state", "planned")
    assert run["state"] == "planned"
    shown = stretto("show", run["run_id"])
    assert "status:  planned" in shown.out.splitlines()
    assert f"Next: stretto resume {run['run_id']} --review" in shown.err.splitlines()
    assert shown.err.splitlines()[-1].startswith("planned · ")


def test_a_declined_plan_is_listed_as_declined(tmp_path, stretto):
    """A person who wanted nothing run finds that word in `runs` and `show`, and the way back to the plan."""
    from stretto import Orchestrator
    from stretto.journal import open_journal

    async def decline() -> str:
        async with open_journal(tmp_path / "data" / "journal.db") as journal:
            orchestrator = Orchestrator(model="demo:delay=0", journal=journal)
            result = await orchestrator.run(TASK, review=nothing)
            assert (result.status, result.declined) == ("failed", True)
            return result.run_id

    async def nothing(plan, quote):
        return None

    made = anyio.run(decline)
    assert [run["state"] for run in listed(stretto, "--state", "declined")] == ["declined"]
    shown = stretto("show", made)
    assert "status:  declined" in shown.out.splitlines()
    assert shown.err.splitlines()[-1].startswith("declined · ")
    assert f"Next: stretto resume {made} --review" in shown.err.splitlines()


@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_journal_that_cannot_be_opened_is_one_line_with_the_way_out(stretto, tmp_path, command):
    """Nothing is called when the run could not be kept; --no-journal is named as the way to do without."""
    (tmp_path / "data").write_text("a file where the folder should be")
    ended = stretto(command, TASK, *DEMO)
    assert (ended.code, ended.out) == (1, "")
    (error,) = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert "journal" in error
    assert error.endswith("Or keep nothing: --no-journal")
    assert "planning" not in ended.err
    assert "--no-journal" not in stretto("runs").err


@pytest.mark.parametrize("after", [1, 3])
def test_a_journal_that_fails_on_the_way_loses_nothing_that_was_shown(stretto, monkeypatch, after):
    """When the disk is full in the middle, what is finished is delivered, the reason is said, and the code is 3."""
    record, begun, kept, all_kept = sql.SqlJournal.record, [], [], anyio.Event()

    async def full(self, run_id, key, outcome, *, ended=None):
        if key.role == "worker":
            begun.append(key)
            if len(begun) > after:
                await all_kept.wait()  # Those before are on their way to whoever looks on.
                raise JournalError("The journal x cannot be written: the disk is full.", hint="Free some space.")
        stands = await record(self, run_id, key, outcome, ended=ended)
        if key.role == "worker":
            kept.append(key)
            if len(kept) == after:
                all_kept.set()
        return stands

    monkeypatch.setattr(sql.SqlJournal, "record", full)
    ended = stretto("run", TASK, *DEMO, "--synthesize", "merge", "--subtasks", "5")
    assert ended.code == 3
    assert "error: The journal x cannot be written: the disk is full. Free some space." in ended.err.splitlines()
    assert f"Next: stretto resume {run_id(ended)}" in ended.err.splitlines()
    assert ended.out.count("(failed: The journal x cannot be written") >= 1
    assert ended.err.splitlines()[-1].startswith(f"interrupted · partial · {after} of ")
    monkeypatch.undo()


def test_a_partial_run_is_retried_as_it_says(stretto):
    """The command that is advised makes what failed, and nothing else; without an id of its own nothing is lost."""
    first = stretto("run", TASK, *PARTIAL)
    assert first.code == 3
    command = next(line for line in first.err.splitlines() if line.startswith("Next: "))
    ended = stretto(*command.removeprefix("Next: stretto ").split())
    assert ended.code == 0
    assert (
        ended.err.splitlines()[0] == "models: orchestrator demo:delay=0, workers demo:delay=0 (as the run was started)"
    )
    assert run_id(ended) == run_id(first)
    assert ended.err.count("] started") == 1
    assert ended.err.splitlines()[-1].startswith("complete · 3 of 3 results · 5 calls")
    assert listed(stretto)[0]["state"] == "complete"


def test_a_limit_is_raised_as_it_says(stretto):
    """What a limit left out is made by the command that names the limit."""
    first = stretto("run", TASK, *DEMO, "--subtasks", "4", "--max-subtasks", "2")
    assert first.code == 3
    assert f"Next: stretto resume {run_id(first)} --max-subtasks 4" in first.err.splitlines()
    ended = stretto("resume", run_id(first), "--max-subtasks", "4")
    assert ended.err.splitlines()[-1].startswith("complete · 4 of 4 results")


def test_a_budget_is_raised_as_it_says(stretto):
    """What a budget left out is made once the named option allows it; without it the old budget still holds."""
    first = stretto("run", TASK, *DEMO, "--subtasks", "8", "--max-tokens-total", "10900")
    assert f"Next: stretto resume {run_id(first)} --max-tokens-total N" in first.err.splitlines()
    assert stretto("resume", run_id(first)).code == 3
    assert stretto("resume", run_id(first), "--max-tokens-total", "90000").code == 0


def test_a_resume_writes_and_streams_like_a_run(stretto):
    """--json and -o do for a resume what they do for a run."""
    made = run_id(stretto("run", TASK, *PARTIAL))
    ended = stretto("retry", made, "--json", "-o", "out.md")
    events = [json.loads(line) for line in ended.out.splitlines()]
    assert (events[0]["kind"], events[0]["resumed"], events[-1]["kind"]) == ("run_started", True, "run_completed")
    assert [event["seq"] for event in events] == list(range(events[0]["seq"], events[0]["seq"] + len(events)))
    assert Path("out.md").read_text().startswith("# Result")


def test_every_model_of_the_run_is_named(stretto):
    """The first line of a resume names the models that the run was started with."""
    made = run_id(
        stretto("run", TASK, *DEMO, "--synthesize", "merge", "--tier", "fast=demo", "--fallback-model", "demo")
    )
    first = stretto("resume", made).err.splitlines()[0]
    assert first.startswith(
        "models: orchestrator demo:delay=0, workers demo:delay=0, synthesis demo:delay=0, fast subtasks demo, "
        "fallback demo (as "
    )


def test_one_subtask_is_written_again(stretto):
    """`rerun` replaces one text; its siblings stay, and `show` has both revisions' calls."""
    first = stretto("run", TASK, *DEMO)
    ended = stretto("rerun", run_id(first), "--subtask", "2", "--note", "shorter", "--json")
    assert ended.code == 0
    results = json.loads(ended.out.splitlines()[-1])["result"]["results"]
    assert [item["revision"] for item in results] == [0, 1, 0]
    assert "worker 2 (revision 1)" in stretto("show", run_id(first)).out
    assert stretto("rerun", run_id(first), "--subtask", "9").code == 2


def test_show_tells_everything_of_a_run(stretto):
    """Task, context, models, results, what happened and every call with its cost; on stderr how to go on."""
    made = run_id(stretto("run", TASK, *PARTIAL, "-c", "features=insulated"))
    stretto("retry", made)
    ended = stretto("show", made[:-1])
    assert ended.code == 0
    for line in (f"run:     {made}", "status:  complete", f"task:    {TASK}", "context: features: insulated"):
        assert line in ended.out.splitlines()
    assert ended.out.index("# 1. ") < ended.out.index("# What happened") < ended.out.index("# Calls")
    assert ended.out.count("] done ") == 3
    assert ended.out.count("plan      ready") == 1
    assert "] resumed" in ended.out
    assert re.search(r"worker 2 +demo +up to .* up to \$0 +server\n", ended.out)
    assert "together: 5 calls, " in ended.out
    assert ended.err.splitlines()[-1].startswith("complete · 3 of 3 results")


def test_show_replays_the_events(stretto):
    """With --json the lines are those of when it ran, in their order, pieces of text left out."""
    ran = stretto("run", TASK, *DEMO, "--json")
    shown = stretto("show", run_id(ran), "--json")
    kinds = ("analysis_delta", "worker_delta")
    kept = [line for line in ran.out.splitlines() if json.loads(line)["kind"] not in kinds]
    assert shown.out.splitlines() == kept


def test_a_plan_is_kept_for_a_review(stretto):
    """What `plan` made is in the journal; `show` has it, and says how to go on from it."""
    made = run_id(stretto("plan", TASK, *DEMO))
    ended = stretto("show", made)
    assert "plan:    3 subtasks" in ended.out
    assert f"Next: stretto resume {made} --review" in ended.err
    refused = stretto("resume", made)
    assert refused.code == 2
    assert f"stretto resume {made} --review" in refused.err


def test_a_review_is_made_up_for(stretto, tmp_path):
    """`resume --review` opens the editor with the plan, and runs what the person makes of it."""
    made = run_id(stretto("plan", TASK, *DEMO))
    session = start([*STRETTO, "resume", made, "--review"], environ={"EDITOR": "true", "TERM": "dumb"})
    assert session.end() == 0
    assert "running: 3 subtasks" in session.screen.text
    assert listed(stretto)[0]["state"] == "complete"
    other = run_id(stretto("run", TASK, *DEMO))
    session = start([*STRETTO, "resume", other, "--review"], environ={"EDITOR": "true", "TERM": "dumb"})
    assert session.end() == 2
    assert "started without --review" in session.screen.text


@pytest.mark.parametrize("ending", ["md", "json", "jsonl", "csv", "html"])
def test_an_export_is_the_file_that_the_run_would_have_written(stretto, ending):
    """Exported from the journal, a run is the same file as with -o, and no call is made."""
    made = run_id(stretto("run", TASK, *PARTIAL, "-o", f"run.{ending}"))
    ended = stretto("export", made, "-o", f"export.{ending}")
    assert (ended.code, ended.out, ended.err) == (0, "", f"written: export.{ending}\n")
    assert Path(f"export.{ending}").read_bytes() == Path(f"run.{ending}").read_bytes()


def test_an_export_needs_a_place(stretto):
    """A file that cannot be written is refused before the journal is opened."""
    made = run_id(stretto("run", TASK, *DEMO))
    assert stretto("export", made, "-o", "nowhere/out.md").code == 2
    assert stretto("export", made, "-o", "out.pdf").code == 2


def test_runs_are_filtered(stretto):
    """By state, by words of the task, and by number."""
    complete, partial = run_id(stretto("run", "Sell a kettle", *DEMO)), run_id(stretto("run", TASK, *PARTIAL))
    assert [run["run_id"] for run in listed(stretto)] == [partial, complete]
    assert [run["run_id"] for run in listed(stretto, "--state", "complete", "--state", "failed")] == [complete]
    assert [run["run_id"] for run in listed(stretto, "--search", "KETTLE")] == [complete]
    assert len(listed(stretto, "--search", "product-copy")) == 2
    assert [run["run_id"] for run in listed(stretto, "--limit", "1")] == [partial]
    assert stretto("runs", "--search", "teapot").err == "There is no such run in the journal.\n"
    assert stretto("runs", "--state", "done").err.startswith("error: --state must be one of running, complete")


def test_an_empty_journal_says_so(stretto):
    """Nothing on stdout for programs, one line for people."""
    ended = stretto("runs")
    assert (ended.code, ended.out, ended.err) == (0, "", "The journal is empty.\n")


def test_a_terminal_gets_a_table(stretto):
    """On a terminal runs are columns of its width; tasks are cut, wide characters counted as two."""
    stretto("run", "为一款新的钢制保温杯写一段产品介绍，要写得很长很长很长很长很长很长很长很长", *DEMO)
    session = start([*STRETTO, "runs"], width=90)
    assert session.end() == 0
    head, line = session.screen.text.rstrip().splitlines()
    assert head.split() == ["RUN", "STARTED", "(UTC)", "STATE", "DONE", "COST", "TASK"]
    assert "…" in line
    assert line.index("complete") == head.index("STATE")


def test_show_on_a_terminal(stretto):
    """On a terminal the results are styled, and the timeline has its bars."""
    made = run_id(stretto("run", TASK, *DEMO))
    session = start([*STRETTO, "show", made])
    assert session.end() == 0
    assert "── Analysis" in session.screen.text
    assert "  planning  " in session.screen.text
    assert "# Calls" in session.screen.text


def test_a_run_is_deleted(stretto):
    """A deleted run is gone, and only that one."""
    gone, stays = run_id(stretto("run", TASK, *DEMO)), run_id(stretto("run", TASK, *DEMO))
    assert stretto("delete", gone).err == f"deleted: {gone}\n"
    assert [run["run_id"] for run in listed(stretto)] == [stays]
    assert stretto("show", gone).code == 2


def test_old_runs_are_pruned(stretto):
    """What is older than an age goes, what is younger stays; an age that cannot be read is named."""
    stretto("run", TASK, *DEMO)
    for age in ("1h", "30d", "2w"):
        assert stretto("prune", "--older-than", age).err == "deleted: 0 runs\n"
    assert stretto("prune", "--older-than", "0h").err == "deleted: 1 run\n"
    ended = stretto("prune", "--older-than", "a month")
    assert (ended.code, "got 'a month'" in ended.err) == (2, True)


@pytest.mark.parametrize(
    "command",
    [("show",), ("resume",), ("retry",), ("rerun", "--subtask", "1"), ("export", "-o", "out.md"), ("delete",)],
)
def test_an_unknown_run_is_one_line(stretto, command):
    """An id that is not there is named, with the command that lists the ones that are."""
    ended = stretto(command[0], "2020", *command[1:])
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "error: There is no run '2020' in the journal. `stretto runs` lists them.\n"


def test_a_model_that_is_gone_is_said(stretto, monkeypatch):
    """A run whose model cannot be used now is not gone on with; the line says which model and how to mend it."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    ended = stretto("run", TASK, "--model", "openai:gpt-5", "--budget-usd", "0.0001")
    monkeypatch.delenv("OPENAI_API_KEY")
    again = stretto("resume", run_id(ended))
    assert again.code == 2
    assert "was started with openai:gpt-5, which cannot be used now" in again.err
    assert "stretto keys set openai" in again.err


def test_ctrl_c_says_the_command_that_goes_on(stretto):
    """Ctrl-C saves; the command it prints finishes the run without repeating what was finished."""
    process = subprocess.Popen(
        [*STRETTO, "run", TASK, "--model", "demo:delay=0.02"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stderr
    message = ""
    for line in process.stderr:
        message += line
        if "] done" in line:
            process.send_signal(signal.SIGINT)
            break
    _, rest = process.communicate()
    assert process.returncode == 130
    made = re.search(r"^run: (\S+)$", message, re.MULTILINE)[1]
    assert f"Ctrl-C again leaves at once; to go on later: stretto resume {made}" in rest
    assert rest.splitlines()[-2] == f"Next: stretto resume {made}"
    ended = stretto("resume", made)
    assert ended.code == 0
    assert ended.err.splitlines()[-1].startswith("complete · 3 of 3 results")


def test_ctrl_c_before_anything_was_finished_says_it_too(stretto):
    """Also with nothing finished the run is there, and the command is the last but one line."""
    session = start([*STRETTO, "run", TASK, "--model", "demo:delay=1"], environ={"TERM": "dumb"})
    session.wait_for("planning")
    session.process.send_signal(signal.SIGINT)
    assert session.end() == 130
    lines = session.screen.text.rstrip().splitlines()
    made = next(line for line in lines if line.startswith("run: ")).removeprefix("run: ")
    assert lines[-2:] == [f"Next: stretto resume {made}", "interrupted: nothing was finished."]
    assert listed(stretto)[0]["state"] == "interrupted"


@pytest.mark.parametrize("place", ["http://x", "postgresql://host:port/db"])
def test_an_address_that_is_no_journals_is_one_line_and_2(stretto, place):
    """A journal's address that means nothing is a mistake in what was typed, and nothing is run."""
    ended = stretto("run", "Write", "--model", "demo:delay=0", "--journal", place)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)


def test_a_demo_goes_on_at_its_own_pace(stretto):
    """A demo model with options, in another process, is still as quick; what was made to go wrong is behind it."""
    made = run_id(stretto("run", TASK, *PARTIAL))
    ended = stretto("retry", made, "--json")
    [*_, last] = map(json.loads, ended.out.splitlines())
    assert last["result"]["status"] == "complete"
    assert "models:  orchestrator demo:delay=0, workers demo:delay=0" in stretto("show", made).out


def write_batch(stretto, rows):
    """Run a small batch, so that the journal has its rows."""
    Path("lamps.csv").write_text("name\n" + "".join(f"Lamp {number}\n" for number in range(rows)))
    command = ("batch", "lamps.csv", "--task", "Write about {name}", *DEMO, "-o", "out.csv", "--subtasks", "2")
    assert stretto(*command).code == 0


def test_a_batch_is_one_line_of_the_list(stretto):
    """The rows of a batch are one line with their table, whatever --limit says; a search lists them one by one."""
    made = run_id(stretto("run", TASK, *DEMO))
    write_batch(stretto, 3)
    lines = [line.split("\t") for line in stretto("runs", "--limit", "2").out.splitlines()]
    assert [(line[0], line[2], line[3]) for line in lines] == [("3 rows", "complete", "6/6"), (made, "complete", "3/3")]
    assert lines[0][5].startswith("lamps.csv: Write about Lamp")
    assert len(stretto("runs", "--search", "row-").out.splitlines()) == 3
    assert len(listed(stretto)) == 4


def test_the_list_fits_into_eighty_columns(stretto):
    """On a terminal of 80 columns no line is longer, and the rows of a batch are told apart."""
    stretto("run", TASK, *DEMO)
    write_batch(stretto, 3)
    for search in ((), ("--search", "row-")):
        session = start([*STRETTO, "runs", *search], width=80)
        assert session.end() == 0
        lines = session.screen.text.rstrip().splitlines()
        assert len(lines) == (4 if search else 3)
        assert all(len(line) <= 80 for line in lines)
        assert len({line.split()[0] + line.split()[1] for line in lines}) == len(lines)
