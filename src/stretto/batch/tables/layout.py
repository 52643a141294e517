"""Lays out rows with their results: a line for each variant, or all variants beside each other. No I/O."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Literal

from stretto.batch.tables.columns import LONG, WIDE_PARTS, WIDE_ROW, WIDE_SYNTHESIS, free_names
from stretto.batch.tables.results import RowResult, Variant

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


def wide_columns(own: Sequence[str], variants: int, *, synthesis: bool) -> list[str]:
    """Return the header of a wide table for rows of at most so many variants."""
    numbered = [f"variant_{number}_{part}" for number in range(1, variants + 1) for part in WIDE_PARTS]
    names = [*numbered, *(WIDE_SYNTHESIS if synthesis else ()), *WIDE_ROW]
    return [*own, *free_names(names, own).values()]


def wide_line(result: RowResult, variants: int, *, synthesis: bool) -> list[object]:
    """Return what stands beside the row's own cells."""
    workers = [variant for variant in result.variants if not variant.synthesis]
    cells: list[object] = []
    for variant in workers:
        cells += [variant.type, variant.description, variant.text, variant.status]
    cells += [""] * (len(WIDE_PARTS) * (variants - len(workers)))
    if synthesis:
        made = next((variant for variant in result.variants if variant.synthesis), Variant())
        cells += [made.text, made.status]
    error = result.error or _joined(result, lambda variant: variant.error)
    run_id = _joined(result, lambda variant: variant.run_id) or result.run_id
    label = _joined(result, lambda variant: variant.label) or result.label
    remarks = _joined(result, lambda variant: variant.remarks)
    model = _joined(result, lambda variant: variant.model)
    return [*cells, result.status, error, remarks, model, _number(result.cost_usd), run_id, label]


def _joined(result: RowResult, part: Callable[[Variant], str]) -> str:
    said = [piece for variant in result.variants for piece in part(variant).split("; ") if piece]
    return "; ".join(dict.fromkeys(said))


def _number(cost: Decimal | None) -> float | None:
    return None if cost is None else float(cost)
