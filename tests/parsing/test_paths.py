r"""Paths of Windows in JSON: C:\new\table with single backslashes is a path, and a real break stays one."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stretto.parsing import AnalysisText, SubtaskRead, open_reader, parse_plan

PATHS = [
    r"C:\Users\new\table",
    r"c:\new",
    r"D:\bin\fonts\root\users\unicode",
    r"(C:\temp\new)",
    r"C:\Program Files (x86)\new",
    r"C:\Program Files\new app\test",
    r"C:\Users\john doe\new\table",
    r"C:\Users\ufeed\x",
    r"A:\new\table",
    r"C:\产品\new\表",
    r"C:\new, C:\table; C:\bin.",
    r"\\server\share\new",
    r"Open \\nas\new\table.",
    r"'C:\new\table'",
]
BREAKS = [
    (r"One.\nTwo\tthree", "One.\nTwo\tthree"),
    (r"Note:\nnew line", "Note:\nnew line"),
    (r"A:\nFormal", "A:\nFormal"),
    (r"Plan B:\nwrite", "Plan B:\nwrite"),
    (r"Q:\tWhat?", "Q:\tWhat?"),
    (r"C:\\Users\\new\\table\nNext", "C:\\Users\\new\\table\nNext"),
    (r"\\\\server\\share\nnext", "\\\\server\\share\nnext"),
    (r"C:\Users\new\table.\nThen", "C:\\Users\\new\\table.\nThen"),
    (r"C:\Users\new\table\nThen", "C:\\Users\\new\\table\nThen"),
    (r"C:\new\table\n\nand", "C:\\new\\table\n\nand"),
    (r"C:\new\n- item", "C:\\new\n- item"),
    (r"C:\new\n然后", "C:\\new\n然后"),
    (r"C:\a\notes.txt\nand", "C:\\a\\notes.txt\nand"),
    (r"Look into C:\temp and\nnext", "Look into C:\\temp and\nnext"),
    (r"C:\temp\r\nNext", "C:\\temp\r\nNext"),
    (r"Files:\nC:\new\nD:\table\nDone", "Files:\nC:\\new\nD:\\table\nDone"),
    (r"Say \"C:\new\" aloud", 'Say "C:\\new" aloud'),
    (r"C:\users\u00e9", "C:\\usersé"),
    (r"use \\alpha\nAnd", "use \\alpha\nAnd"),
]
CASES = [*((path, path) for path in PATHS), *BREAKS]


def document(raw: str) -> str:
    """Return a plan in JSON with this text between quotes, as analysis and as description."""
    tasks = f'[{{"type": "a", "description": "{raw}"}}, {{"type": "b", "description": "x\\ny"}}]'
    return f'{{"analysis": "{raw}", "tasks": {tasks}}}'


@pytest.mark.parametrize(("raw", "want"), CASES, ids=[raw for raw, _ in CASES])
def test_a_path_stays_and_a_break_breaks(raw: str, want: str) -> None:
    """Whole, early and streamed readings agree in every cut: paths keep their letters, breaks are breaks."""
    text = document(raw)
    plan = parse_plan(text)
    assert plan.analysis == plan.subtasks[0].description == want
    assert plan.subtasks[1].description == "x\ny"
    rng = random.Random(raw)
    for cuts in [list(range(1, len(text))), *(sorted(rng.sample(range(len(text)), 6)) for _ in range(5))]:
        assert streamed(text, cuts) == (want, [want, "x\ny"])


def streamed(text: str, cuts: list[int]) -> tuple[str, list[str]]:
    """Return the analysis and the descriptions that come early when the text is cut here."""
    reader = open_reader("json")
    pieces = [p for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True) for p in reader.feed(text[a:b])]
    analysis = "".join(piece.text for piece in pieces if isinstance(piece, AnalysisText))
    return analysis, [piece.subtask.description for piece in pieces if isinstance(piece, SubtaskRead)]


SIGNS = [
    "C:",
    "D",
    ":",
    "\\\\",
    "\\n",
    "\\t",
    "\\u00e9",
    "\\\\\\\\",
    "new",
    "Table",
    " ",
    ".txt",
    "-",
    "x",
    "表",
    '\\"',
]
SIGNS += ["C:\\new", "\\table", "\\\\\\\\srv\\share"]


@settings(max_examples=150, deadline=None)
@given(raw=st.lists(st.sampled_from(SIGNS), max_size=25).map("".join), cuts=st.lists(st.integers(0, 300), max_size=8))
def test_any_heap_of_separators_reads_the_same_in_every_cut(raw: str, cuts: list[int]) -> None:
    """Whatever stands between the quotes, the streamed analysis is the one of the whole plan, in any cuts."""
    text = document(f"x {raw} x")
    places = sorted({min(cut, len(text)) for cut in cuts})
    analysis, _ = streamed(text, places)
    assert analysis == streamed(text, [])[0] == parse_plan(text).analysis


def test_a_path_that_ends_in_a_backslash_ends_the_text() -> None:
    """The quote behind a folder's last backslash is the end of the text, not a part of it."""
    text = r'{"tasks": [{"type": "a", "description": "Use C:\Users\new\"}, {"type": "b", "description": "D:\table\"}]}'
    assert [subtask.description for subtask in parse_plan(text).subtasks] == ["Use C:\\Users\\new\\", "D:\\table\\"]
    assert streamed(text, list(range(1, len(text))))[1] == []
