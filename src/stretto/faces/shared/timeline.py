"""The timeline of a run: when planning, each worker and the synthesis were at work, as data and drawn as bars."""

from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from stretto.faces.shared.formatting import Glyphs, flat, seconds
from stretto.faces.shared.part_state import SubtaskState
from stretto.faces.shared.run_state import RunState

MOST_ROWS = 24
"""A longer timeline shows its first and its last lines."""

_SECONDS = 8
"""Cells for a duration at the end of a line."""

BarKind = Literal["planning", "worker", "failed", "superseded", "synthesis"]

_STYLES: dict[BarKind, str] = {
    "planning": "blue",
    "worker": "cyan",
    "failed": "red",
    "superseded": "bright_black",
    "synthesis": "magenta",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One line of the timeline."""

    kind: BarKind
    label: str
    start: float
    """Seconds of the run."""
    end: float


def timeline_bars(run_state: RunState) -> tuple[Bar, ...]:
    """Return the lines of the timeline: planning, each worker that was started, synthesis."""
    now = run_state.seconds
    bars = [_worker_bar(row, row.started, now) for row in run_state.rows.values() if row.started is not None]
    if run_state.plan_ended is not None and not run_state.given:
        bars.insert(0, Bar(kind="planning", label="planning", start=0.0, end=run_state.plan_ended))
    if run_state.synthesis:
        ended = run_state.synthesis.ended
        bars.append(
            Bar(
                kind="synthesis",
                label="synthesis",
                start=run_state.synthesis.started,
                end=now if ended is None else ended,
            )
        )
    return tuple(bars)


def draw_timeline(run_state: RunState, *, width: int, glyphs: Glyphs) -> list[Text]:
    """Draw the timeline: return it as lines of at most `width` cells; none when no worker ran or there is no room."""
    bars = timeline_bars(run_state)
    total = max((bar.end for bar in bars), default=0.0)
    labels = min(max((cell_len(bar.label) for bar in bars), default=0), max(8, width // 3))
    cells = width - labels - _SECONDS - 4
    if total <= 0 or cells < 8 or all(bar.kind == "planning" for bar in bars):
        return []
    canvas = _Canvas(total=total, cells=cells, labels=labels, plan_ended=run_state.plan_ended, glyphs=glyphs)
    surplus = len(bars) - MOST_ROWS
    if surplus <= 1:
        return [canvas.line(bar) for bar in bars]
    head = MOST_ROWS // 2
    more = Text(f"  {glyphs.ellipsis} {surplus} more", style="bright_black", no_wrap=True)
    return [*map(canvas.line, bars[:head]), more, *map(canvas.line, bars[head + surplus :])]


def fit(text: str, cells: int, ellipsis: str) -> str:
    """Return text in exactly this many cells, shortened or filled up; wide characters count as two."""
    if cell_len(text) > cells:
        text = set_cell_size(text, cells - cell_len(ellipsis)).rstrip() + ellipsis
    return set_cell_size(text, cells)


def _worker_bar(row: SubtaskState, started: float, now: float) -> Bar:
    kind: BarKind = row.state if row.state == "failed" or row.state == "superseded" else "worker"
    label = f"{row.number} {flat(row.subtask.type)}"
    return Bar(kind=kind, label=label, start=started, end=now if row.ended is None else row.ended)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Canvas:
    """Where bars are drawn, in half cells."""

    total: float
    """Seconds from edge to edge."""
    cells: int
    labels: int
    """Cells before the bars."""
    plan_ended: float | None
    glyphs: Glyphs

    def line(self, bar: Bar) -> Text:
        line = Text("  " + fit(bar.label, self.labels, self.glyphs.ellipsis) + "  ", no_wrap=True)
        start = min(self._halves(bar.start), self.cells * 2 - 1)
        end = max(self._halves(bar.end), start + 1)
        # A thin line where planning ended lets the eye see who started before.
        mark = None if self.plan_ended is None or bar.kind == "planning" else self._halves(self.plan_ended) // 2
        drawn = [self._cell(cell, start, end, mark) for cell in range(self.cells)]
        first, last = start // 2, (end + 1) // 2
        line.append("".join(drawn[:first]), "bright_black")
        line.append("".join(drawn[first:last]), _STYLES[bar.kind])
        line.append("".join(drawn[last:]), "bright_black")
        line.append(seconds(bar.end - bar.start).rjust(_SECONDS), "bright_black")
        return line

    def _cell(self, cell: int, start: int, end: int, mark: int | None) -> str:
        left, right = start <= cell * 2 < end, start <= cell * 2 + 1 < end
        if left and right:
            return self.glyphs.full
        if left or right:
            return self.glyphs.half_left if left else self.glyphs.half_right
        return self.glyphs.side if cell == mark else " "

    def _halves(self, second: float) -> int:
        return round(second / self.total * self.cells * 2)
