"""The checks by name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from stretto.checks.echo import check_echo
from stretto.checks.empty import check_empty
from stretto.checks.facts import check_facts
from stretto.checks.language import check_language
from stretto.checks.length import check_length
from stretto.checks.user_checks import own_check
from stretto.core.checks import Answer, Check, Finding
from stretto.core.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class _NamedCheck:
    name: str
    look: Callable[[Answer], Finding | None]

    def inspect(self, answer: Answer) -> Finding | None:
        return self.look(answer)


_KNOWN: Mapping[str, Check] = {
    check.name: check
    for check in (
        _NamedCheck(name="empty", look=check_empty),
        _NamedCheck(name="echo", look=check_echo),
        _NamedCheck(name="language", look=check_language),
        _NamedCheck(name="facts", look=check_facts),
        _NamedCheck(name="length", look=check_length),
    )
}

DEFAULT_CHECKS = tuple(_KNOWN)
"""The names of all checks that come with stretto, in the order in which they look."""


def open_checks(names_or_checks: object) -> tuple[Check, ...]:
    """Return the checks of a list, those given by name opened; raises `InputError` for what can be none."""
    if isinstance(names_or_checks, (str, bytes, Mapping)) or not isinstance(names_or_checks, Iterable):
        raise InputError(
            f"checks must be a list of names or checks, got {names_or_checks!r}.",
            hint='Write checks=["length"], or checks=[] for none.',
        )
    checks = tuple(_open(check) for check in cast("Iterable[object]", names_or_checks))
    # A run that is gone on with finds its checks by their names.
    for number, check in enumerate(checks):
        if any(other.name == check.name and other is not check for other in checks[:number]):
            raise InputError(f"Two checks are called {check.name!r}.", hint="Give each a name of its own.")
    return checks


def _open(check: object) -> Check:
    if not isinstance(check, str):
        return own_check(check)
    if check not in _KNOWN:
        raise InputError(f"Unknown check {check!r}. Known: {', '.join(_KNOWN)}.")
    return _KNOWN[check]
