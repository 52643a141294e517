"""Asks of a check of the user's own whether it is one, before any answer is there for it to look at."""

import inspect
from typing import cast

from stretto.core.checks import Check
from stretto.core.errors import InputError

_FORM = "A check is an object with a name and inspect(answer), which returns a Finding or None."


def own_check(given: object) -> Check:
    """Return the check; raises `InputError` that says what it lacks."""
    if isinstance(given, type):
        raise _no_check(f"{given.__name__} is a class", f"Give one of its objects: {given.__name__}().")
    if inspect.isroutine(given):
        raise _no_check(f"{_called(given)} is a function", "Put it into a class as its method inspect.")
    name: object = getattr(given, "name", None)
    if not isinstance(name, str) or not name.strip():
        raise _no_check(f"{_called(given)} has the name {name!r}", 'Give it one: name = "no-shouting".')
    look: object = getattr(given, "inspect", None)
    if not callable(look):
        raise _no_check(f"{name!r} has no method inspect", _FORM)
    if inspect.isgeneratorfunction(look) or inspect.isasyncgenfunction(look):
        raise _no_check(f"inspect of {name!r} yields", _FORM)
    if not _takes_an_answer(look):
        raise _no_check(f"inspect of {name!r} cannot be called with an answer alone", _FORM)
    strict: object = getattr(given, "strict", False)
    if not isinstance(strict, bool):
        raise _no_check(f"strict of {name!r} is {strict!r}", "Make it True or False.")
    return cast("Check", given)


def _takes_an_answer(look: object) -> bool:
    try:
        signature = inspect.signature(look)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):  # Some of what is written in C has none to be seen.
        return True
    try:
        signature.bind(object())
    except TypeError:
        return False
    return True


def _called(given: object) -> str:
    return getattr(given, "__name__", "") or f"an object of type {type(given).__name__}"


def _no_check(what: str, hint: str) -> InputError:
    return InputError(f"checks has an entry that is no check: {what}.", hint=hint)
