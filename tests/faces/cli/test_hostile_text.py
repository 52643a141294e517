"""Characters that show a text in another order than it has: seen on a terminal, absent from files, data in JSON."""

import csv
import json
import zipfile
from pathlib import Path

import pytest

from stretto.core.text import for_file, for_terminal
from stretto.faces.cli.views.json_lines import to_line
from stretto.faces.shared.formatting import flat, one_line

CONTROLS = [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]
HOSTILE = f"\x1b]0;title\x07\x1b[31mred{''.join(CONTROLS)}\x9b2Jend\u202e"
# Arabic and Hebrew with what their writers use: marks of direction, joiners, numbers and Latin names.
RIGHT_TO_LEFT = ["قارورة ماء 750 مل من STRETTO\u200f!", "בקבוק\u200e (2026) שלום", "می\u200cخواهم", "\u061c١٢٣", "نص"]


def test_a_terminal_shows_a_mark():
    """Each control is named where it stands, in a text and in a line; nothing acts."""
    for show in (for_terminal, one_line, flat):
        shown = show(HOSTILE)
        assert not set(shown) & {*CONTROLS, "\x1b", "\x9b", "\x07"}
        assert all(f"[U+{ord(control):04X}]" in shown for control in CONTROLS)
        assert shown.endswith("end[U+202E]")


def test_a_file_has_none():
    """In a file they are left out, and everything else stays."""
    assert for_file(HOSTILE) == "red2Jend"


@pytest.mark.parametrize("text", RIGHT_TO_LEFT)
def test_writing_from_right_to_left_stays(text: str):
    """A text of an Arabic or Hebrew writer is the same to the byte, in a terminal, a file and JSON."""
    assert for_terminal(text) == for_file(text) == text
    assert text in to_line({"text": text})


def test_json_stays_data():
    """A program reads what the model wrote; whoever looks at the line sees escapes."""
    line = to_line({"text": HOSTILE})
    assert json.loads(line) == {"text": HOSTILE}
    assert not set(line) & {*CONTROLS, "\x1b", "\x9b"}


@pytest.fixture
def hostile_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Have the demo model answer a hostile plan and hostile texts; return its name."""
    from stretto.models.demo import DemoModel

    answer = DemoModel.respond

    async def respond(self, request, on_text=None):  # type: ignore[no-untyped-def]
        from dataclasses import replace

        reply = await answer(self, request, on_text)
        if request.role == "orchestrator":
            return replace(reply, text=reply.text.replace("<type>", f"<type>{''.join(CONTROLS)}"))
        return replace(
            reply, text=reply.text.replace("</response>", f" {RIGHT_TO_LEFT[0]}{''.join(CONTROLS)}</response>")
        )

    monkeypatch.setattr(DemoModel, "respond", respond)
    monkeypatch.setenv("STRETTO_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return "demo:delay=0"


def held(path: Path) -> str:
    """Return all text in a file, that of a workbook unpacked."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return "".join(book.read(name).decode() for name in book.namelist())
    return path.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("output", ["", "out.md", "out.html", "out.csv", "out.json", "out.jsonl"])
def test_a_run_and_its_exports(output: str, hostile_run: str, capsys: pytest.CaptureFixture[str]):
    """From a plan's names to the texts, stdout has marks and no file has the controls."""
    from stretto.faces.cli import main

    given = ["-o", output] if output else []
    assert main(["run", "sell a bottle", "--model", hostile_run, *given]) == 0
    printed = capsys.readouterr()
    text = held(Path(output)) if output else printed.out
    assert not set(text + printed.err) & {*CONTROLS}
    assert RIGHT_TO_LEFT[0] in text
    assert ("[U+202E]" in text) is (not output)
    if output.endswith("json"):
        assert "".join(CONTROLS) in json.loads(text)["results"][0]["text"]


@pytest.mark.parametrize("output", ["out.csv", "out.xlsx", "out.jsonl"])
def test_a_batch_and_its_report(output: str, hostile_run: str, capsys: pytest.CaptureFixture[str]):
    """From the names of rows to the texts, no file has the controls."""
    from stretto.faces.cli import main

    with Path("in.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["name"], [f"cup{CONTROLS[4]}"]])
    order = ["batch", "in.csv", "--task", "sell {name}", "--model", hostile_run, "-o", output]
    assert main([*order, "--report", "report.html"]) == 0
    for text in (held(Path(output)), held(Path("report.html")), capsys.readouterr().err):
        assert not set(text) & {*CONTROLS}
    assert RIGHT_TO_LEFT[0] in held(Path(output))
