"""`stretto batch`: from a table to a table, and again."""

import csv
import json
import os
import re
import shlex
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from stretto.batch import local_runner
from stretto.core.errors import UnderWayError
from tests.faces.cli.on_terminal import STRETTO, start
from tests.forge import Forge
from tests.simulator import Fault, Hold, Script, SimulatorThread

TASK = "Write a product description for {name}"
DEMO = ("--model", "demo:delay=0")
OUT = ("-o", "out.csv")


@pytest.fixture(autouse=True)
def table(config_folder) -> Path:
    """Put a table of three products into the folder that the command runs in."""
    path = Path("products.csv")
    path.write_text('sku,name,features\n7,Steel bottle,"insulated, plastic-free"\n8,Lamp,dimmable\n9,Mug,"350 ml"\n')
    return path


def read(path: str = "out.csv") -> list[dict[str, str]]:
    """Return the lines of an output."""
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_table_becomes_a_table_of_variants(stretto):
    """Each row's variants stand in the order of the input beside its own cells, with status, model, cost and run."""
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT)
    assert (ended.code, ended.out) == (0, "")
    lines = read()
    assert [line["sku"] for line in lines] == sorted(line["sku"] for line in lines)
    assert {line["name"] for line in lines} == {"Steel bottle", "Lamp", "Mug"}
    assert all(line["text"] and line["type"] and line["status"] == "completed" for line in lines)
    assert {line["model"] for line in lines} == {"demo"}
    assert {line["cost_usd"] for line in lines} == {"0"}
    assert len({line["run_id"] for line in lines}) == 3
    assert "insulated" in next(line["text"] for line in lines if line["sku"] == "7").lower()
    # A line of progress may stand between, on a slow machine.
    message = [line for line in ended.err.splitlines() if " left" not in line]
    assert message[0] == "models: orchestrator demo, workers demo"
    assert message[1] == "note: demo model: offline templates, not a language model"
    assert message[2] == "written: out.csv"
    assert re.fullmatch(
        rf"complete · 3 of 3 rows · {len(lines)} texts · {len(lines) + 3} calls · \$0 · \S+", message[-1]
    )


def test_the_same_command_again_pays_for_nothing(stretto):
    """The second time every row is from before, no call is made and the output is the same."""
    stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT)
    first = Path("out.csv").read_bytes()
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT)
    assert ended.code == 0
    assert "3 of 3 rows · 3 from before · " in ended.err
    assert " · 0 calls · " in ended.err
    assert Path("out.csv").read_bytes() == first


def test_a_dry_run_shows_columns_prompt_and_quote(stretto):
    """--dry-run says what becomes of each column, shows the first prompt and quotes all rows; it writes nothing."""
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, "--skip-columns", "sku", "--dry-run")
    assert ended.code == 0
    assert "'name' goes into the task as {name}" in ended.out
    assert "'features' goes along as context" in ended.out
    assert "'sku' is left out" in ended.out
    assert "Write a product description for Steel bottle" in ended.out
    assert ended.out.splitlines()[-1].startswith("3 rows: 15 calls · about ")
    assert not Path("out.csv").exists()


def test_the_first_rows_can_be_tried(stretto):
    """-n runs so many rows and writes those; the whole table then pays only for the others."""
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT, "-n", "2")
    assert ended.code == 0
    assert {line["sku"] for line in read()} == {"7", "8"}
    assert "complete · 2 of 2 rows" in ended.err
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT)
    assert "3 of 3 rows · 2 from before" in ended.err


def test_a_dry_run_of_the_first_rows_quotes_those(stretto):
    """With -n the quote is for the rows that would be run."""
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, "--dry-run", "-n", "1")
    assert ended.out.splitlines()[-1].startswith("1 row: 5 calls · ")


def test_failed_texts_are_said_and_tried_again_when_asked(stretto):
    """A failed text makes the batch partial, with reason and next command; --retry-errors writes just that one."""
    ended = stretto("batch", "products.csv", "--task", TASK, "--model", "demo:delay=0,refuse-worker=2", *OUT)
    assert ended.code == 3
    assert "missing in " in ended.err
    assert "Next: stretto batch products.csv --task " in ended.err
    assert ended.err.splitlines()[-2].endswith("--model demo:delay=0,refuse-worker=2 --retry-errors")
    assert {line["row_status"] for line in read()} == {"partial"}
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT)
    assert (ended.code, " · 0 calls · " in ended.err) == (3, True)
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT, "--retry-errors")
    assert (ended.code, " · 3 calls · " in ended.err) == (0, True)
    assert all(line["text"] for line in read())


