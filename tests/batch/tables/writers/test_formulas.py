"""An output as LibreOffice itself reads it; without LibreOffice on the machine these tests are skipped."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from stretto.batch.tables import write_output
from tests.batch.tables.samples import PIECES, STARTS, result, rows_of

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
# Slow: the program takes seconds to start.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(OFFICE is None, reason="needs LibreOffice Calc: no soffice is on the path"),
]
HOSTILE = [
    '=HYPERLINK("http://evil.example","点我")',
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    '+WEBSERVICE("http://evil.example")',
    *(f"{start}1+1" for start in STARTS),
    *(f"{piece}=1+1" for piece in PIECES),
]
CHINESE = "# 保温杯\n一杯热茶，从早到晚。“真空”隔层：750 毫升；𠮷野家"


def opened(path: Path, folder: Path) -> str:
    """Return the document that LibreOffice makes of a file, as flat XML; CSV as UTF-8, which a file's mark says."""
    # Only the import dialog looks for the mark; without a window the character set has to be said: 76 is UTF-8.
    filters = ["--infilter=CSV:44,34,76"] if path.suffix == ".csv" else []
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [OFFICE, profile, "--headless", *filters, "--convert-to", "fods", "--outdir", folder / "opened", path]
    subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=120)
    return (folder / "opened" / f"{path.stem}.fods").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["long", "wide"])
@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_chinese_is_right_and_nothing_is_executed(tmp_path: Path, name: str, form: str):
    """No cell of texts and values that try everything becomes a formula or a link; Chinese stands as it was written."""
    (tmp_path / "in.csv").write_text("名称\n=1+1\n", encoding="utf-8")
    rows = rows_of(tmp_path / "in.csv")
    write_output(tmp_path / name, ("名称",), rows, lambda _: result(CHINESE, *HOSTILE), form=form)
    document = opened(tmp_path / name, tmp_path)
    assert "table:formula" not in document
    assert "xlink:href" not in document
    shown = re.sub(r"<[^>]+>", "\n", document)
    for line in CHINESE.split("\n"):
        assert line in shown
    assert "名称" in shown


def test_what_is_written_raw_is_executed(tmp_path: Path):
    """The same file without the guard is formulas: this test would see one."""
    (tmp_path / "in.csv").write_text("name\n=1+1\n")
    write_output(tmp_path / "out.csv", ("name",), rows_of(tmp_path / "in.csv"), lambda _: result("x"), raw=True)
    assert 'table:formula="of:=1+1"' in opened(tmp_path / "out.csv", tmp_path)
