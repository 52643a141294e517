"""Reads a script from JSON, for simulators in other processes. No I/O."""

import json
from typing import Any, cast, get_args

from tests.simulator.asked import ROLES, ProtocolName
from tests.simulator.catalogue import FAULTS
from tests.simulator.faults import Fault, Script

_WHEN = ("role", "text", "model", "protocol", "streamed", "skip", "times")


class ScriptError(ValueError):
    """JSON that is no script."""


def read_script(text: str) -> Script:
    """Read a list such as `[{"fault": "rate_limit_5", "role": "worker", "times": 1}]`; raises `ScriptError`.

    `fault` is a name from `FAULTS`; the other fields are those of `Fault`.
    """
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise ScriptError(f"The script is not JSON: {error}.") from error
    if not isinstance(entries, list):
        raise ScriptError(f"The script must be a list of faults, got {type(entries).__name__}.")
    return Script(tuple(_fault(entry) for entry in cast("list[Any]", entries)))


def _fault(entry: Any) -> Fault:
    if not isinstance(entry, dict) or cast("dict[str, Any]", entry).get("fault") not in FAULTS:
        raise ScriptError(f"Unknown fault in {entry!r}. Known: {', '.join(FAULTS)}.")
    fields = cast("dict[str, Any]", entry)
    if unknown := fields.keys() - {*_WHEN, "fault", "calls"}:
        raise ScriptError(f"Unknown field {min(unknown)!r} in {entry!r}. Known: fault, calls, {', '.join(_WHEN)}.")
    for name, known in (("role", ROLES), ("protocol", get_args(ProtocolName))):
        if fields.get(name) not in (None, *known):
            raise ScriptError(f"Unknown {name} {fields[name]!r}. Known: {', '.join(known)}.")
    when = {name: fields[name] for name in _WHEN if name in fields}
    calls = frozenset(fields["calls"]) if "calls" in fields else None
    return Fault(effects=FAULTS[fields["fault"]], name=fields["fault"], calls=calls, **when)