def test_a_batch_without_any_text_is_failed(stretto):
    """When no row has a text the code is 1."""
    ended = stretto("batch", "products.csv", "--task", "About {name}", *DEMO, *OUT, "--max-tokens-total", "10")
    assert ended.code == 1
    assert "No further row was begun: The budget of 10 tokens" in ended.err
    assert ended.err.splitlines()[-1].startswith("failed · 0 of 3 rows")
    assert {line["row_status"] for line in read()} <= {"failed", "not run"}


@pytest.mark.parametrize(
    ("option", "limit", "placeholder", "sentence"),
    [
        ("--max-tokens-total", "12000", "N", "The budget of 12000 tokens"),
        ("--deadline", "0.4", "SECONDS", "The batch's deadline of 0.4 seconds has passed."),
    ],
)
def test_a_batch_that_stopped_at_a_limit_advises_a_larger_one_and_says_it_once(
    stretto, option: str, limit: str, placeholder: str, sentence: str
):
    """The next command has the limit to fill in, once; why it stopped is one sentence, whatever numbers rows met."""
    write_products(8)
    model = "demo:delay=0" if option == "--max-tokens-total" else "demo:delay=0.3"
    ended = stretto("batch", "products.csv", "--task", TASK, "--model", model, *OUT, option, limit)
    assert ended.code in (1, 3)
    (advice,) = [line for line in ended.err.splitlines() if line.startswith("Next: ")]
    assert (advice.count(option), advice.endswith(f"{option} {placeholder}")) == (1, True)
    assert ended.err.count(sentence) == 1
    assert ended.err.count("missing in ") == 1
    assert "what stopped the batch" in ended.err


def test_rows_that_are_short_by_their_limit_of_subtasks_are_not_run_again_for_nothing(stretto):
    """The same command would stop at the same limit, also with --retry-errors: it is not advised."""
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT, "--max-subtasks", "1")
    assert (ended.code, "Raise it with max_subtasks (--max-subtasks)." in ended.err) == (3, True)
    assert "Next:" not in ended.err


def test_a_batch_that_stops_by_itself_keeps_what_is_known(stretto):
    """Stopped by its budget, it writes the rows that it did not reach as the journal has them."""
    write_products(6)
    stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT)
    before = read()
    table = Path("products.csv").read_text().replace("name\n", "name\nNew one\nNew two\n")
    Path("products.csv").write_text(table)
    ended = stretto(
        "batch", "products.csv", "--task", TASK, *DEMO, *OUT, "--concurrency", "1", "--max-tokens-total", "10"
    )
    assert ended.code == 3
    assert "No further row was begun: The budget of 10 tokens" in ended.err
    assert [line for line in read() if not line["name"].startswith("New")] == before
    assert ended.err.splitlines()[-1].startswith("partial · 6 of 8 rows · 6 from before · ")
    assert "--retry-errors" not in ended.err


def test_only_what_is_empty_is_filled(stretto):
    """--only-empty asks for just the texts that an output lacks, without a plan; the others stay as they are."""
    stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT)
    lines = read()
    edited = [line | {"text": "" if place == 1 else f"mine {place}"} for place, line in enumerate(lines)]
    with Path("edited.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(edited)
    ended = stretto("batch", "edited.csv", "--task", TASK, *DEMO, "-o", "filled.csv", "--only-empty")
    assert ended.code == 0
    assert " · 1 call · " in ended.err
    filled = read("filled.csv")
    assert [line["text"] for place, line in enumerate(filled) if place != 1] == [
        f"mine {place}" for place in range(len(lines)) if place != 1
    ]
    assert filled[1]["text"]
    assert filled[1]["type"] == lines[1]["type"]


def test_wide_and_by_id(stretto):
    """--wide writes a line for each row; with --id-column a row that moved is the same row."""
    stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT, "--wide", "--id-column", "sku")
    lines = read()
    assert len(lines) == 3
    assert all(line["variant_1_text"] and line["status"] == "complete" for line in lines)
    head, *rows = Path("products.csv").read_text().splitlines()
    Path("products.csv").write_text("\n".join([head, *reversed(rows)]) + "\n")
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT, "--wide", "--id-column", "sku")
    assert " · 0 calls · " in ended.err
    assert [line["sku"] for line in read()] == ["9", "8", "7"]


