"""Lays out rows with their results: a line for each variant, or all variants beside each other. No I/O."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Literal

from stretto.batch.tables.columns import LONG, PARTS_BY_TYPE, WIDE_PARTS, WIDE_ROW, WIDE_SYNTHESIS, free_names
from stretto.batch.tables.row_results import RowResult, Variant

Form = Literal["long", "wide"]
"""long: a line for each variant; wide: a line for each row, with columns for each variant."""

NOT_RUN = RowResult(status="not run")


def long_columns(own: Sequence[str]) -> list[str]:
    """Return the header of a long table; where a name of ours is taken, ours begins with `result_`."""
    return [*own, *free_names(LONG, own).values()]


def long_lines(result: RowResult) -> Iterator[list[object]]:
    """Yield what stands beside the row's own cells, once for each variant, or once when there is none."""
    whole: list[object] = [result.status, result.error, _number(result.cost_usd)]
    number = 0
    for variant in result.variants:
        number += not variant.synthesis
        yield [
            *("synthesis" if variant.synthesis else number, variant.type, variant.description, variant.text),
            *(variant.status, variant.error, variant.remarks, variant.model, _number(variant.cost_usd)),
            *(variant.run_id, *whole, variant.label),
        ]
    if not result.variants:
        nothing = [""] * 4
        yield [*nothing, result.status, result.error, "", "", None, result.run_id, *whole, result.label]


def wide_columns(own: Sequence[str], variants: int | Sequence[str], *, synthesis: bool) -> list[str]:
    """Return the header of a wide table for rows of at most so many variants, or of variants of these types."""
    if isinstance(variants, int):
        parts = [f"variant_{number}_{part}" for number in range(1, variants + 1) for part in WIDE_PARTS]
    else:
        parts = [f"{kind}_{part}" for kind in variants for part in PARTS_BY_TYPE]
    names = [*parts, *(WIDE_SYNTHESIS if synthesis else ()), *WIDE_ROW]
    return [*own, *free_names(names, own).values()]


def types_of(result: RowResult) -> dict[str, Variant]:
    """Return a row's variants by type; where a type comes again, the later ones have a number."""
    found: dict[str, Variant] = {}
    for variant in result.variants:
        if not variant.synthesis:
            kind, number = variant.type or "text", 1
            while (name := kind if number == 1 else f"{kind}_{number}") in found:
                number += 1
            found[name] = variant
    return found


def wide_line(result: RowResult, variants: int | Sequence[str], *, synthesis: bool) -> list[object]:
    """Return what stands beside the row's own cells."""
    if isinstance(variants, int):
        workers = [variant for variant in result.variants if not variant.synthesis]
        cells: list[object] = []
        for variant in workers:
            cells += [variant.type, variant.description, variant.text, variant.status]
        cells += [""] * (len(WIDE_PARTS) * (variants - len(workers)))
    else:
        by_type = types_of(result)
        workers = [by_type.get(kind, Variant()) for kind in variants]
        cells = [part for variant in workers for part in (variant.text, variant.status, variant.description)]
    if synthesis:
        made = next((variant for variant in result.variants if variant.synthesis), Variant())
        cells += [made.text, made.status]
    error = result.error or "; ".join(dict.fromkeys(variant.error for variant in result.variants if variant.error))
    run_id = _joined(result, lambda variant: variant.run_id) or result.run_id
    label = _joined(result, lambda variant: variant.label) or result.label
    model = _joined(result, lambda variant: variant.model)
    return [*cells, result.status, error, _remarks(workers), model, _number(result.cost_usd), run_id, label]


def _remarks(workers: Sequence[Variant]) -> str:
    """Return all remarks, one a line, each with the number of its variant: a remark may have any mark in it."""
    lines = ((number, line) for number, variant in enumerate(workers, 1) for line in variant.remarks.splitlines())
    return "\n".join(f"variant {number}: {line}" for number, line in lines)


def _joined(result: RowResult, part: Callable[[Variant], str]) -> str:
    """Return short names that several variants share, each once."""
    pieces = [piece for variant in result.variants for piece in part(variant).split("; ") if piece]
    return "; ".join(dict.fromkeys(pieces))


def _number(cost: Decimal | None) -> float | None:
    return None if cost is None else float(cost)
