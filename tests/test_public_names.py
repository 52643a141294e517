"""The public face."""

import subprocess
import sys

import pytest

import stretto


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
