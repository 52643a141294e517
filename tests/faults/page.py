"""Writes the table of faults into docs/reliability.md, between its markers: python -m tests.faults.page [--check]."""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from stretto.core.models import Role
from tests.faults.table import ENTRIES, PLANS, ROWS, Course, Row

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
_MARKED = re.compile(r"(?P<begin><!-- faults -->\n).*?(?P<end><!-- end -->)", re.DOTALL)
_WHO: dict[Role, str] = {"worker": "a worker", "orchestrator": "the orchestrator", "synthesis": "the synthesis"}
_HEADINGS: dict[Course, str] = {
    "again": "Asked again, three times at most",
    "busy": "Asked again as fast as the model allows, eight times at most",
    "once": "Asked once: the same call would only fail again",
    "stops_model": "No further call to the model",
    "stops_account": "No further call to the account",
    "parked": "No further call before the time that the provider named",
    "adapted": "Asked again at once in a form that the server takes, and from then on",
    "counts": "Not a fault: the answer counts",
}


def tables() -> str:
    """Return everything that stands between the markers."""
    protocols = sum(len(row.spoken) for row in ROWS)
    parts = [f"{len(ROWS)} rows, played in {protocols} tests.\n"]
    for heading, faults in groups().items():
        parts += [f"### {heading}\n", _outcome(faults[0]), _faults(faults)]
    return "\n".join([*parts, "### What a plan can be, and what looks like one\n", _plans()])


def groups() -> dict[str, list[list[Row]]]:
    """Return the rows of each fault, by what comes of it."""
    groups: dict[str, list[list[Row]]] = {}
    for course, heading in _HEADINGS.items():
        for entries in ENTRIES.values():
            for entry in entries:
                if entry.course == course:
                    reached = f"{heading}, when nobody is there" if entry.place else heading
                    groups.setdefault(reached, []).append(list(entry.rows()))
    return groups


def _outcome(rows: Sequence[Row]) -> str:
    """Return what the first fault of a group does to each role; it is the same for all of them."""
    lines = ["| Befalls | Calls for the answer | Events | The run ends | To go on | If it happens only once |"]
    lines.append("|---|---|---|---|---|---|")
    for role, who in _WHO.items():
        lasting = next((row for row in rows if row.role == role and (row.resent or row.times is None)), None)
        if lasting is None:
            continue
        once = next((row for row in rows if row.role == role and row.times == 1 and not row.resent), None)
        after = f"{_end(once)}, {once.calls} calls" if once else "-" if lasting.place else "the same"
        lines.append(f"| {who} | {lasting.calls} | {_events(lasting)} | {_end(lasting)} | {_next(lasting)} | {after} |")
    return "\n".join(lines) + "\n"


def _faults(faults: Sequence[Sequence[Row]]) -> str:
    failing = any(row.kind for rows in faults for row in rows)
    lines = ["| Fault | Failure | Advice |", "|---|---|---|"] if failing else ["| Fault |", "|---|"]
    for rows in faults:
        kinds = dict.fromkeys(kind for row in rows for name in row.spoken if (kind := row.kind_at(name)))
        says = next((row.says for row in rows if row.says), "-")
        only = _only(rows)
        cells = [rows[0].fault + only, ", ".join(f"`{kind}`" for kind in kinds), says] if failing else [rows[0].fault]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _only(rows: Sequence[Row]) -> str:
    notes: list[str] = []
    if rows[0].protocols != ROWS[0].protocols:
        notes.append(" and ".join(rows[0].protocols))
    continued = next((row for row in rows if row.otherwise and row.times is None), None)
    if continued:
        notes.append(f"a plan's rest is asked for once, then the run is {_end(continued)}")
    return f" ({'; '.join(notes)})" if notes else ""


def _plans() -> str:
    lines = [
        "| What | Calls | Subtasks in the result | Events | The run ends | What is printed | To go on |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in PLANS:
        often = ", once" if row.times == 1 else ""
        mode = "" if row.role == "orchestrator" else f", {'streamed' if row.streamed else 'whole'}"
        cells = (f"{row.fault}{often}{mode}", row.calls, row.results, _events(row), _end(row), row.says, _next(row))
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def _end(row: Row) -> str:
    return f"`{row.status}`, exit code {row.exit_code}"


def _next(row: Row) -> str:
    return f"`{row.next_step}`" if row.next_step else "-"


def _events(row: Row) -> str:
    return ", ".join(_times(row)) or "none"


def _times(row: Row) -> Iterator[str]:
    for event in row.events:
        many = row.calls - 1 if event in ("plan_retrying", "worker_retrying") else 1
        yield f"`{event}`" + (f" × {many}" if many > 1 else "")


def generate(page: str) -> str:
    """Return the page with the table filled anew."""
    return _MARKED.sub(lambda place: f"{place['begin']}{tables()}{place['end']}", page)


def main() -> int:
    """Write the page, or say whether it has to be written."""
    before = PAGE.read_text(encoding="utf-8")
    after = generate(before)
    if before == after:
        return 0
    if "--check" in sys.argv:
        print("docs/reliability.md is not what the table says. Run: python -m tests.faults.page", file=sys.stderr)
        return 1
    PAGE.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
