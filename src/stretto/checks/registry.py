"""The checks by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stretto.checks.echo import check_echo
from stretto.checks.empty import check_empty
from stretto.checks.facts import check_facts
from stretto.checks.language import check_language
from stretto.checks.length import check_length
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


def open_checks(names_or_checks: Sequence[str | Check]) -> tuple[Check, ...]:
    """Return the checks, those given by name opened; raises `InputError` for an unknown name."""
    return tuple(_open(check) if isinstance(check, str) else check for check in names_or_checks)


def _open(name: str) -> Check:
    if name not in _KNOWN:
        raise InputError(f"Unknown check {name!r}. Known: {', '.join(_KNOWN)}.")
    return _KNOWN[name]
