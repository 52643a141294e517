"""Large tables: bounded memory, time in proportion to the rows. Each is measured in a process of its own."""

import json
import subprocess
import sys

import pytest

MORE_MEMORY = 40
"""Megabytes that reading and writing may add to what the process has after its imports, however many rows there are."""

CODE = """
import json, resource, sys, time
from decimal import Decimal
from pathlib import Path
from stretto.batch.tables import RowResult, Variant, map_columns, open_rows, open_table, survey, write_output

source, target, form = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

def result_of(row):
    texts = [f"{number} " + "水瓶 lorem " * 20 for number in range(2)]
    made = tuple(Variant(type="short", text=text, status="completed", cost_usd=Decimal("0.001")) for text in texts)
    return RowResult(variants=made, status="complete", cost_usd=Decimal("0.003"))

before, began = memory(), time.process_time()
table = open_table(source)
columns = map_columns(table.columns, task="Describe {name}")
count = survey(table, columns).rows
with open_rows(table, columns) as rows:
    write_output(target, table.columns, rows, result_of, form=form)
again = open_table(target, only_empty=True)
found = survey(again, map_columns(again.columns, task="Describe {name}"))
print(json.dumps([count, found.rows, found.selected, memory() - before, time.process_time() - began]))
"""


def make(path, count):
    """Write a table of so many rows."""
    with path.open("w", encoding="utf-8") as file:
        file.write("sku,name,note\n")
        file.writelines(f'SKU{number},"瓶 {number}, blue","line\nbreak {"lorem " * 20}"\n' for number in range(count))
    return path


def measure(tmp_path, count, ending, form):
    """Read, write and read again in a process; return the megabytes it took more, and its seconds."""
    source, target = make(tmp_path / f"in{count}.csv", count), tmp_path / f"out{count}{ending}"
    command = [sys.executable, "-c", CODE, str(source), str(target), form]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows, found, selected, megabytes, seconds = json.loads(printed)
    assert (rows, found, selected) == (count, count, 0)
    return megabytes, seconds


@pytest.mark.parametrize(("ending", "form"), [(".csv", "long"), (".xlsx", "wide")])
def test_memory_is_bounded(tmp_path, ending, form):
    """Thousands of rows take no more than a fixed amount of memory."""
    megabytes, _ = measure(tmp_path, 10_000, ending, form)
    assert megabytes < MORE_MEMORY


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".xlsx"])
@pytest.mark.parametrize("form", ["long", "wide"])
def test_a_hundred_thousand_rows(tmp_path, ending, form):
    """A hundred thousand rows take the same memory, and five times the time of a fifth of them."""
    _, fifth = measure(tmp_path, 20_000, ending, form)
    megabytes, whole = measure(tmp_path, 100_000, ending, form)
    assert megabytes < MORE_MEMORY
    assert whole < fifth * 5 * 1.6
