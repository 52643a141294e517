"""Reads what an earlier output has of each row: rows that belong together in a long table, columns in a wide one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from stretto.batch.tables.columns import REMARK, Earlier
from stretto.batch.tables.readers.raw_rows import RawRow
from stretto.batch.tables.row_results import RowResult, Variant
from stretto.batch.tables.table import Table
from stretto.export import unguard


class Grouped(NamedTuple):
    """A row of the table that the earlier output was made of."""

    number: int
    cells: Sequence[object]
    shown: Sequence[str]
    earlier: RowResult | None


def group_rows(table: Table) -> Iterator[Grouped]:
    """Yield a table's rows; of an earlier output once each, with what it has of them."""
    if table.earlier is None:
        for row in table.read():
            yield Grouped(row.number, row.cells, row.shown, None)
        return
    own = [table.all_columns.index(name) for name in table.columns]
    rows = (_unguarded(row) for row in table.read()) if table.path.suffix.lower() in (".csv", ".tsv") else table.read()
    yield from _groups(rows, table.earlier, own, table.all_columns)


def _groups(rows: Iterator[RawRow], earlier: Earlier, own: Sequence[int], names: Sequence[str]) -> Iterator[Grouped]:
    group: Grouped | None = None
    lines: list[Mapping[str, str]] = []
    for line in rows:
        cells, shown = line.cells, line.shown
        values = dict(zip(names, shown, strict=True))
        fields = {name: values[column] for name, column in (earlier.long or earlier.row).items()}
        if earlier.wide:
            fields |= {f"{part}_{place}": values[column] for (place, part), column in earlier.wide.items()}
        for kind, parts in earlier.by_type.items():
            fields |= {f"{part}_{kind}": values[column] for part, column in parts.items()}
        row = Grouped(line.number, [cells[place] for place in own], [shown[place] for place in own], None)
        if group and not (group.shown == row.shown and _continues(lines[-1], fields)):
            yield group._replace(earlier=_result(lines, earlier))
            group = None
        if group is None:
            group, lines = row, []
        lines.append(fields)
    if group:
        yield group._replace(earlier=_result(lines, earlier))


def _continues(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether a line of a long table is the next one about the same row."""
    last, this = before.get("variant", ""), now.get("variant", "")
    if not last.isdecimal():
        return False
    return this == "synthesis" or (this.isdecimal() and int(this) == int(last) + 1)


def _result(lines: Sequence[Mapping[str, str]], earlier: Earlier) -> RowResult | None:
    first = lines[0]
    if earlier.wide or earlier.by_type:
        remarks = _remarks(first.get("remarks", ""))
        places = [str(place) for place in sorted({place for place, _ in earlier.wide})] or list(earlier.by_type)
        variants = [
            _variant({**first, **_parts(first, place), "cost_usd": "", "remarks": remarks.get(number, "")})
            for number, place in enumerate(places, 1)
        ]
        if earlier.by_type:
            variants = [replace(each, type=place) for each, place in zip(variants, places, strict=True)]
        if first.get("synthesis_text") or first.get("synthesis_status"):
            whole = {"text": first.get("synthesis_text", ""), "status": first.get("synthesis_status", "")}
            variants.append(_variant({**first, **whole, "cost_usd": "", "remarks": "", "variant": "synthesis"}))
        status, error, cost = (first.get(name, "") for name in ("status", "error", "cost_usd"))
    else:
        variants = [_variant(line) for line in lines]
        status, error, cost = (first.get(name, "") for name in ("row_status", "row_error", "row_cost_usd"))
    named_by_type = bool(earlier.by_type)
    kept = tuple(
        each for each in variants if each.text.strip() or each.description or (each.type and not named_by_type)
    )
    if not kept and not status:
        return None
    return RowResult(
        variants=kept,
        status=status,
        error=error,
        cost_usd=_money(cost),
        run_id=first.get("run_id", ""),
        label=first.get("label", ""),
    )


def _remarks(cell: str) -> dict[int, str]:
    """Return the remarks of each variant that the cell of a wide table has; in older ones they are nobody's."""
    found: dict[int, list[str]] = {}
    for line in cell.splitlines():
        match = REMARK.fullmatch(line)
        found.setdefault(int(match[1]) if match else 1, []).append(match[2] if match else line)
    return {number: "\n".join(lines) for number, lines in found.items()}


def _parts(line: Mapping[str, str], place: str) -> dict[str, str]:
    return {part: line.get(f"{part}_{place}", "") for part in ("type", "description", "text", "status")}


def _variant(line: Mapping[str, str]) -> Variant:
    return Variant(
        type=line.get("type", ""),
        description=line.get("description", ""),
        text=line.get("text", ""),
        status=line.get("status", ""),
        error=line.get("error", ""),
        remarks=line.get("remarks", ""),
        model=line.get("model", ""),
        cost_usd=_money(line.get("cost_usd", "")),
        run_id=line.get("run_id", ""),
        label=line.get("label", ""),
        synthesis=line.get("variant") == "synthesis",
    )


def _money(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _unguarded(row: RawRow) -> RawRow:
    shown = [unguard(text) for text in row.shown]
    return RawRow(row.number, shown, shown)
