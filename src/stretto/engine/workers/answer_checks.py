"""Runs the checks on a worker's answer. A check that fails gives a finding: its bug costs no other answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import isawaitable
from typing import TypeGuard, cast, get_args

import anyio

from stretto.core.checks import Answer, Check, Finding, FindingAction

_MAX_SHOWN = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """What checks say of one answer."""

    findings: tuple[Finding, ...]
    fails_closed: bool
    """Whether a strict check failed, so that the answer must not count; another one is no way out of that."""


async def run_checks(checks: Sequence[Check], answer: Answer, *, seconds: float) -> Inspection:
    """Return what the checks say, in their order; each may take so many seconds, as far as it lets go in between.

    Of a check that fails, the finding warns, or rejects where the check is strict.
    """
    verdicts = [(check, *await _inspect(check, answer, seconds)) for check in checks]
    return Inspection(
        findings=tuple(finding for _, finding, _ in verdicts if finding is not None),
        fails_closed=any(failed and _is_strict(check) for check, _, failed in verdicts),
    )


async def _inspect(check: Check, answer: Answer, seconds: float) -> tuple[Finding | None, bool]:
    """Return what a check says, and whether it failed."""
    verdict: object = None
    try:
        with anyio.move_on_after(seconds) as scope:
            verdict = check.inspect(answer)
            if isawaitable(verdict):
                verdict = cast("object", await verdict)
    except Exception as error:
        return _failed(check, repr(error)), True
    if scope.cancelled_caught:
        return _failed(check, f"no word from it within {seconds:g} seconds."), True
    if verdict is None:
        return None, False
    if _is_finding(verdict):
        return verdict, False
    return _failed(check, f"it returned {_shown(verdict)}, and not a Finding or None."), True


def _is_finding(verdict: object) -> TypeGuard[Finding]:
    if not isinstance(verdict, Finding):
        return False
    texts = cast("tuple[object, ...]", (verdict.check, verdict.message))
    return all(isinstance(text, str) for text in texts) and verdict.action in get_args(FindingAction)


def _failed(check: Check, how: str) -> Finding:
    action: FindingAction = "reject" if _is_strict(check) else "warn"
    return Finding(check=check.name, message=f"The check failed: {how}", action=action)


def _is_strict(check: Check) -> bool:
    return getattr(check, "strict", False)


def _shown(verdict: object) -> str:
    text = repr(verdict)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
