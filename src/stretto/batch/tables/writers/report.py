"""A batch as one HTML page: how many rows, what they cost, what failed and why, how long the texts are, what was slow.

Only sums are kept while the rows go by, so the page is as small for a million of them.
"""

import heapq
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from pathlib import Path

from stretto.core.causes import cause_of
from stretto.core.text import for_file, replace_surrogates
from stretto.export import write_atomic

_REASONS = 50
_EXAMPLES = 5
_SLOWEST = 20
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")


@dataclass(frozen=True, kw_only=True, slots=True)
class RowSummary:
    """What a report takes of one row."""

    number: int
    """As a spreadsheet shows it."""
    name: str = ""
    """What people know it by."""
    status: str
    """complete, partial, failed or not run."""
    cost_usd: Decimal | None = None
    """None when it is not known."""
    seconds: float = 0.0
    lengths: Sequence[int] = ()
    """Of each text, in characters."""
    failures: Sequence[str] = ()
    """Why something of it is missing, one line each."""
    remarks: Sequence[str] = ()
    """What checks say about its texts, one line each."""
    remarked: int = 0
    """Texts that a check has a remark on."""
    reused: bool = False
    """Whether it was finished in an earlier run and cost nothing now."""


@dataclass(kw_only=True, slots=True)
class _Reasons:
    """Counts what is said of rows, with a few of them as examples; of many kinds only the first are kept."""

    counts: Counter[str] = field(default_factory=Counter[str])
    """By the words of the first row of each cause."""
    shown: dict[str, str] = field(default_factory=dict[str, str])
    """Those words, by what all sentences of one cause have in common."""
    examples: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    others: int = 0

    def add(self, reason: str, number: int) -> None:
        key = cause_of(reason)
        if key not in self.shown and len(self.counts) == _REASONS:
            self.others += 1
            return
        reason = self.shown.setdefault(key, " ".join(reason.split())[:300])
        self.counts[reason] += 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < _EXAMPLES and number not in examples:
            examples.append(number)

    def lines(self) -> Iterator[tuple[str, str, str]]:
        for reason, count in self.counts.most_common():
            yield reason, f"{count:,}", ", ".join(map(str, self.examples[reason]))
        if self.others:
            yield "Other reasons", f"{self.others:,}", ""


@dataclass(kw_only=True, slots=True)
class _Sums:
    statuses: Counter[str] = field(default_factory=Counter[str])
    rows: int = 0
    reused: int = 0
    cost: Decimal = Decimal(0)
    unknown_costs: int = 0
    texts: int = 0
    characters: int = 0
    lengths: Counter[int] = field(default_factory=Counter[int])
    """By the number of binary digits of the length."""
    shortest: int | None = None
    longest: int = 0
    reasons: _Reasons = field(default_factory=_Reasons)
    remarks: _Reasons = field(default_factory=_Reasons)
    remarked: int = 0
    slowest: list[tuple[float, int, str]] = field(default_factory=list[tuple[float, int, str]])

    def add(self, row: RowSummary) -> None:
        self.rows += 1
        self.statuses[row.status] += 1
        self.reused += row.reused
        self.cost += row.cost_usd or 0
        self.unknown_costs += row.cost_usd is None
        for length in row.lengths:
            self._add_length(length)
        for reason in row.failures:
            self.reasons.add(reason, row.number)
        for remark in row.remarks:  # Remarks that differ in their numbers alone are the same remark.
            self.remarks.add(_NUMBER.sub("N", remark), row.number)
        self.remarked += row.remarked
        entry = (row.seconds, -row.number, row.name)
        if len(self.slowest) < _SLOWEST:
            heapq.heappush(self.slowest, entry)
        else:
            heapq.heappushpop(self.slowest, entry)

    def _add_length(self, length: int) -> None:
        self.texts += 1
        self.characters += length
        self.lengths[length.bit_length()] += 1
        self.shortest = length if self.shortest is None else min(self.shortest, length)
        self.longest = max(self.longest, length)


