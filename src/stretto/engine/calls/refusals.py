"""Tells a refusal of one call from a refusal of every call, where the refusal does not say which it is. Pure."""

import re

from stretto.core.errors import ModelError
from stretto.core.models import ModelRequest, Turn

BEFORE_AN_ANSWER = 2
"""So many different calls refused in the same words count as a refusal of every call."""

AFTER_AN_ANSWER = 10
"""The same for a model that has answered in this process: its key and its address are known to be good."""

# Numbers of requests, times and the like differ from one refusal to the next.
_VARYING = re.compile(r"\S*\d\S*")
_Request = tuple[str, tuple[Turn, ...]]


class Refusals:
    """The refusals that named no cause, in one run, by model, since its last answer."""

    def __init__(self) -> None:
        self._refused: dict[str, dict[str, set[_Request]]] = {}

    def answered(self, model: str) -> None:
        """The model answered: its earlier refusals concerned those calls alone."""
        self._refused.pop(model, None)

    def affect_every_call(self, model: str, error: ModelError, request: ModelRequest, *, has_answered: bool) -> bool:
        """Count a refusal; return whether every further call to the model would be refused, too.

        `has_answered`: whether the model answered any run in this process, with the same key at the same address.
        """
        words = f"{error.status} {_VARYING.sub('', error.message)}"
        requests = self._refused.setdefault(model, {}).setdefault(words, set())
        requests.add((request.prompt, request.turns))
        return len(requests) >= (AFTER_AN_ANSWER if has_answered else BEFORE_AN_ANSWER)
