"""Makes the next event of a stream from the one before where only its piece of text is another. No I/O.

An SDK builds the objects of every event anew from its JSON, field by field, which takes most of the CPU of reading a
stream. Nearly all events of one stream differ in nothing but a piece of text: those are copies of the first, and what
differs in anything else is built by the SDK.
"""

from collections.abc import Callable
from typing import Any, cast

from pydantic import BaseModel

from stretto.models.answers.json_fields import Json

Build = Callable[[], object]
"""Makes an SDK's object of an event."""


class RepeatedEvents:
    """The events of one stream."""

    def __init__(self) -> None:
        self._outline: Json = {}
        """The latest event that was built, as it came, with an empty piece of text."""
        self._built: Any = None

    def build(self, event: object, build: Build) -> object:
        """Return the object for an event, which `build` makes of it where it cannot be copied."""
        if not isinstance(event, dict):
            return build()
        data = cast("Json", event)
        data.pop("obfuscation", None)  # Of random length, against those who listen in: nobody reads it.
        if (place := _place_of(data)) is None:
            return build()
        holder, name = place
        text, number = holder[name], data.get("sequence_number")
        holder[name] = ""
        if number is not None:
            data["sequence_number"] = 0
        if data != self._outline:
            self._outline, self._built = _copied(data), None
        holder[name] = text
        if number is not None:
            data["sequence_number"] = number
        if self._built is None:
            built = build()
            if _is_whole(built, text):
                self._built = built
            else:
                return built
        # A copy each time: some fields are changed by those who read them.
        return _with_text(self._built, text, number)


def _place_of(event: Json) -> tuple[Json, str] | None:
    """Return the object that holds an event's piece of text, and its field; None for any other event."""
    holder: object = event.get("delta")
    name = "text"
    if event.get("choices") is not None:
        choice = _only(event["choices"])
        # An end is of one event only, and is changed by those who read it.
        holder, name = None if choice is None or choice.get("finish_reason") else choice.get("delta"), "content"
    elif isinstance(holder, str):
        holder, name = event, "delta"
    if not isinstance(holder, dict) or not isinstance(cast("Json", holder).get(name), str):
        return None
    number = event.get("sequence_number")
    return (cast("Json", holder), name) if number is None or type(number) is int else None


def _only(choices: object) -> Json | None:
    entries = cast("list[object]", choices if isinstance(choices, list) else [])
    return cast("Json", entries[0]) if len(entries) == 1 and isinstance(entries[0], dict) else None


def _copied(event: Json) -> Json:
    """Return a copy that stays as it is when fields of the event are put right."""
    copy = dict(event)
    if "choices" in copy:
        choice = copy["choices"][0]
        copy["choices"] = [choice | {"delta": dict(choice["delta"])}]
    elif isinstance(copy["delta"], dict):
        copy["delta"] = dict(cast("Json", copy["delta"]))
    return copy


def _is_whole(built: object, text: str) -> bool:
    """Whether an SDK made of an event what was to be expected, so that it can be copied."""
    if not isinstance(built, BaseModel):
        return False
    choices: Any = getattr(built, "choices", None)
    if choices is None:
        delta: object = getattr(built, "delta", None)
        return delta == text or (isinstance(delta, BaseModel) and getattr(delta, "text", None) == text)
    if not isinstance(choices, list) or not isinstance(choice := cast("list[object]", choices)[0], BaseModel):
        return False
    delta = getattr(choice, "delta", None)
    return isinstance(delta, BaseModel) and getattr(delta, "content", None) == text


def _with_text(event: Any, text: str, number: int | None) -> object:
    if (choices := getattr(event, "choices", None)) is not None:
        delta = choices[0].delta.model_copy(update={"content": text})
        return event.model_copy(update={"choices": [choices[0].model_copy(update={"delta": delta})]})
    if isinstance(event.delta, str):
        return event.model_copy(update={"delta": text} | ({} if number is None else {"sequence_number": number}))
    return event.model_copy(update={"delta": event.delta.model_copy(update={"text": text})})