def test_a_cell_that_a_spreadsheet_would_execute_is_neutralised_unless_raw(stretto):
    """What begins like a formula gets an apostrophe before it; --raw-cells writes it as it is."""
    Path("products.csv").write_text("name\n=1+1\n")
    stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT)
    assert {line["name"] for line in read()} == {"'=1+1"}
    stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT, "--raw-cells")
    assert {line["name"] for line in read()} == {"=1+1"}


def test_a_report_beside_the_output(stretto):
    """--report writes a page with counts, cost, failures and lengths."""
    Path("products.csv").write_text("name,note\nmug,x\n,y\n")
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT, "--report", "report.html")
    assert ended.code == 3
    page = Path("report.html").read_text()
    assert "1 of 2 rows complete." in page
    assert "nothing to be about" in page
    assert "demo model" in page
    assert "written: report.html" in ended.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["products.csv", *OUT], "No task is given."),
        (["products.csv", "--task", " ", *OUT], "is empty"),
        (["products.csv", "--task", TASK], "It is not said where the results go."),
        (["products.csv", "--task", TASK, "-o", "out.pdf"], "Cannot tell the format of out.pdf"),
        (["products.csv", "--task", TASK, "-o", "nowhere/out.csv"], "Cannot write nowhere/out.csv"),
        (["products.csv", "--task", TASK, "-o", "products.csv"], "products.csv is the table itself."),
        (["products.csv", "--task", TASK, *OUT, "--report", "r.pdf"], "A report is an HTML page"),
        (["products.csv", "--task", TASK, "-o", "out.csv", "--report", "out.csv"], "A report is an HTML page"),
        (["nowhere.csv", "--task", TASK, *OUT], "Cannot read nowhere.csv"),
        (["products.csv", "--task", "About {nobody}", *OUT], "nobody"),
        (["products.csv", "--task", TASK, *OUT, "--id-column", "nobody"], "has no column 'nobody' for ids"),
        (["products.csv", "--task", TASK, *OUT, "--only-columns", "nobody"], "--only-columns names 'nobody'"),
        (["products.csv", "--task", TASK, *OUT, "-n", "0"], "greater than or equal to 1"),
        (["products.csv", "--task", TASK, *OUT, "--only-empty"], "no column for texts"),
        (["products.csv", "--task", TASK, *OUT, "--budget-usd", "ten"], "--budget-usd must be"),
        (["products.csv", "--task", TASK, *OUT, "--journal", "x.db", "--no-journal"], "contradict each other"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_2(stretto, arguments, message):
    """Unusable input is one line that says what and how to mend it; nothing is run and the code is 2."""
    ended = stretto("batch", *arguments, *DEMO)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    assert not Path("out.csv").exists()


def test_without_a_journal_no_next_command_is_promised(stretto):
    """With --no-journal nothing is kept, and nothing is said of going on."""
    ended = stretto(
        "batch", "products.csv", "--task", TASK, "--model", "demo:delay=0,refuse-worker=1", *OUT, "--no-journal"
    )
    assert ended.code == 3
    assert "Next:" not in ended.err


def environ(simulator: SimulatorThread) -> dict[str, str]:
    """Return an environment in which the command can ask the simulator."""
    return os.environ | {"OPENAI_API_KEY": "any"}


def command(simulator: SimulatorThread, *others: str) -> list[str]:
    """Return a batch against the simulator."""
    model = ("--model", "openai-chat:gpt-5.2", "--base-url", simulator.openai_url)
    return ["batch", "products.csv", "--task", TASK, *model, *OUT, "--subtasks", "3", *others]


def wait_until_recorded(**wanted: int) -> None:
    """Return once the journal of another process has so many outcomes of each role."""
    with closing(sqlite3.connect(Path(os.environ["STRETTO_DATA_DIR"], "journal.db"))) as journal:
        found: dict[str, int] = {}
        while any(found.get(role, 0) < count for role, count in wanted.items()):
            found = dict(journal.execute("SELECT role, count(*) FROM stretto_outcomes GROUP BY role").fetchall())
            time.sleep(0.01)


def write_products(count: int) -> None:
    """Write a table of many rows."""
    Path("products.csv").write_text("name\n" + "".join(f"Thing {number}\n" for number in range(count)))


def test_after_a_kill_the_same_command_makes_no_finished_call_again(forge: Forge):
    """SIGKILL in the middle: the same command finishes, and the server's log has no delivered call twice."""
    write_products(30)
    script = Script((Fault(effects=(Hold(name="held"),), role="worker", skip=40),))
    with SimulatorThread(script=script) as simulator:
        process = forge.start(command(simulator, "--concurrency", "4"), environ=environ(simulator), folder=Path.cwd())
        simulator.until(lambda calls: sum(call.role == "worker" for call in calls) >= 44)
        plans = sum(call.role == "orchestrator" for call in simulator.calls)
        wait_until_recorded(orchestrator=plans, worker=40)
        process.kill()
        process.finish()
        assert not Path("out.csv").exists()
        before = len(simulator.calls)
        simulator.play_script(Script())
        simulator.release("held")
        done = forge.run(command(simulator), environ=environ(simulator), folder=Path.cwd())
        assert done.code == 0, done.err
        assert simulator.repeated() == ()
        lost = [call for call in simulator.calls[:before] if call.end != "delivered"]
        assert len(lost) == 4
        assert len(simulator.calls) == 30 * 4 + len(lost)
    lines = read()
    assert len(lines) == 90
    assert list(dict.fromkeys(line["name"] for line in lines)) == [f"Thing {number}" for number in range(30)]
    assert all(line["text"] for line in lines)


def test_ctrl_c_saves_and_prints_the_command_that_continues(forge: Forge):
    """After Ctrl-C the output has what was finished, the code is 130, and the printed command finishes the rest."""
    write_products(10)
    script = Script((Fault(effects=(Hold(name="held"),), role="worker", skip=12),))
    with SimulatorThread(script=script) as simulator:
        process = forge.start(command(simulator, "--concurrency", "2"), environ=environ(simulator), folder=Path.cwd())
        simulator.until(lambda calls: sum(call.role == "worker" for call in calls) >= 14)
        process.send_signal(signal.SIGINT)
        ended = process.finish()
        message = ended.err
        assert ended.code == 130
        again = re.search(r"to go on later: stretto (.*)", message)
        assert again
        assert message.splitlines()[-1].startswith("interrupted · ")
        assert any(line["row_status"] == "not run" for line in read())
        simulator.play_script(Script())
        simulator.release("held")
        done = forge.run(shlex.split(again[1]), environ=environ(simulator), folder=Path.cwd())
        assert done.code == 0, done.err
        assert simulator.repeated() == ()
    assert len(read()) == 30


def test_a_terminal_shows_one_line_that_goes_away():
    """On a terminal the progress is one line, gone in the end, with the summary left on the screen."""
    session = start([*STRETTO, "batch", "products.csv", "--task", TASK, "--model", "demo:delay=0.002", *OUT])
    session.wait_for("of 3 rows")
    assert session.end() == 0
    assert "complete · 3 of 3 rows" in session.screen.text
    assert "\n0 of 3 rows" not in session.screen.text


def test_the_report_of_a_program_is_machine_readable(stretto):
    """JSON lines out of a batch hold the same columns, with numbers as numbers."""
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, "-o", "out.jsonl")
    assert ended.code == 0
    first = json.loads(Path("out.jsonl").read_text().splitlines()[0])
    assert (first["sku"], first["variant"], first["status"]) == ("7", 1, "completed")


