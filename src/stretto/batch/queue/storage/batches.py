"""The SQL about whole batches: opens, closes and counts them."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from stretto.batch.queue.batch_state import BatchState, Limits, QueuedBatch
from stretto.batch.queue.procrastinate_app import TASK
from stretto.batch.queue.storage.heartbeats import live_workers
from stretto.batch.queue.storage.serialization import failure_from_bytes, work_from_bytes
from stretto.batch.rows.row_job import Work
from stretto.core.causes import cause_of
from stretto.core.result import Failure, RunStatus
from stretto.core.usage import Cost
from stretto.journal.serialization import dump, parse

_REASONS = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """How the rows of a batch are written out."""

    columns: tuple[str, ...]
    delimiter: str
    types: tuple[str, ...] = ()
    """By which a wide output names its columns."""


async def open_batch(
    connection: AsyncConnection, batch_id: str, *, title: str, total: int, work: Work, form: Form, limits: Limits
) -> None:
    """Insert a batch, or open it again: its limits are the new ones, and what stopped it is cleared."""
    await connection.execute(
        """
        INSERT INTO stretto_batches
            (batch_id, state, title, total, work, form, concurrency, deadline_at, usd, tokens)
        VALUES (%(id)s, 'open', %(title)s, %(total)s, %(work)s, %(form)s, %(concurrency)s,
            now() + make_interval(secs => %(deadline)s), %(usd)s, %(tokens)s)
        ON CONFLICT (batch_id) DO UPDATE SET
            opened_at = now(), state = 'open', stopped = NULL, filled = false, title = excluded.title,
            work = excluded.work, concurrency = excluded.concurrency, deadline_at = excluded.deadline_at,
            usd = excluded.usd, tokens = excluded.tokens
        """,
        {
            "id": batch_id,
            "title": title,
            "total": total,
            "work": dump(work.to_dict()),
            "form": dump({"columns": list(form.columns), "delimiter": form.delimiter, "types": list(form.types)}),
            "concurrency": limits.concurrency,
            "deadline": limits.deadline,
            "usd": limits.usd,
            "tokens": limits.tokens,
        },
    )


async def mark_filled(connection: AsyncConnection, batch_id: str) -> None:
    """Record that every row of a batch is in the queue."""
    await connection.execute("UPDATE stretto_batches SET filled = true WHERE batch_id = %s", [batch_id])


async def read_output(connection: AsyncConnection, batch_id: str) -> tuple[Form, Work]:
    """Return how the rows of a batch are written out, and what was done with them."""
    cursor = await connection.execute("SELECT form, work FROM stretto_batches WHERE batch_id = %s", [batch_id])
    row = await cursor.fetchone()
    assert row
    data: Any = parse(row[0])
    form = Form(columns=tuple(data["columns"]), delimiter=data["delimiter"], types=tuple(data.get("types", ())))
    return form, work_from_bytes(row[1])


async def close_batch(
    connection: AsyncConnection, batch_id: str, state: Literal["stopped", "cancelled"], why: Failure | None
) -> None:
    """Begin no further row of a batch. What a person decided stands."""
    await connection.execute(
        """
        UPDATE stretto_batches SET state = %s, stopped = %s
        WHERE batch_id = %s AND state IN ('open', %s)
        """,
        [state, dump(why) if why else None, batch_id, "stopped" if state == "cancelled" else "open"],
    )
    # In one statement, on procrastinate's own table: cancelling a hundred thousand jobs one by one takes minutes.
    await connection.execute(
        "DELETE FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo' AND args ->> 'batch' = %s",
        [TASK, batch_id],
    )


async def read_batch(connection: AsyncConnection, batch_id: str) -> QueuedBatch | None:
    """Return the state of a batch; None when there is none."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "SELECT *, extract(epoch FROM now() - opened_at) AS elapsed FROM stretto_batches WHERE batch_id = %s",
        [batch_id],
    )
    batch = await cursor.fetchone()
    if batch is None:
        return None
    state: BatchState = batch["state"]
    # Before the rows are counted: a row has its end before its job goes, so that the last count misses none.
    waiting, at_work = await _count_jobs(connection, batch_id)
    statuses: Counter[RunStatus] = Counter()
    reused = texts = calls = remarked = retryable = unfit = 0
    cost = Cost()
    for row in await _count_rows(connection, batch_id, batch["opened_at"]):
        statuses[row["status"]] += row["rows"]
        reused += row["reused"]
        texts += row["texts"]
        calls += row["calls"]
        remarked += row["remarked"]
        retryable += row["retryable"]
        unfit += row["unfit"]
        cost += Cost(usd=row["usd"], complete=not row["unpriced"])
    return QueuedBatch(
        batch_id=batch_id,
        title=batch["title"],
        state=state,
        stopped=failure_from_bytes(batch["stopped"]) if batch["stopped"] else None,
        opened_at=batch["opened_at"],
        elapsed=float(batch["elapsed"]),
        total=batch["total"],
        filled=batch["filled"],
        statuses=statuses,
        reused=reused,
        waiting=waiting,
        at_work=at_work,
        workers=len(await live_workers(connection)),
        texts=texts,
        calls=calls,
        remarked=remarked,
        retryable=retryable,
        unfit=unfit,
        cost=cost,
        reasons=await _count_reasons(connection, batch_id),
    )


