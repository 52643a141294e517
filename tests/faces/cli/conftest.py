"""The command line as a function: arguments in, exit code and text out, away from the real user's files."""

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from stretto.faces.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Stretto = Callable[..., Ended]


@pytest.fixture(autouse=True)
def config_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the command an empty folder to run in, an empty user folder and an environment without keys."""
    for name in list(os.environ):
        if name.startswith("STRETTO_") or name.endswith(("_API_KEY", "_BASE_URL")):
            monkeypatch.delenv(name)
    folder = tmp_path / "config"
    monkeypatch.setenv("STRETTO_CONFIG_DIR", str(folder))
    monkeypatch.setenv("STRETTO_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return folder


@pytest.fixture
def stretto(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Stretto:
    """Run the command line in this process."""

    def run(*arguments: str, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capsys.readouterr()
        code = main(arguments)
        shown = capsys.readouterr()
        return Ended(code=code, out=shown.out, err=shown.err)

    return run
