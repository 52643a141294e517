"""Compares stretto with its peers and writes docs/performance.md: `make bench`, `make bench-full`."""

import argparse
import json
import platform
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.batch_rows import measure_batches
from benchmarks.contenders import (
    EARLY_LOOP,
    GATHER,
    LANGGRAPH,
    NOTEBOOK,
    PEER_CONTENDERS,
    PYDANTIC_AI,
    ROOT,
    STRETTO_ANALYSIS_LAST,
    STRETTO_HEDGED,
    Contender,
    stretto,
)
from benchmarks.cpu import measure_cpu
from benchmarks.memory import measure_memory
from benchmarks.reader_growth import measure_reader
from benchmarks.report import write_report
from benchmarks.startup import measure_startup
from benchmarks.wall_time import Comparison, compare
from benchmarks.workload import Workload
from tests.journal.servers import postgres, schema_url

RESULTS = ROOT / "benchmarks" / "results"


def _comparisons(journals: Sequence[Contender], *, full: bool) -> list[Comparison]:
    """Return the wall-time comparisons: those of `make bench`, or the whole grid."""
    everybody = (stretto(), *PEER_CONTENDERS)
    fast = (stretto(), EARLY_LOOP, GATHER, PYDANTIC_AI, LANGGRAPH)
    small = Comparison(
        workload=Workload(subtasks=3),
        limit=None,
        contenders=(*journals, STRETTO_ANALYSIS_LAST, *everybody, NOTEBOOK),
        turns=3,
    )
    hanging = Comparison(
        workload=Workload(subtasks=50, lengths="long_tailed", hanging=25, speed=1.0 if full else 4.0),
        limit=None,
        contenders=(stretto(), STRETTO_HEDGED),
        turns=3 if full else 1,
    )
    if not full:
        return [
            small,
            Comparison(workload=Workload(subtasks=10), limit=None, contenders=everybody, turns=2),
            Comparison(workload=Workload(subtasks=50), limit=10, contenders=fast, turns=1),
            hanging,
        ]
    grid = [
        Comparison(
            workload=Workload(subtasks=subtasks, lengths=lengths),
            limit=limit,
            contenders=(*journals, STRETTO_ANALYSIS_LAST, *everybody),
            turns=5,
        )
        for subtasks in (3, 10, 50)
        for lengths in ("even", "long_tailed")
        for limit in (None, 10)
        if limit is None or limit < subtasks
    ]
    return [small, *grid, hanging]


def measure(*, full: bool) -> dict[str, Any]:
    """Return all figures."""
    turns = 7 if full else 3
    with tempfile.TemporaryDirectory() as folder, postgres() as server:
        journals = (stretto("SQLite", f"{folder}/journal.db"), stretto("Postgres", schema_url(server)))
        wall = [_said(compare, comparison) for comparison in _comparisons(journals, full=full)]
    return {
        "about": _about(full=full),
        "wall_time": wall,
        "cpu": _said(measure_cpu, turns),
        "memory": _said(measure_memory),
        "startup": _said(measure_startup, turns),
        "reader": _said(measure_reader),
        "batch": _said(measure_batches, (200, 2_000, 10_000) if full else (200, 2_000)),
    }


def _said(measure_one: Callable[..., Any], *arguments: Any) -> Any:
    """Say what is measured now, and measure it."""
    titles = [one.title for one in arguments if isinstance(one, Comparison)]
    print(f"{datetime.now(UTC):%H:%M:%S}", measure_one.__name__, *titles, flush=True)
    return measure_one(*arguments)


def _about(*, full: bool) -> dict[str, str]:
    return {
        "command": "make bench-full" if full else "make bench",
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "pydantic-ai": version("pydantic-ai-slim"),
        "openai": version("openai"),
    }


def main() -> None:
    """Measure, keep the figures as JSON, write the page; or write it again from figures that were kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the whole grid, without a limit of time")
    parser.add_argument("--report", type=Path, help="write the page from this file of figures and measure nothing")
    options = parser.parse_args()
    path: Path = options.report or RESULTS / ("full.json" if options.full else "short.json")
    if not options.report:
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(measure(full=options.full), indent=1) + "\n")
    write_report(json.loads(path.read_text()), ROOT / "docs")


if __name__ == "__main__":
    main()
