"""A batch on many machines: rows in Postgres, handed out by procrastinate to workers anywhere."""

from importlib.util import find_spec

from stretto.core.errors import InputError

if not (find_spec("procrastinate") and find_spec("psycopg_pool")):
    raise InputError("A queue needs procrastinate, which is not installed.", hint='pip install "stretto[queue]"')

from stretto.batch.queue.collecting import collect
from stretto.batch.queue.opening import Queue, open_queue
from stretto.batch.queue.states import BatchState, Limits, Standing
from stretto.batch.queue.submitting import Submission, submit
from stretto.batch.queue.working import QueueWorker

__all__ = [
    "BatchState",
    "Limits",
    "Queue",
    "QueueWorker",
    "Standing",
    "Submission",
    "collect",
    "open_queue",
    "submit",
]
