"""What `make test` plays of the table shows everything that the table has."""

import pytest

from tests.faults.sample import ALL, Shows, at_roles, in_protocols, sample
from tests.faults.table import ENTRIES, PLANS


@pytest.mark.parametrize("shows", [at_roles, in_protocols])
def test_the_sample_shows_all_that_the_full_table_shows(shows: Shows) -> None:
    """Every fault at every role, streamed and not, always and once, and every role in every protocol."""
    places = sample(ALL, shows)
    shown = {item for place in places for item in shows(*ALL[place])}
    assert shown == {item for case in ALL for item in shows(*case)}
    assert len(places) < len(ALL) / 4


def test_every_fault_is_played_in_every_protocol_that_has_it() -> None:
    """The names are those of the table's page."""
    played = {(ALL[place][0].fault, ALL[place][1]) for place in sample(ALL, in_protocols)}
    assert played == {(row.fault, name) for row, name in ALL}
    assert {fault for fault, _ in played} == {
        *(entry.fault for entries in ENTRIES.values() for entry in entries),
        *(row.fault for row in PLANS),
    }


def test_the_sample_is_the_same_each_time() -> None:
    """What failed for one fails for all."""
    assert sample(ALL, at_roles) == sample(ALL, at_roles)
