"""Lays out one frame of the live view: never wider or higher than asked, whatever the texts are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from stretto.faces.shared.formatting import BYTES_PER_TOKEN, Glyphs, count, flat, money, seconds, steady, tokens
from stretto.faces.shared.part_state import GrowingText, RowState, SubtaskState, SynthesisState
from stretto.faces.shared.run_state import RunState
from stretto.faces.shared.timeline import fit

QUIET = "bright_black"
_WIDEST = 100
_MARKS = "#*->` \n"
_ANALYSIS_LINES = 6
_COLUMNS = ((64, (10, 14, 8)), (46, (0, 8, 8)), (0, (0, 0, 8)))
"""From which width on how many cells go to cost, tokens and seconds."""
_STYLES: dict[RowState, str] = {
    "waiting": QUIET,
    "running": "cyan",
    "retrying": "yellow",
    "completed": "green",
    "failed": "red",
    "skipped": "yellow",
    "superseded": QUIET,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Screen:
    """What a frame is drawn for."""

    console: Console
    width: int
    height: int
    now: float
    """Seconds of the run."""
    turn: int
    """Counts frames, so that what is at work is seen to move."""
    glyphs: Glyphs

    @property
    def spinner(self) -> str:
        """The mark of what is at work."""
        # Three frames for one step: at ten frames a second it turns calmly.
        return self.glyphs.running[self.turn // 3 % len(self.glyphs.running)]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """A subtask or the synthesis, as a line and a line below it."""

    state: RowState
    number: str
    title: str
    preview: str
    numbers: tuple[str, str, str]
    """Cost, tokens and seconds; empty where there is nothing to say yet."""


def draw(run_state: RunState, screen: Screen) -> list[Text]:
    """Return the frame's lines."""
    width = min(screen.width, _WIDEST)
    room = screen.height - 4
    rows, hidden = _choose(run_state, max(1, room - 4))
    entries = [_subtask(row, screen) for row in rows]
    if run_state.synthesis:
        entries.append(_synthesis(run_state.synthesis, screen))
    size = len(entries) + bool(hidden)
    previews = size * 2 + 4 <= room
    left = room - size * (2 if previews else 1) - 3
    lines = [Text("")]
    lines += _analysis(run_state.analysis, screen, width, min(left, _ANALYSIS_LINES))
    for entry in entries:
        lines += _entry(entry, screen, width, preview=previews)
    if hidden:
        lines.append(Text(f"    {screen.glyphs.ellipsis} {hidden} more", QUIET))
    if entries:
        lines.append(Text(""))
    if notice := run_state.notices.at(screen.now):
        lines.append(Text("  " + fit(flat(notice), width - 2, screen.glyphs.ellipsis).rstrip(), "yellow"))
    lines.append(_status(run_state, screen, width))
    return lines[-screen.height :]


def _choose(run_state: RunState, most: int) -> tuple[Sequence[SubtaskState], int]:
    """Return the rows to show and how many are left out: who is at work first, then what was finished last."""
    if len(run_state.rows) <= most:
        return list(run_state.rows.values()), 0
    most = max(1, most - 1)
    shown = [*run_state.active.values(), *reversed(run_state.recent)][:most]
    if not shown:
        shown = [row for row, _ in zip(run_state.rows.values(), range(most), strict=False)]
    return sorted(shown, key=lambda row: row.number), len(run_state.rows) - len(shown)


def _analysis(analysis: GrowingText, screen: Screen, width: int, most: int) -> Iterator[Text]:
    text = steady(analysis.tail).replace("\t", " ").strip()
    if not text or most < 1:
        return
    yield Text("  Analysis", "bold")
    shown = [line.plain.rstrip() for line in Text(text).wrap(screen.console, max(1, width - 4))[-most:]]
    for line in shown[not shown[0] :]:  # an empty line on top says nothing
        yield Text.assemble(("  " + screen.glyphs.side + " ", QUIET), line)
    yield Text("")


def _subtask(row: SubtaskState, screen: Screen) -> _Entry:
    result = row.result
    if result and result.error:
        preview = str(result.error)
    elif result:
        preview = _opening(result.text)
    elif row.state == "retrying":
        preview = f"asked again: {row.note}"
    else:
        preview = _end(row.text) or row.subtask.description[:200]
    if result:
        numbers = (money(result.cost), f"{tokens(result.usage.total_tokens)} tokens", seconds(result.seconds))
    else:
        numbers = _running_numbers(row.text, row.started, screen.now)
    if row.state in ("skipped", "superseded") and result and not result.usage.calls:
        numbers = ("", "", "")
    return _Entry(
        state=row.state, number=str(row.number), title=flat(row.subtask.type), preview=flat(preview), numbers=numbers
    )


