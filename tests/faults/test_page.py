"""The page on reliability says what the table says."""

import pytest

from tests.faults.page import PAGE, generate, groups
from tests.faults.table import ENTRIES, EXIT_CODES, ROWS, Entry


def test_the_page_is_up_to_date() -> None:
    """After a change of the table, `python -m tests.faults.page` writes the page anew."""
    page = PAGE.read_text(encoding="utf-8")
    assert generate(page) == page


@pytest.mark.parametrize("entry", [entry for lines in ENTRIES.values() for entry in lines], ids=lambda e: e.fault)
def test_the_rows_of_a_fault_do_not_depend_on_streaming(entry: Entry) -> None:
    """What the page says once for both ways of calling is the same for both, the failure's kind apart."""
    seen: dict[object, object] = {}
    for row in entry.rows():
        said = (row.status, row.calls, row.events, row.results, row.others, row.says, row.next_step)
        assert seen.setdefault((row.role, row.times), said) == said


def test_what_is_said_of_a_group_holds_for_each_of_its_faults() -> None:
    """The page says once for many faults how a run ends; a plan that was partly there is told apart."""
    for faults in groups().values():
        said: dict[object, object] = {}
        for row in (row for rows in faults for row in rows if not row.otherwise):
            ends = (row.status, row.calls, row.events, row.next_step)
            assert said.setdefault((row.role, row.times), ends) == ends, row.label


def test_every_end_has_rows() -> None:
    """The table has runs that end in each of the ways in which a run can end."""
    assert {row.status for row in ROWS} == set(EXIT_CODES)
