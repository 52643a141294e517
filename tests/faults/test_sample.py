"""What `make test` plays of the table shows everything that the table has."""

import pytest

from tests.faults.sample import ALL, Shows, in_commands, in_runs, sample
from tests.faults.table import ENTRIES, PLANS
from tests.simulator.asked import PROTOCOL_NAMES, ROLES


@pytest.mark.parametrize("shows", [in_commands, in_runs])
def test_the_sample_shows_all_that_the_full_table_shows(shows: Shows) -> None:
    """Whatever a case of the full table shows, one of the sample shows it too."""
    places = sample(ALL, shows)
    shown = {item for place in places for item in shows(*ALL[place])}
    assert shown == {item for case in ALL for item in shows(*case)}
    assert len(places) < len(ALL) / 4


def test_every_fault_is_played_in_every_protocol_that_has_it() -> None:
    """The faults are those of the page; each role is there streamed and not, in each protocol."""
    played = {(ALL[place][0].fault, ALL[place][1]) for place in sample(ALL, in_runs)}
    assert played == {(row.fault, name) for row, name in ALL}
    assert {fault for fault, _ in played} == {
        *(entry.fault for entries in ENTRIES.values() for entry in entries),
        *(row.fault for row in PLANS),
    }


def test_every_role_is_played_in_every_protocol_streamed_and_not() -> None:
    """An orchestrator's answer is always streamed."""
    played = {(ALL[place][0].role, ALL[place][0].streamed, ALL[place][1]) for place in sample(ALL, in_runs)}
    modes = [(role, streamed) for role in ROLES for streamed in (True, False) if streamed or role != "orchestrator"]
    protocols = (*PROTOCOL_NAMES, "openrouter")
    assert played == {(*mode, name) for mode in modes for name in protocols}


def test_the_sample_is_the_same_each_time() -> None:
    """What failed for one fails for all."""
    assert sample(ALL, in_commands) == sample(ALL, in_commands)
