"""Each fault of the table as whoever types the command meets it: exit code, what is printed, calls at the server."""

from collections.abc import Iterator

import pytest

from stretto.faces.cli.words import count
from tests.faults.stage import STRUCK
from tests.faults.table import ROWS, Row
from tests.faults.terminal import Shown, Terminal, open_terminal
from tests.simulator.asked import ProtocolName


def _cases() -> Iterator[object]:
    """Yield each row in one protocol, the next one's in the next; in all the others it is slow."""
    for number, row in enumerate(ROWS):
        for place, name in enumerate(row.protocols):
            marks = () if place == number % len(row.protocols) else (pytest.mark.slow,)
            yield pytest.param(row, name, id=f"{row.label}, {name}", marks=marks)


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A place to type commands at; one journal keeps all their runs, as a user's does."""
    with open_terminal(tmp_path_factory.mktemp("user")) as opened:
        yield opened


@pytest.mark.parametrize(("row", "protocol"), tuple(_cases()))
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


def _check_calls(shown: Shown, row: Row) -> None:
    asked = shown.asked(row.role, STRUCK if row.role == "worker" else "")
    assert asked == (0 if row.place else row.calls)


def _check_summary(shown: Shown, row: Row) -> None:
    """The last line has the status, and counts the calls that were made: those to nobody too."""
    struck = {"worker": 2, "orchestrator": 1, "synthesis": 1}[row.role]
    made = len(shown.calls) + (row.calls * struck if row.place else 0)
    last = shown.err.splitlines()[-1].split(" · ")
    assert last[0] == row.status
    assert count(made, "call") in last
