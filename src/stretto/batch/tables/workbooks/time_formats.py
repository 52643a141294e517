"""What a sheet's format for times shows: durations such as [h]:mm, and times without their day. No I/O."""

import re
from datetime import timedelta

from stretto.batch.tables.workbooks.format_codes import Section

_SECONDS = {"h": 3600, "m": 60, "s": 1}


def shows_time_alone(section: Section) -> bool:
    """Whether a format for dates shows a time of the day and no day."""
    parts = [token.text for token in section.tokens if token.kind == "time"]
    clock = {"h", "s"} & {part[0] for part in parts}
    return bool(clock) and all(part[0] in "hsm" or part in ("am/pm", "a/p") for part in parts) and "mmm" not in parts


def elapsed(section: Section, duration: timedelta) -> str:
    """Return a duration as a format with hours, minutes or seconds in brackets shows it: 36:00."""
    rest = abs(round(duration.total_seconds()))
    pieces: list[str] = []
    for token in section.tokens:
        unit = token.text[:1]
        if token.kind == "elapsed" or (token.kind == "time" and unit in _SECONDS):
            number, rest = divmod(rest, _SECONDS[unit])
            pieces.append(f"{number:0{len(token.text)}d}")
        elif token.kind in ("literal", "slash"):
            pieces.append(token.text)
    text = "".join(pieces).strip()
    return f"-{text}" if duration < timedelta(0) and re.search("[1-9]", text) else text
