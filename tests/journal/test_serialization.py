"""Values to JSON and back."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from decimal import Decimal
from types import MappingProxyType
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.core.events import Event, RunStarted
from stretto.core.journal import CallEnd, CallStart, Revision
from stretto.core.plan import Plan, Subtask
from stretto.core.result import SynthesisResult, WorkerResult
from stretto.core.usage import Cost
from stretto.journal.serialization import dump, load, load_event, parse
from tests.journal.samples import result

st.register_type_strategy(str, st.text(st.characters(exclude_categories=()), max_size=8))
st.register_type_strategy(Decimal, st.decimals(allow_nan=False))
st.register_type_strategy(float, st.floats(allow_nan=False))
st.register_type_strategy(Mapping, st.dictionaries(st.from_type(str), st.from_type(str)))
VALUES = st.one_of(
    *map(st.from_type, (Plan, Subtask, WorkerResult, SynthesisResult, CallStart, CallEnd, Revision, Cost))
)


@given(VALUES)
def test_every_value_comes_back_equal(value):
    """Whatever a value holds, it is read back the same, money to the last digit."""
    again = load(type(value), dump(value))
    assert again == value
    assert repr(again) == repr(value)


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
def test_every_event_comes_back_equal(kind):
    """Every kind of event is recognised by its name and read back the same."""

    @given(st.from_type(kind))
    def check(event):
        again = load_event(dump(event))
        assert again == event
        assert type(again) is kind
        assert repr(again) == repr(event)

    check()


@given(st.text(st.characters(exclude_categories=())))
def test_surrogates_are_never_joined(text):
    """Two halves of a pair that were given as two come back as two."""
    assert load(Subtask, dump(Subtask(type="a", description=text))).description == text


def test_what_a_newer_version_added_is_passed_over():
    """Unknown fields, at any depth, change nothing."""
    data = parse(dump(result()))
    data["new"] = {"deep": [1]}
    data["usage"]["new"] = 1
    data["findings"][0]["new"] = 1
    assert load(WorkerResult, json.dumps(data).encode()) == result()


def test_what_an_older_version_did_not_have_is_defaulted():
    """A field with a default may be missing."""
    kept = result()
    for field in fields(WorkerResult):
        if field.default is MISSING:
            continue
        data = parse(dump(kept))
        del data[field.name]
        assert load(WorkerResult, json.dumps(data).encode()) == replace(kept, **{field.name: field.default})


def test_an_event_of_a_newer_version_is_none():
    """A kind that nobody knows yet is not an error."""
    assert load_event(b'{"kind":"run_teleported","seq":1}') is None


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b"null", b"7", b"{", b'"x"', b'{"subtask":7,"status":"completed"}', b"\xff"]
)
def test_what_is_no_value_is_said(data):
    """Data of another shape raises one kind of error, which names the value's kind."""
    with pytest.raises(ValueError, match=r"WorkerResult|JSON|decode|Expecting"):
        load(WorkerResult, data)


def test_read_only_mappings_are_kept():
    """A context that cannot be changed is kept as any other."""
    event = RunStarted(
        run_id="r",
        task="t",
        context=MappingProxyType({"a": "b"}),
        recipe="p",
        model="m",
        worker_model="m",
        synthesis_model="",
    )
    assert load_event(dump(event)).context == {"a": "b"}
