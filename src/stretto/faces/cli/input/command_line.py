"""Says a command again as it was typed, to be copied: what continues a batch is the same command."""

import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

import typer

from stretto.core.addresses import address_for_command
from stretto.faces.cli.input.journal_options import JournalLocation

_ONCE = frozenset({"retry_errors"})
_OF_THE_PLACE = frozenset({"journal"})
"""What a `Place` says itself, without a password."""
_ADDRESSES = frozenset({"base_url", "queue"})


def the_same_command(
    context: typer.Context, place: JournalLocation | None, *, raised: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Return the command line of a context, with every option that was given and its value.

    Options that are to be `raised` stand there with what to fill in, whatever they were.
    """
    words = [*(shlex.quote(word) for word in _words(context, raised)), *(f"{o} {a}" for o, a in raised.items())]
    if place:
        return place.command(context.info_name or "", words[0], *words[1:])
    return " ".join(["stretto", context.info_name or "", *words])


def _words(context: typer.Context, left_out: Collection[str]) -> Iterator[str]:
    arguments: list[str] = []
    flags: list[str] = []
    for parameter in context.command.params:
        value: Any = context.params.get(parameter.name or "")
        if value in (None, False, ()) or value == [] or parameter.name in _ONCE | _OF_THE_PLACE:
            continue
        if left_out and parameter.opts[0] in left_out:
            continue
        if parameter.param_type_name == "argument":
            arguments.append(str(value))
            continue
        values = cast("Sequence[object]", value) if isinstance(value, (list, tuple)) else [value]
        for each in values:
            flags.append(parameter.opts[0])
            if each is not True:
                flags.append(address_for_command(str(each)) if parameter.name in _ADDRESSES else str(each))
    yield from (*arguments, *flags)