def write_batch_report(
    path: Path,
    rows: Iterable[RowSummary],
    *,
    title: str,
    facts: Iterable[tuple[str, str]] = (),
    labels: Sequence[str] = (),
) -> None:
    """Write the page; what was at `path` is replaced. Raises `StrettoError` when it cannot be written.

    `facts` are names with values that the page shows beside its own, such as the recipe and the models; `labels` is
    what must stand beside the output, such as that a demo wrote it.
    """
    from stretto.export.html import render_page  # not at the top: its libraries cost time that a start need not pay

    sums = _Sums()
    for row in rows:
        sums.add(row)
    page = render_page(title, "\n".join(_parts(sums, title, facts, labels)))
    write_atomic(path, replace_surrogates(page).encode())


def _parts(sums: _Sums, title: str, facts: Iterable[tuple[str, str]], labels: Sequence[str]) -> Iterator[str]:
    yield f"<h1>{_text(title)}</h1>"
    for label in labels:
        yield f'<p class="notice"><strong>{_text(label)}</strong></p>'
    yield f"<p><strong>{sums.statuses['complete']:,} of {sums.rows:,} rows complete.</strong></p>"
    account = [("Cost", _cost(sums)), ("Taken from an earlier run", f"{sums.reused:,} rows"), *facts]
    yield "<dl>" + "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in account) + "</dl>"
    yield "<h2>Rows</h2>"
    yield _table(("Status", "Rows"), [(status, f"{count:,}") for status, count in sums.statuses.most_common()])
    if sums.reasons.counts:
        yield "<h2>Failures</h2>"
        yield _table(("Why", "How often", "Rows, for example"), sums.reasons.lines())
    if sums.remarks.counts:
        yield "<h2>Remarks</h2>"
        yield f"<p>Checks have remarks on {sums.remarked:,} of {sums.texts:,} texts, which were kept.</p>"
        yield _table(("What", "How often", "Rows, for example"), sums.remarks.lines())
    if sums.texts:
        yield "<h2>Lengths</h2>"
        span = f"{sums.shortest or 0:,} to {sums.longest:,} characters"
        yield f"<p>{sums.texts:,} texts of {span}, {sums.characters / sums.texts:,.0f} on average.</p>"
        yield _table(("Characters", "Texts", ""), _lengths(sums), markup=2)
    if sums.slowest and max(sums.slowest)[0] > 0:
        yield "<h2>Slowest rows</h2>"
        slow = sorted(sums.slowest, reverse=True)
        yield _table(("Row", "", "Seconds"), [(f"{-number}", name, f"{took:.1f}") for took, number, name in slow])


def _cost(sums: _Sums) -> str:
    if not sums.unknown_costs:
        return f"${sums.cost:.4f}"
    if sums.cost:
        return f"at least ${sums.cost:.4f}; of {sums.unknown_costs:,} rows it is not known"
    return "unknown"


def _lengths(sums: _Sums) -> Iterator[tuple[str, str, str]]:
    most = max(sums.lengths.values())
    for digits in range(min(sums.lengths), max(sums.lengths) + 1):
        count = sums.lengths[digits]
        low, high = (1 << digits >> 1, (1 << digits) - 1) if digits else (0, 0)
        bar = f'<meter min="0" max="{most}" value="{count}">{count}</meter>'
        yield f"{low:,} to {high:,}", f"{count:,}", bar


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], *, markup: int | None = None) -> str:
    """Return a table of texts; the cells of the column `markup` go in as they are."""
    head = "".join(f"<th>{_text(name)}</th>" for name in header)
    lines = (
        "".join(f"<td>{cell if place == markup else _text(cell)}</td>" for place, cell in enumerate(row))
        for row in rows
    )
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(f'<tr>{line}</tr>' for line in lines)}</tbody></table>"
    )


def _text(text: str) -> str:
    return escape(for_file(text))
