"""Writes docs/performance.md and its plots from the figures that were kept."""

import re
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pygal
from pygal.style import CleanStyle

_MARKS = re.compile(r"(<!-- figures -->\n).*?(<!-- end -->)", re.DOTALL)
Figures = Mapping[str, Any]


def write_report(figures: Figures, docs: Path) -> None:
    """Write the tables between the page's marks, and the plots beside it."""
    plots = docs / "performance"
    plots.mkdir(exist_ok=True)
    parts = [_about(figures["about"])]
    for number, comparison in enumerate(figures["wall_time"], 1):
        parts.append(_wall_table(comparison))
        name = f"wall_time_{number}.svg"
        _wall_plot(comparison, plots / name)
        parts.append(f"![Seconds of each contender, {comparison['title']}](performance/{name})")
    parts += [_cpu(figures["cpu"]), _memory(figures["memory"]), _startup(figures["startup"])]
    parts += [_reader(figures["reader"]), _batch(figures["batch"])]
    page = docs / "performance.md"
    text = "\n\n".join(parts)
    page.write_text(_MARKS.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page.read_text()))


def _about(about: Mapping[str, str]) -> str:
    return (
        f"Printed by `{about['command']}` on {about['day']}: Python {about['python']}, {about['machine']}, "
        f"pydantic-ai {about['pydantic-ai']}, openai {about['openai']}."
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _spread(values: Sequence[float], digits: int = 3) -> str:
    """Return the median, with the least and the most where there are several."""
    middle = f"{statistics.median(values):.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def _wall_table(comparison: Figures) -> str:
    early = comparison["early_bound"]
    rows = [
        [
            name,
            _spread([run["wall"] for run in runs], 2),
            _spread([run["wall"] / early for run in runs]),
            _spread([run["first"] for run in runs], 2),
            f"{runs[0]['calls']}",
        ]
        for name, runs in _fastest_first(comparison)
    ]
    rows += [[name, f"not run: {reason}", "", "", ""] for name, reason in comparison["absent"].items()]
    heads = ["", "seconds", "over the early-start bound", "first finished text, s", "calls"]
    bounds = f"Bounds: {early:.2f} s with early start, {comparison['barrier_bound']:.2f} s for who waits for the plan."
    return f"### {comparison['title']}\n\n{bounds}\n\n{_table(heads, rows)}"


def _fastest_first(comparison: Figures) -> list[tuple[str, list[dict[str, float]]]]:
    return sorted(comparison["runs"].items(), key=lambda item: statistics.median(run["wall"] for run in item[1]))


def _wall_plot(comparison: Figures, path: Path) -> None:
    chart = pygal.HorizontalBar(
        style=CleanStyle, js=(), width=800, height=420, show_legend=True, legend_at_bottom=True, no_prefix=True
    )
    chart.title = comparison["title"]
    chart.x_title = "seconds"
    ordered = _fastest_first(comparison)[::-1]
    chart.x_labels = [name for name, _ in ordered]
    for label, key in (("whole result", "wall"), ("first finished text", "first")):
        chart.add(label, [round(statistics.median(run[key] for run in runs), 2) for _, runs in ordered])
    path.write_bytes(chart.render())


def _cpu(cpu: Figures) -> str:
    rows = []
    for name, spent in cpu["called"].items():
        token = [1000 * value / cpu["events"] for value in cpu["streamed"][name]]
        rows.append([name, _spread(spent, 2), _spread(token, 0)])
    heads = ["", "ms of CPU a call, unwatched", "µs of CPU a streamed event, watched"]
    return f"### CPU\n\n{_table(heads, rows)}"


def _memory(memory: Figures) -> str:
    rows = [
        [name, f"{one['peak']:.0f}", f"{1024 * (one['peak'] - one['before']) / one['calls']:.0f}"]
        for name, one in memory.items()
    ]
    calls = next(iter(memory.values()))["calls"]
    heads = [f"{calls:,} calls in flight", "peak, MB", "kB a call, above what is there before the first"]
    return f"### Memory\n\n{_table(heads, rows)}"


def _startup(startup: Figures) -> str:
    rows = [[f"`{name}`", _spread([1000 * value for value in values], 0)] for name, values in startup.items()]
    return f"### Start-up\n\n{_table(['', 'ms'], rows)}"


def _reader(reader: Sequence[Figures]) -> str:
    rows = [
        [f"{one['characters']:,}", f"{one['seconds']:.3f}", f"{1e6 * one['seconds'] / one['characters']:.3f}"]
        for one in reader
    ]
    heads = ["characters of a plan, streamed", "CPU seconds", "µs a character"]
    return f"### The plan reader\n\n{_table(heads, rows)}"


def _batch(batch: Sequence[Figures]) -> str:
    rows = [[f"{one['rows']:,}", f"{one['rows'] / one['seconds']:.1f}", f"{one['peak']:.0f}"] for one in batch]
    heads = ["rows of a batch, four calls each", "rows a second", "peak memory, MB"]
    return (
        f"### Batch\n\nThe provider answers at once here, so what is measured is our own work.\n\n{_table(heads, rows)}"
    )
