"""Tables on the disk for every test of tables."""

from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that puts a file into a folder of its own and returns its path."""

    def put(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


@pytest.fixture
def write_sheet(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that puts rows into a workbook with openpyxl."""

    def put(rows: Sequence[Sequence[object]], name: str = "table.xlsx") -> Path:
        workbook = openpyxl.Workbook()
        for row in rows:
            workbook.active.append(list(row))
        workbook.save(tmp_path / name)
        return tmp_path / name

    return put
