"""A report as Markdown. No I/O."""

from collections.abc import Iterator

from stretto.core.result import WorkerResult
from stretto.core.text import strip_control
from stretto.export.report import Report, account, headline, missing, remarks


def to_markdown(report: Report) -> str:
    """Return the report as one Markdown page; the variants' texts go in as the models wrote them."""
    return strip_control("\n\n".join(_blocks(report)) + "\n")


def _blocks(report: Report) -> Iterator[str]:
    result = report.result
    yield "# Result"
    for label in report.labels:
        yield f"> **{label}**"
    yield _quote(report.task.text)
    yield f"**{headline(result)}**"
    if notes := [f"Missing: {line}" for line in missing(result)] + [f"Note: {line}" for line in result.warnings]:
        yield _list(notes)
    yield _list([f"{name}: {value}" for name, value in account(report)])
    if result.analysis:
        yield "## Analysis"
        yield result.analysis.strip()
    for number, item in enumerate(result.results, 1):
        yield from _variant(number, item)
    if synthesis := result.synthesis:
        yield f"## Synthesis ({synthesis.strategy})"
        yield synthesis.text.strip() or f"*No synthesis: {synthesis.error or synthesis.status}*"


def _variant(number: int, item: WorkerResult) -> Iterator[str]:
    done = item.status == "completed"
    yield f"## {number}. {_line(item.type)}" + ("" if done else f" ({item.status})")
    yield f"*{_line(item.description)}*"
    yield item.text.strip() if done else f"*No text: {item.error or item.status}*"
    if said := remarks(item):
        yield _list([f"Check this: {remark}" for remark in said])


def _quote(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def _list(lines: list[str]) -> str:
    return "\n".join(f"- {_line(line)}" for line in lines)


def _line(text: str) -> str:
    return " ".join(text.split())