def _synthesis(row: SynthesisState, screen: Screen) -> _Entry:
    result = row.result
    if result is None:
        numbers = _running_numbers(row.text, row.started, screen.now)
        return _Entry(state="running", number="", title="synthesis", preview=flat(_end(row.text)), numbers=numbers)
    return _Entry(
        state=result.status,
        number="",
        title="synthesis",
        preview=flat(str(result.error) if result.error else _opening(result.text)),
        numbers=(money(result.cost), f"{tokens(result.usage.total_tokens)} tokens", seconds(result.seconds)),
    )


def _end(text: GrowingText) -> str:
    """Return the line that is being written, without the marks of Markdown."""
    return text.tail.rstrip().rsplit("\n", 1)[-1][-200:].lstrip(_MARKS).replace("**", "")


def _opening(text: str) -> str:
    """Return how a text begins, without the marks of Markdown."""
    return text.lstrip(_MARKS)[:200].replace("**", "")


def _running_numbers(text: GrowingText, started: float | None, now: float) -> tuple[str, str, str]:
    guess = f"~{tokens(text.size // BYTES_PER_TOKEN)} tokens" if text.size else ""
    return "", guess, "" if started is None else seconds(max(0.0, now - started))


def _entry(entry: _Entry, screen: Screen, width: int, *, preview: bool) -> Iterator[Text]:
    style = _STYLES[entry.state]
    columns = next(cells for least, cells in _COLUMNS if width >= least)
    indent = 6
    line = Text("  ")
    line.append(_mark(entry.state, screen), style)
    line.append(f" {entry.number:>2} " if entry.number else "    ", QUIET)
    room = max(1, width - indent - 1 - sum(columns))
    line.append(fit(entry.title, room, screen.glyphs.ellipsis), QUIET if entry.state == "waiting" else "bold")
    for cells, number in zip(columns, entry.numbers, strict=True):
        if cells:
            # The narrow column has no room for the unit.
            shown = number if len(number) < cells else number.split(" ")[0]
            line.append(shown[:cells].rjust(cells), QUIET)
    yield line
    if preview:
        room = max(1, width - indent - 2)
        text = entry.preview
        growing = entry.state == "running" and entry.numbers[1] != ""
        shown = _last(text, room, screen.glyphs.ellipsis) if growing else fit(text, room, screen.glyphs.ellipsis)
        style = style if entry.state in ("failed", "retrying", "skipped") else QUIET
        yield Text(" " * (indent + 1) + shown.rstrip(), style)


def _last(text: str, cells: int, ellipsis: str) -> str:
    """Return the end of a text that is being written."""
    line = Text(text)
    if line.cell_len <= cells:
        return text
    while line.cell_len > cells - 1:
        line = line[max(1, (line.cell_len - cells) // 2) :]
    return ellipsis + line.plain


def _mark(state: RowState, screen: Screen) -> str:
    match state:
        case "running" | "retrying":
            return screen.spinner
        case "waiting":
            return screen.glyphs.waiting
        case "completed" | "failed":
            return getattr(screen.glyphs, state)
        case "skipped" | "superseded":
            return screen.glyphs.skipped


def _status(run_state: RunState, screen: Screen, width: int) -> Text:
    counts = run_state.counts
    done = counts["completed"]
    if run_state.plan is None:
        parts = ["planning"]
        parts += [f"{len(run_state.rows)} found so far"] if run_state.rows else []
    else:
        parts = [f"{done} of {count(len(run_state.plan.subtasks), 'result')}"]
        parts += ["synthesis"] if run_state.synthesis else []
    parts += [f"{len(run_state.active)} at work"] if run_state.active else []
    parts += [f"{counts['failed']} failed"] if counts["failed"] else []
    parts += [f"{tokens(run_state.usage.total_tokens)} tokens", money(run_state.cost)] if run_state.usage.calls else []
    parts.insert(0, seconds(screen.now))
    while len(parts) > 1 and cell_len(screen.glyphs.dot.join(parts)) > width - 5:
        parts.pop()  # the least telling ones come last
    text = screen.glyphs.dot.join(parts)
    return Text.assemble(
        ("  " + screen.spinner + " ", "cyan"), fit(text, max(1, width - 5), screen.glyphs.ellipsis).rstrip()
    )