@pytest.mark.parametrize("failing", [False, True])
def test_rows_of_another_process_are_not_advised_to_be_tried_again(stretto, monkeypatch, failing):
    """Of two equal batches the second says to wait and names the same command, also beside rows that failed."""
    write_products(2)
    run_row = local_runner.run_row

    async def elsewhere(job, **options):
        if job.run_id not in seen and not seen:
            seen.append(job.run_id)
            raise UnderWayError(job.run_id)
        return await run_row(job, **options)

    seen: list[str] = []
    monkeypatch.setattr(local_runner, "run_row", elsewhere)
    model = ("--model", "demo:delay=0" + (",refuse-worker=1" if failing else ""))
    ended = stretto("batch", "products.csv", "--task", TASK, *model, *OUT)
    assert ended.code == 3
    assert "by another process; wait until that has ended" in ended.err
    assert "same command" not in ended.err
    (step,) = [line for line in ended.err.splitlines() if line.startswith("Next: ")]
    assert "--retry-errors" not in step


PLAN = {
    "subtasks": [
        {"type": "instagram", "description": "A caption of one sentence."},
        {"type": "shop", "description": "Two sentences for the shop."},
    ]
}


def test_one_plan_for_every_row(stretto):
    """With --plan each row gets the same variants, no plan is asked for, and wide columns are named by type."""
    Path("plan.json").write_text(json.dumps(PLAN))
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT, "--plan", "plan.json", "--wide")
    assert ended.code == 0
    assert " · 6 texts · 6 calls · " in ended.err
    assert all(line["instagram_text"] and line["shop_text"] for line in read())
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, "--plan", "plan.json", "--dry-run")
    assert "3 rows: 6 calls" in ended.out
    assert "A caption of one sentence." in ended.out


