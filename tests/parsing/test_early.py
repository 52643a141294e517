"""What a reader gives before the plan is whole."""

import json

import pytest

from stretto.core.plan import HARD_CEILING, PlanError, PlanFormat, Subtask
from stretto.parsing import AnalysisText, Piece, SubtaskRead, open_reader, parse_plan

FORMAL = "<task>\n<type>formal</type>\n<description>Write it formally</description>\n</task>"
CASUAL = "<task>\n<type>casual</type>\n<description>Write it casually</description>\n</task>"


def read(text: str, format: PlanFormat = "xml", step: int = 1) -> list[Piece]:
    """Return the pieces of a text fed in steps."""
    reader = open_reader(format)
    return [piece for i in range(0, len(text), step) for piece in reader.feed(text[i : i + step])]


def subtasks(pieces: list[Piece]) -> list[tuple[str, str]]:
    """Return the subtasks among pieces."""
    return [(p.subtask.type, p.subtask.description) for p in pieces if isinstance(p, SubtaskRead)]


def analysis(pieces: list[Piece]) -> list[str]:
    """Return the analysis among pieces."""
    return [piece.text for piece in pieces if isinstance(piece, AnalysisText)]


def test_a_subtask_is_sealed_by_the_last_character_of_its_closing_tag() -> None:
    """A subtask comes with the bracket that closes it: not before, not with the next one."""
    reader = open_reader("xml")
    assert reader.feed("<tasks>" + FORMAL[:-1]) == []
    assert reader.feed(">") == [SubtaskRead(subtask=Subtask(type="formal", description="Write it formally"))]
    assert reader.subtasks == (Subtask(type="formal", description="Write it formally"),)


def test_a_subtask_in_json_is_sealed_by_its_brace() -> None:
    """In JSON the closing brace seals a subtask."""
    reader = open_reader("json")
    assert reader.feed('{"tasks": [{"type": "formal", "description": "Write {\\"it\\"}", "tier": "fast"') == []
    assert subtasks(reader.feed("}")) == [("formal", 'Write {"it"}')]
    assert reader.subtasks[0].tier == "fast"


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_the_analysis_streams_without_its_tags(step: int) -> None:
    """The pieces of the analysis are its decoded text without the space around it, whatever the cuts."""
    text = (
        f"<analysis>\n  Tom &amp; Co: a < b, </b> &lt;task&gt; and <task> here.  \n</analysis><tasks>{FORMAL}</tasks>"
    )
    pieces = read(text, step=step)
    assert "".join(analysis(pieces)) == "Tom & Co: a < b, </b> <task> and <task> here."
    assert parse_plan(text).analysis == "".join(analysis(pieces))
    assert subtasks(pieces) == [("formal", "Write it formally")]


def test_the_analysis_does_not_wait_for_its_end() -> None:
    """All of the analysis is given as it arrives but what may begin its closing tag."""
    reader = open_reader("xml")
    reader.feed("<analysis>One two")
    assert "One" in reader.analysis
    assert reader.feed(" three </anal") == [AnalysisText(text="wo three")] or reader.analysis == "One two three"


@pytest.mark.parametrize("step", [1, 2, 3, 1000])
def test_the_analysis_streams_out_of_json(step: int) -> None:
    """In JSON the analysis is streamed too; an escape is never given by halves."""
    value = {"analysis": ' "Deux"\n\\ é 😀\\u12 &amp; ', "tasks": [{"type": "a", "description": "b"}]}
    for ascii_only in (True, False):
        text = json.dumps(value, ensure_ascii=ascii_only)
        pieces = read(text, "json", step)
        assert "".join(analysis(pieces)) == '"Deux"\n\\ é 😀\\u12 &amp;' == parse_plan(text).analysis
        assert subtasks(pieces) == [("a", "b")]
    if step == 1:
        assert len(analysis(pieces)) > 5


def test_a_bad_escape_in_a_streamed_analysis_is_text() -> None:
    """An escape that JSON does not know is shown as it is."""
    assert "".join(analysis(read('{"analysis": "C:\\dir", "tasks": []}', "json"))) == "C:\\dir"


@pytest.mark.parametrize(
    "hidden",
    [
        f"<think>{FORMAL}</think>",
        f"<analysis>{FORMAL}</analysis>",
        f"<!-- {FORMAL} -->",
        f"<tasks><task><type>x</type><description><![CDATA[{FORMAL}]]>",
        f"<tasks><task><type>x</type><description><!-- {FORMAL} -->",
        "<tasks><task><type>x</type><description>no end</task>",
        "<tasks><task><type>x</type><description></description></task>",
        "<tasks><task><type>...</type><description>...</description></task>",
        "say `<task>` and `</task>`",
        "<!-- ]]> <task/>",
    ],
)
def test_what_is_in_doubt_is_not_sealed_early(hidden: str) -> None:
    """Thinking, analysis, comments, CDATA, unfinished and empty subtasks start nobody."""
    assert subtasks(read(hidden)) == []


def test_prose_that_names_the_tag_does_not_hide_the_first_subtask() -> None:
    """A tag that is only talked about before the plan does not keep its first subtask from starting."""
    assert subtasks(read(f"Each <task> is one text.\n<tasks>{FORMAL}{CASUAL}</tasks>")) == [
        ("formal", "Write it formally"),
        ("casual", "Write it casually"),
    ]


def test_self_closing_subtasks_are_sealed() -> None:
    """A subtask that is all attributes is sealed by its bracket."""
    assert subtasks(read('<tasks><task type="a" description="b"/>')) == [("a", "b")]


