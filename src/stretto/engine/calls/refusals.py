"""Tells a refusal of one call from a refusal of every call, where the refusal does not say which it is. Pure."""

import re

from stretto.core.errors import ModelError
from stretto.core.models import ModelRequest, Turn

BEFORE_AN_ANSWER = 2
"""Different calls that a model turned away in the same words, after which every call is taken to be."""

AFTER_AN_ANSWER = 10
"""The same where the model has answered in this process: then the key and the address are known to be good."""

# Numbers of requests, times and the like differ from one refusal to the next.
_PASSING = re.compile(r"\S*\d\S*")
_Asked = tuple[str, tuple[Turn, ...]]


class Refusals:
    """What one run's calls met, by model: refusals that name no cause, and no answer since."""

    def __init__(self) -> None:
        self._met: dict[str, dict[str, set[_Asked]]] = {}

    def answered(self, model: str) -> None:
        """The model answered: what it turned away before, it did for a reason of that call."""
        self._met.pop(model, None)

    def concern_all(self, model: str, error: ModelError, request: ModelRequest, *, has_answered: bool) -> bool:
        """Take note of a refusal; return whether every further call to the model would meet it, too.

        `has_answered`: whether the model answered anybody in this process, with the same key at the same address.
        """
        words = f"{error.status} {_PASSING.sub('', error.message)}"
        asked = self._met.setdefault(model, {}).setdefault(words, set())
        asked.add((request.prompt, request.turns))
        return len(asked) >= (AFTER_AN_ANSWER if has_answered else BEFORE_AN_ANSWER)
