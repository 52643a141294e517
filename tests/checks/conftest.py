"""How a check is asked about an answer."""

from collections.abc import Callable, Mapping

import pytest

from stretto.checks import open_checks
from stretto.core.checks import Answer, Finding
from stretto.core.plan import Subtask
from stretto.core.task import EMPTY, Task

Ask = Callable[..., Finding | None]


@pytest.fixture
def ask() -> Ask:
    """Return what one check says about a text, beside the brief of a water bottle unless told otherwise."""

    def inspect(
        name: str,
        text: str,
        *,
        task: str = "Write a product description for a new eco-friendly water bottle",
        context: Mapping[str, object] = EMPTY,
        description: str = "Write a friendly version for the shop",
        type: str = "friendly",
        language: str | None = None,
    ) -> Finding | None:
        (check,) = open_checks([name])
        subtask = Subtask(type=type, description=description)
        return check.inspect(Answer(text=text, task=Task.of(task, context), subtask=subtask, language=language))

    return inspect
