"""What a worker was given, as one text to compare its answer with. No I/O."""

from stretto.core.checks import Answer


def brief_of(answer: Answer) -> str:
    """Return the task, its context with the names, and the subtask, each from a line of its own."""
    context = (line for pair in answer.task.context.items() for line in pair)
    return "\n".join((answer.task.text, *context, answer.subtask.type, answer.subtask.description))
