"""Has checks look at an answer. What goes wrong in a check is said as a finding: its bug takes no sibling's answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import isawaitable
from typing import TypeGuard, cast, get_args

import anyio

from stretto.core.checks import Answer, Check, Finding, FindingAction

_LONGEST = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """What checks say of one answer."""

    findings: tuple[Finding, ...]
    closed: bool
    """Whether a strict check failed, so that the answer must not count; another one is no way out of that."""


async def inspect_all(checks: Sequence[Check], answer: Answer, *, seconds: float) -> Inspection:
    """Return what the checks say, in their order; each may take so many seconds, as far as it lets go in between.

    Of a check that fails, the finding warns, or rejects where the check is strict.
    """
    said = [(check, *await _inspect(check, answer, seconds)) for check in checks]
    return Inspection(
        findings=tuple(finding for _, finding, _ in said if finding is not None),
        closed=any(failed and _is_strict(check) for check, _, failed in said),
    )


async def _inspect(check: Check, answer: Answer, seconds: float) -> tuple[Finding | None, bool]:
    """Return what a check says, and whether it failed."""
    said: object = None
    try:
        with anyio.move_on_after(seconds) as scope:
            said = check.inspect(answer)
            if isawaitable(said):
                said = cast("object", await said)
    except Exception as error:
        return _failed(check, repr(error)), True
    if scope.cancelled_caught:
        return _failed(check, f"no word from it within {seconds:g} seconds."), True
    if said is None:
        return None, False
    if _is_finding(said):
        return said, False
    return _failed(check, f"it returned {_shown(said)}, and not a Finding or None."), True


def _is_finding(said: object) -> TypeGuard[Finding]:
    if not isinstance(said, Finding):
        return False
    texts = cast("tuple[object, ...]", (said.check, said.message))
    return all(isinstance(text, str) for text in texts) and said.action in get_args(FindingAction)


def _failed(check: Check, how: str) -> Finding:
    action: FindingAction = "reject" if _is_strict(check) else "warn"
    return Finding(check=check.name, message=f"The check failed: {how}", action=action)


def _is_strict(check: Check) -> bool:
    return getattr(check, "strict", False)


def _shown(said: object) -> str:
    text = repr(said)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
