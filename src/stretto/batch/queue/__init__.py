"""A batch on many machines: rows in Postgres, handed out by procrastinate to workers anywhere."""

from importlib.util import find_spec

from stretto.core.errors import InputError

if not (find_spec("procrastinate") and find_spec("psycopg_pool")):
    raise InputError("A queue needs procrastinate, which is not installed.", hint='pip install "stretto[queue]"')

from stretto.batch.queue.batch_state import BatchState, Limits, QueuedBatch
from stretto.batch.queue.collection import collect
from stretto.batch.queue.queue import Queue, open_queue
from stretto.batch.queue.submission import Submission, submit
from stretto.batch.queue.workers.worker import QueueWorker

__all__ = [
    "BatchState",
    "Limits",
    "Queue",
    "QueueWorker",
    "QueuedBatch",
    "Submission",
    "collect",
    "open_queue",
    "submit",
]