async def read_latest(connection: AsyncConnection, limit: int) -> list[QueuedBatch]:
    """Return the latest batches, newest first."""
    cursor = await connection.execute(
        "SELECT batch_id FROM stretto_batches ORDER BY opened_at DESC, batch_id LIMIT %s", [limit]
    )
    found = [await read_batch(connection, row[0]) for row in await cursor.fetchall()]
    return [each for each in found if each]


async def cancelled_batches(connection: AsyncConnection, batch_ids: list[str]) -> list[str]:
    """Return those batches that a person cancelled."""
    cursor = await connection.execute(
        "SELECT batch_id FROM stretto_batches WHERE batch_id = ANY (%s) AND state = 'cancelled'", [batch_ids]
    )
    return [row[0] for row in await cursor.fetchall()]


async def _count_rows(connection: AsyncConnection, batch_id: str, since: object) -> list[dict[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        """
        SELECT status, count(*) AS rows, coalesce(sum(texts), 0)::bigint AS texts,
            coalesce(sum(calls), 0)::bigint AS calls, coalesce(sum(remarked), 0)::bigint AS remarked,
            count(*) FILTER (WHERE retryable AND status <> 'complete') AS retryable,
            count(*) FILTER (WHERE run_id = '' AND status = 'failed') AS unfit, coalesce(sum(usd), 0) AS usd,
            count(*) FILTER (WHERE usd IS NULL) AS unpriced,
            count(*) FILTER (WHERE reused OR ended_at < %s) AS reused
        FROM stretto_batch_rows WHERE batch_id = %s AND status IS NOT NULL AND status <> 'kept' GROUP BY status
        """,
        [since, batch_id],
    )
    return await cursor.fetchall()


async def _count_jobs(connection: AsyncConnection, batch_id: str) -> tuple[bool, int]:
    """Return whether rows wait, and how many are under way, as of one moment."""
    cursor = await connection.execute(
        """
        SELECT EXISTS (SELECT FROM procrastinate_jobs
                WHERE status = 'todo' AND task_name = %(task)s AND args ->> 'batch' = %(batch)s),
            (SELECT count(*) FROM procrastinate_jobs
                WHERE status = 'doing' AND task_name = %(task)s AND args ->> 'batch' = %(batch)s)
        """,
        {"task": TASK, "batch": batch_id},
    )
    row = await cursor.fetchone()
    assert row
    return row[0], row[1]


async def _count_reasons(connection: AsyncConnection, batch_id: str) -> Counter[str]:
    cursor = await connection.execute(
        """
        SELECT reason, count(*) FROM stretto_batch_rows WHERE batch_id = %s AND reason <> ''
        GROUP BY reason ORDER BY count(*) DESC, reason LIMIT %s
        """,
        [batch_id, _REASONS],
    )
    shown, reasons = dict[str, str](), Counter[str]()
    for reason, number in await cursor.fetchall():
        reasons[shown.setdefault(cause_of(reason), reason)] += number
    return reasons
