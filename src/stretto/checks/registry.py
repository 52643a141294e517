"""Opens checks by name, and validates checks of the user's own before any answer is there."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from stretto.checks.echo import check_echo
from stretto.checks.empty import check_empty
from stretto.checks.facts import check_facts
from stretto.checks.language import check_language
from stretto.checks.length import check_length
from stretto.core.checks import Answer, Check, Finding
from stretto.core.errors import InputError

_FORM = "A check is an object with a name and inspect(answer), which returns a Finding or None."


@dataclass(frozen=True, kw_only=True, slots=True)
class _NamedCheck:
    name: str
    run: Callable[[Answer], Finding | None]

    def inspect(self, answer: Answer) -> Finding | None:
        return self.run(answer)


_KNOWN: Mapping[str, Check] = {
    check.name: check
    for check in (
        _NamedCheck(name="empty", run=check_empty),
        _NamedCheck(name="echo", run=check_echo),
        _NamedCheck(name="language", run=check_language),
        _NamedCheck(name="facts", run=check_facts),
        _NamedCheck(name="length", run=check_length),
    )
}

DEFAULT_CHECKS = tuple(_KNOWN)
"""The names of all checks that come with stretto, in the order in which they run."""


def open_checks(names_or_checks: object) -> tuple[Check, ...]:
    """Return the checks of a list, those given by name opened; raises `InputError` for what can be none."""
    if isinstance(names_or_checks, (str, bytes, Mapping)) or not isinstance(names_or_checks, Iterable):
        raise InputError(
            f"checks must be a list of names or checks, got {names_or_checks!r}.",
            hint='Write checks=["length"], or checks=[] for none.',
        )
    checks = tuple(_open(check) for check in cast("Iterable[object]", names_or_checks))
    # A resumed run finds its checks by their names.
    for number, check in enumerate(checks):
        if any(other.name == check.name and other is not check for other in checks[:number]):
            raise InputError(f"Two checks are called {check.name!r}.", hint="Give each a name of its own.")
    return checks


def _open(check: object) -> Check:
    if not isinstance(check, str):
        return _validate_check(check)
    if check not in _KNOWN:
        raise InputError(f"Unknown check {check!r}. Known: {', '.join(_KNOWN)}.")
    return _KNOWN[check]


def _validate_check(given: object) -> Check:
    """Return the check; raises `InputError` that says what it lacks."""
    if isinstance(given, type):
        raise _no_check(f"{given.__name__} is a class", f"Give one of its objects: {given.__name__}().")
    if inspect.isroutine(given):
        raise _no_check(f"{_called(given)} is a function", "Put it into a class as its method inspect.")
    name: object = getattr(given, "name", None)
    if not isinstance(name, str) or not name.strip():
        raise _no_check(f"{_called(given)} has the name {name!r}", 'Give it one: name = "no-shouting".')
    method: object = getattr(given, "inspect", None)
    if not callable(method):
        raise _no_check(f"{name!r} has no method inspect", _FORM)
    if inspect.isgeneratorfunction(method) or inspect.isasyncgenfunction(method):
        raise _no_check(f"inspect of {name!r} yields", _FORM)
    if not _takes_an_answer(method):
        raise _no_check(f"inspect of {name!r} cannot be called with an answer alone", _FORM)
    strict: object = getattr(given, "strict", False)
    if not isinstance(strict, bool):
        raise _no_check(f"strict of {name!r} is {strict!r}", "Make it True or False.")
    return cast("Check", given)


def _takes_an_answer(method: object) -> bool:
    try:
        signature = inspect.signature(method)  # pyright: ignore[reportArgumentType]
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
