"""The identity of a row: the same row is never paid for twice, and a changed one is run again."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from stretto.core.errors import InputError
from stretto.core.task import EMPTY
from stretto.recipes import Recipe


def content_hash(values: Mapping[str, str]) -> str:
    """Return the hash of what models see of a row; the order of its columns does not count."""
    return _digest(sorted(values.items()))


def work_key(*, recipe: Recipe, task: str, models: Mapping[str, str], settings: Mapping[str, object] = EMPTY) -> str:
    """Return a key of what is done with every row: the recipe's content, the task's template, the models by role.

    `settings` is what else shapes a result, as JSON-ready data. A recipe's name and place do not count.
    """
    prompts = [recipe.templates, recipe.subtasks, recipe.max_subtasks, recipe.plan_format, recipe.language]
    if recipe.analysis != "first":  # Not always: what was made before there was such a thing is to be known again.
        prompts.append(recipe.analysis)
    limits = [list(recipe.checks), dict(recipe.max_output_tokens)]
    return _digest([prompts, limits, task, dict(models), dict(settings)])


def cell_key(work: str, *, row_hash: str, occurrence: int = 0, row_id: str | None = None) -> str:
    """Return the key of a row's results, the same in every run and process.

    `work` comes from `work_key`. With a `row_id` the row is known by it, otherwise by its content and occurrence.
    """
    return _digest([work, row_hash, row_id] if row_id is not None else [work, row_hash, occurrence])


def _digest(data: object) -> str:
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class SeenRows:
    """Counts identical rows and finds ids that come twice, in bounded memory: they are on the disk."""

    def __init__(self, path: Path, id_column: str | None) -> None:
        self._path = path
        self._id_column = id_column
        # An empty name is a file of its own, beside SQLite's small cache, that goes when it is closed.
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE seen (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID")

    def occurrence(self, row_hash: str) -> int:
        """Return how many rows with this content came before."""
        count = "INSERT INTO seen VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET number = number + 1 RETURNING number"
        return cast("int", self._database.execute(count, (row_hash,)).fetchone()[0]) - 1

    def note_id(self, row_id: str, number: int) -> None:
        """Note the id of a row; raises `InputError` when it is empty or another row has it."""
        if not row_id:
            raise InputError(
                f"Row {number} of {self._path} has nothing in its id column {self._id_column!r}.",
                hint="Fill it in, or leave --id-column out.",
            )
        insert = "INSERT INTO seen VALUES (?, ?) ON CONFLICT (name) DO NOTHING"
        if not self._database.execute(insert, (row_id, number)).rowcount:
            first = self._database.execute("SELECT number FROM seen WHERE name = ?", (row_id,)).fetchone()[0]
            raise InputError(
                f"Rows {first} and {number} of {self._path} have the same {self._id_column}, {row_id[:80]!r}.",
                hint="Each row needs an id of its own.",
            )

    def close(self) -> None:
        """Give the room back."""
        self._database.close()
