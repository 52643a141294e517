"""Each fault of the table as whoever types the command meets it: exit code, what is printed, calls at the server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stretto.faces.shared.formatting import count
from tests.faults.sample import in_commands, parameters
from tests.faults.stage import PATHS, SPECS, STRUCK, TASK
from tests.faults.table import ROWS, Row
from tests.faults.terminal import Shown, Terminal, open_terminal
from tests.simulator import FAULTS, Fault, Script
from tests.simulator.asked import ProtocolName

CASES = tuple((row, name) for row in ROWS for name in row.protocols)


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A place to type commands at; one journal keeps all their runs, as a user's does."""
    with open_terminal(tmp_path_factory.mktemp("user")) as opened:
        yield opened


@pytest.mark.parametrize(("row", "protocol"), tuple(parameters(CASES, in_commands)))
def test_a_fault_is_shown_as_the_table_says(row: Row, protocol: ProtocolName, terminal: Terminal) -> None:
    """Exit code, what is missing with the advice, the command that goes on and the calls are the row's."""
    shown = terminal.play(row, protocol)
    assert shown.code == row.exit_code, shown.err
    # One line, however many subtasks it left without a result.
    missing = shown.lines("missing: ")
    assert len(missing) == (1 if row.kind_at(protocol) else 0), shown.err
    assert row.says in shown.err
    (run_id,) = (line.removeprefix("run: ") for line in shown.lines("run: "))
    assert shown.lines("Next: ") == ([f"Next: {row.next_step.replace('ID', run_id)}"] if row.next_step else [])
    _check_calls(shown, row)
    _check_summary(shown, row)


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ("comment_lines", 0, ""),
        ("payment", 1, "HTTP 402: Insufficient credits"),
        ("error_with_200", 1, "Provider returned error"),
    ],
)
def test_openrouter_is_reached_at_another_address(
    fault: str, code: int, said: str, terminal: Terminal, tmp_path: Path
) -> None:
    """OpenRouter's own name works with --base-url, and its comments and its errors inside a 200 are understood."""
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"subtasks": [{"type": "struck", "description": STRUCK}]}), encoding="utf-8")
    terminal.sim.play_script(Script((Fault(effects=FAULTS[fault]),)))
    url = terminal.sim.url + PATHS["openrouter"]
    shown = terminal.type("run", TASK, "--model", SPECS["openrouter"], "--base-url", url, "--plan", str(plan))
    assert shown.code == code, shown.err
    assert said in shown.err, shown.err
    assert {call.protocol for call in shown.calls} == {"openrouter"}


def _check_calls(shown: Shown, row: Row) -> None:
    asked = shown.asked(row.role, STRUCK if row.role == "worker" else "")
    assert asked == (0 if row.place else row.calls + row.resent)


def _check_summary(shown: Shown, row: Row) -> None:
    """The last line has the status, and counts the calls that were made: those to nobody too."""
    struck = {"worker": 2, "orchestrator": 1, "synthesis": 1}[row.role]
    # What was sent again in another form is one call.
    made = len(shown.calls) - row.resent + (row.calls * struck if row.place else 0)
    last = shown.err.splitlines()[-1].split(" · ")
    assert last[0] == row.status
    assert count(made, "call") in last