def test_json_beyond_doubt_only() -> None:
    """Objects that are no subtasks, and strings in other lists, are not sealed."""
    text = '[1] {"x": ["no"], "meta": {"tasks": 1}, "tasks": ["One", {"type": "a"}, {"type": "b", "description": "c"}]}'
    assert subtasks(read("<think>" + text + "</think>", "json")) == []
    assert subtasks(read("<think>{}</think> {x} " + text, "json")) == [("default", "One"), ("b", "c")]


def test_json_nested_beyond_reason_is_left_to_the_end() -> None:
    """A reader follows no more brackets than a plan has, and reads no entry that is too deep."""
    assert read('{"tasks":' + "[" * 5000, "json") == []
    assert read('{"tasks": [{"type": "a", "description": ' + "[" * 90 + "]" * 90 + "}]}", "json") == []


@pytest.mark.parametrize("format", ["xml", "json"])
def test_past_the_hard_ceiling_reading_stops(format: PlanFormat) -> None:
    """At the ceiling the reader seals nothing more and says so at once; the whole is an error."""
    one = FORMAL if format == "xml" else '{"type": "formal", "description": "Write it formally"},'
    reader = open_reader(format)
    reader.feed("<tasks>" if format == "xml" else '{"tasks": [')
    for _ in range(HARD_CEILING):
        reader.feed(one)
    assert not reader.overflowed
    assert reader.feed(one) == []
    assert reader.overflowed
    assert reader.feed(one * 10) == []
    assert len(reader.subtasks) == HARD_CEILING
    reader.feed("</tasks>" if format == "xml" else '{"type": "x", "description": "y"}]}')
    with pytest.raises(PlanError, match="ceiling") as caught:
        reader.finish()
    assert caught.value.fault == "too_many"
    assert len(caught.value.subtasks) == HARD_CEILING


def test_an_error_keeps_what_could_be_read() -> None:
    """A plan that stops in the middle gives an error with its text, its analysis and its whole subtasks."""
    text = f"<analysis>Two.</analysis><tasks>{FORMAL}<task><type>casual</type><descr"
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    assert (caught.value.fault, caught.value.raw, caught.value.analysis) == ("truncated", text, "Two.")
    assert [subtask.type for subtask in caught.value.subtasks] == ["formal"]


def test_an_error_in_json_keeps_what_could_be_read() -> None:
    """So does one that came as JSON."""
    with pytest.raises(PlanError) as caught:
        parse_plan('{"tasks": [{"type": "a", "description": "b"}, {"type": "c", "descr')
    assert caught.value.fault == "truncated"
    assert [subtask.type for subtask in caught.value.subtasks] == ["a"]


def test_parse_plan_issues_ids() -> None:
    """Subtasks of a whole plan are called s1, s2, …; those of a reader have no id yet."""
    text = f"<tasks>{FORMAL}{CASUAL}</tasks>"
    assert [subtask.id for subtask in parse_plan(text).subtasks] == ["s1", "s2"]
    reader = open_reader("xml")
    reader.feed(text)
    assert {subtask.id for subtask in (*reader.subtasks, *reader.finish().subtasks)} == {""}


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("<task><tier>fast</tier><description>x</description></task>", "fast"),
        ("<task><description>x</description><Effort> STRONG </Effort></task>", "strong"),
        ('<task tier="strong"><description>x</description></task>', "strong"),
        ('<task route="fast">x</task>', "fast"),
        ("<task><description>x</description><model>gpt-9</model></task>", None),
        ("<task><description>x</description></task>", None),
        ('{"tasks": [{"description": "x", "model": "fast"}]}', "fast"),
        ('{"tasks": [{"description": "x", "effort": "high"}]}', None),
    ],
)
def test_the_tier_is_read(text: str, tier: str | None) -> None:
    """The orchestrator may mark a subtask fast or strong; any other mark counts as none."""
    assert [subtask.tier for subtask in parse_plan(text).subtasks] == [tier]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        (f"<analysis> A &lt; B </analysis><tasks>{FORMAL}</tasks>", "A < B"),
        (f"<analysis>Open\n<tasks>{FORMAL}</tasks>", "Open"),
        (f"<analysis>a</analysis><tasks>{FORMAL}</tasks><analysis>b</analysis><tasks>{CASUAL}</tasks>", "a\n\nb"),
        (f"<think><analysis>x</analysis></think><tasks>{FORMAL}</tasks>", ""),
        ('<analysis>Two</analysis> {"tasks": ["x"]}', "Two"),
        ('{"analysis": " Two ", "plan": {"tasks": ["x"]}}', "Two"),
        ('{"analysis": "Two"}\n{"type": "a", "description": "b"}', "Two"),
        ('{"analysis": 5, "tasks": ["x"]}', ""),
        ("<analysis>Two</analysis>\nTasks:\n- a: b", "Two"),
        (json.dumps({"analysis": "Two", "tasks": f"<tasks>{FORMAL}</tasks>"}), "Two"),
        (json.dumps({"tasks": f"<analysis>In</analysis><tasks>{FORMAL}</tasks>"}), "In"),
    ],
)
def test_the_analysis_is_found(text: str, want: str) -> None:
    """The analysis belongs to the plan in whichever form it came; of several none is lost."""
    assert parse_plan(text).analysis == want


@pytest.mark.parametrize("split", ["\x1b[3", "\x1b]0;ti", "\r"])
def test_marks_of_terminals_and_line_breaks_may_be_cut(split: str) -> None:
    """A control sequence or a line break that is cut in two is still taken out, or joined."""
    reader = open_reader("xml")
    reader.feed("<analysis>a" + split)
    reader.feed({"\x1b[3": "1m", "\x1b]0;ti": "tle\x07", "\r": "\n"}[split] + "b</analysis>")
    assert reader.analysis in ("ab", "a\nb")
