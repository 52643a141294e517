"""Chooses few of the table's many cases for `make test`; `make check` plays the full product.

Together the runs show each fault at each of its roles, streamed and not, always and once, and in each protocol, and
each role in each protocol; the commands each fault, each role in each protocol, and everything that is printed.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import groupby

import pytest

from tests.faults.table import ROWS, Row
from tests.simulator.asked import ProtocolName

Case = tuple[Row, ProtocolName]
Shows = Callable[[Row, ProtocolName], Iterator[Hashable]]

ALL: Sequence[Case] = tuple((row, name) for row in ROWS for name in row.spoken)
"""The full product: each row in each protocol."""


def in_commands(row: Row, protocol: ProtocolName) -> Iterator[Hashable]:
    """Yield what a case shows to whoever types a command."""
    yield row.fault
    yield row.role, row.streamed, protocol
    yield row.role, row.status, row.kind_at(protocol), row.says, row.next_step


def in_runs(row: Row, protocol: ProtocolName) -> Iterator[Hashable]:
    """Yield what a case shows of a run."""
    yield row.fault, row.role
    yield row.fault, protocol
    yield row.fault, "streamed" if row.streamed else "whole"
    yield row.fault, "once" if row.times else "always"
    yield row.role, row.streamed, protocol


def sample(cases: Sequence[Case], shows: Shows) -> frozenset[int]:
    """Return the places of few cases that show whatever any of them shows; always the same ones."""
    what = [frozenset(shows(*case)) for case in cases]
    places, shown = set[int](), set[Hashable]()
    for _, group in groupby(range(len(cases)), key=lambda place: cases[place][0].fault):
        fault = list(group)
        while not what[best := max(fault, key=lambda place: len(what[place] - shown))] <= shown:
            places.add(best)
            shown |= what[best]
    return frozenset(places)


def parameters(cases: Sequence[Case], shows: Shows) -> Iterator[object]:
    """Yield all cases as a test's parameters; those outside the sample bear the mark that keeps them for CI."""
    places = sample(cases, shows)
    for place, (row, name) in enumerate(cases):
        marks = () if place in places else (pytest.mark.full,)
        yield pytest.param(row, name, id=f"{row.label}, {name}", marks=marks)
