"""The public face."""

import inspect
import re
import subprocess
import sys
from typing import get_args

import pytest

import stretto
from stretto import Orchestrator, open_journal
from stretto.core import errors
from stretto.models import FunctionModel, open_model


def test_every_public_name_is_there_and_sorted():
    """`__all__` is sorted, complete and importable."""
    assert sorted(stretto.__all__) == stretto.__all__
    for name in stretto.__all__:
        assert getattr(stretto, name) is not None
    assert set(stretto.__all__) <= set(dir(stretto))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        stretto.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_importing_the_package_imports_nothing_heavy():
    """`import stretto` takes neither pydantic_ai nor anything it brings."""
    code = "import sys, stretto; print([m for m in ('pydantic_ai', 'pydantic', 'rich', 'yaml') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_error_and_every_event_is_a_public_name():
    """Whoever catches an error or matches an event finds it under `stretto`."""
    kinds = {kind.__name__ for kind in get_args(stretto.Event)}
    raised = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert kinds | raised <= set(stretto.__all__)
    assert {"Task", "Finding", "Answer", "open_journal", "to_jsonable", "IncompleteError"} <= set(stretto.__all__)


def test_the_names_for_type_checkers_are_the_same():
    """What a type checker sees of the package is what there is."""
    source = inspect.getsource(stretto)
    assert sorted(re.findall(r"import (\w+) as \1$", source, re.MULTILINE)) == sorted(
        {*stretto.__all__} - {"__version__"}
    )


PUBLIC = [
    Orchestrator,
    *(value for name, value in vars(Orchestrator).items() if callable(value) and not name.startswith("_")),
    open_model,
    FunctionModel,
    open_journal,
]


@pytest.mark.parametrize("callee", PUBLIC, ids=lambda callee: callee.__name__)
def test_every_option_is_explained(callee):
    """The docstring of what a program calls names every one of its parameters."""
    explained = inspect.getdoc(callee) or ""
    for name in inspect.signature(callee).parameters:
        if name != "self":
            assert re.search(rf"(^|[\s`]){name}(`|: )", explained, re.MULTILINE), name
