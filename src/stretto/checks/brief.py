"""What a worker was given, as one text to compare its answer with. No I/O."""

from stretto.core.checks import Answer
from stretto.core.task import Task


def given_to_all(task: Task) -> str:
    """Return the task and its context with the names, each from a line of its own."""
    return "\n".join((task.text, *(line for pair in task.context.items() for line in pair)))


def brief_of(answer: Answer) -> str:
    """Return everything the worker was given: the task, its context and the subtask."""
    return "\n".join((given_to_all(answer.task), answer.subtask.type, answer.subtask.description))
