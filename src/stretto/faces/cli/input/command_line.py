"""Spells the commands that go on with a run or a batch, to be copied."""

import shlex
from collections.abc import Collection, Iterator, Sequence
from typing import Any, cast

import typer

from stretto.core.addresses import address_for_command
from stretto.faces.cli.input.journal_options import JournalLocation
from stretto.faces.shared.next_steps import Limit, NextStep

_RUN_AGAIN = "Next: run the same command again; --fallback-model names a model that steps in."
_RAISED: dict[Limit, str] = {
    "budget_usd": "--budget-usd DOLLARS",
    "max_tokens_total": "--max-tokens-total N",
    "deadline": "--deadline SECONDS",
}
"""The option of each limit, with what is to be filled in."""
_GIVEN_ONCE = frozenset({"retry_errors"})
_OF_THE_JOURNAL = frozenset({"journal"})
"""What a `JournalLocation` spells itself, without a password."""
_ADDRESSES = frozenset({"base_url", "queue"})


def next_command(step: NextStep, location: JournalLocation | None) -> str:
    """Return the line that says what to do next about a run."""
    if location is None or step.action == "run_again":
        return _RUN_AGAIN
    options = [
        *(["--review"] if step.review else []),
        *([f"--max-subtasks {step.max_subtasks}"] if step.max_subtasks is not None else []),
        *(_RAISED[limit] for limit in step.raise_limits),
    ]
    return f"Next: {location.command(step.action, step.run_id, *options)}"


def resume_command(location: JournalLocation, run_id: str, *, to_review: bool = False) -> str:
    """Return the command that goes on with a run as it is."""
    return location.command("resume", run_id, *(("--review",) if to_review else ()))


def same_command(context: typer.Context, location: JournalLocation | None, *, raised: Sequence[Limit] = ()) -> str:
    """Return the command line of a context, with every option that was given and its value.

    Limits that are to be `raised` stand there with what to fill in, whatever they were.
    """
    words = [*(shlex.quote(word) for word in _words(context, raised)), *(_RAISED[limit] for limit in raised)]
    if location:
        return location.command(context.info_name or "", words[0], *words[1:])
    return " ".join(["stretto", context.info_name or "", *words])


def _words(context: typer.Context, left_out: Collection[str]) -> Iterator[str]:
    arguments: list[str] = []
    flags: list[str] = []
    for parameter in context.command.params:
        name = parameter.name or ""
        value: Any = context.params.get(name)
        if value in (None, False, ()) or value == [] or name in _GIVEN_ONCE | _OF_THE_JOURNAL or name in left_out:
            continue
        if parameter.param_type_name == "argument":
            arguments.append(str(value))
            continue
        values = cast("Sequence[object]", value) if isinstance(value, (list, tuple)) else [value]
        for each in values:
            flags.append(parameter.opts[0])
            if each is not True:
                flags.append(address_for_command(str(each)) if name in _ADDRESSES else str(each))
    yield from (*arguments, *flags)