def test_gaps_of_a_table_that_is_named_by_type_are_filled(stretto):
    """--only-empty reads columns that are named by type, and writes them so again."""
    Path("plan.json").write_text(json.dumps(PLAN))
    stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT, "--plan", "plan.json", "--wide")
    lines = read()
    with Path("edited.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows([lines[0] | {"shop_text": ""}, *lines[1:]])
    ended = stretto("batch", "edited.csv", "--task", TASK, *DEMO, "-o", "filled.csv", "--only-empty", "--wide")
    assert (ended.code, " · 1 call · " in ended.err) == (0, True)
    filled = read("filled.csv")
    assert list(filled[0]) == list(lines[0])
    assert filled[0]["shop_text"]
    assert filled[1:] == lines[1:]


def test_context_for_every_row(stretto):
    """-c and --context-file reach every row; another guide is other work, and a column of the same name is refused."""
    Path("brand.md").write_text("Never shout.\n")
    guide = ("-c", "audience=hikers", "--context-file", "brand.md")
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, *guide, "--dry-run")
    assert "hikers" in ended.out
    assert "Never shout." in ended.out
    for calls in (15, 0):
        ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, *guide, *OUT)
        assert ended.code == 0
        assert (" · 0 calls · " in ended.err) == (calls == 0)
    run_id = read()[0]["run_id"]
    assert "hikers" in stretto("show", run_id).out
    Path("brand.md").write_text("Shout.\n")
    assert " · 0 calls · " not in stretto("batch", "products.csv", "--task", TASK, *DEMO, *guide, *OUT).err
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, "-c", "features=x", *OUT)
    assert ended.code == 2
    assert "--skip-columns features" in ended.err


def test_the_sheet_and_the_header_row_can_be_told(stretto):
    """--header-row reaches the reader, and what was taken for a title is said."""
    Path("products.csv").write_text("Spring 2026\n\nname,colour\nMug,red\nLamp,blue\n")
    ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, "--dry-run")
    assert "Row 3 of products.csv names the columns" in ended.err
    ended = stretto("batch", "products.csv", "--task", "{Mug}", *DEMO, "--dry-run", "--header-row", "4")
    assert "'Mug' goes into the task" in ended.out
    assert "has no sheets" in stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT, "--sheet", "x").err


def test_the_advice_comes_to_an_end(stretto):
    """What fails for good is tried once more when asked; after that no command is advised."""
    command = ("batch", "products.csv", "--task", TASK, "--model", "demo:delay=0,refuse-worker=2", *OUT)
    for _ in range(2):
        ended = stretto(*command)
        assert ended.code == 3
        assert ended.err.splitlines()[-2].endswith(" --retry-errors")
    ended = stretto(*command, "--retry-errors")
    assert ended.code == 3
    assert "Next:" not in ended.err
    assert "failed for reasons of its own: change the row" in ended.err


def test_remarks_are_counted(stretto):
    """Texts that a check has a remark on are counted on the terminal and in the report, which groups the remarks."""
    task = TASK + " in at most 5 characters"
    ended = stretto("batch", "products.csv", "--task", task, *DEMO, *OUT, "--report", "report.html")
    remarked = sum(bool(line["remarks"]) for line in read())
    assert remarked
    assert f"remarks on {remarked} of {len(read())} texts" in ended.err
    page = Path("report.html").read_text()
    assert f"remarks on {remarked:,} of {len(read())} texts" in page
    assert "<h2>Remarks</h2>" in page


def test_a_row_without_a_task_is_not_advised_to_be_tried_again(stretto):
    """No command helps a row that gives no task: it is said that the row has to change."""
    Path("products.csv").write_text("name,colour\nMug,red\n,blue\n")
    for more in ((), ("--retry-errors",), ()):
        ended = stretto("batch", "products.csv", "--task", TASK, *DEMO, *OUT, *more)
        assert ended.code == 3
        assert "Next:" not in ended.err
        assert "change the row" in ended.err
