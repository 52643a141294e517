"""Values to JSON bytes and back, exactly. No I/O.

What a later version added is passed over; what an earlier one did not have yet gets its default.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from pydantic_core import PydanticSerializationError, to_json

from stretto.core.events import Event

T = TypeVar("T")
_Decode = Callable[[Any], Any]


def dump(value: object) -> bytes:
    """Return a value as JSON.

    UTF-8 with surrogates let through: ASCII escapes would join two lone ones into another character.
    """
    try:  # The same bytes in a third of the time, but it knows neither lone surrogates nor every mapping.
        return to_json(value, inf_nan_mode="constants")
    except PydanticSerializationError:
        return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def parse(data: bytes) -> object:
    """Return what `dump` wrote, as plain JSON data."""
    return json.loads(bytes(data).decode("utf-8", "surrogatepass"))


def load(kind: type[T], data: bytes) -> T:
    """Return the value of this class that `dump` wrote; raises `ValueError` when there is none in it."""
    try:
        return cast("T", _decoder(kind)(parse(data)))
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ValueError(f"not a {kind.__name__}: {error!r}") from error


def load_event(data: bytes) -> Event | None:
    """Return an event; None for a kind that this version does not know. Raises `ValueError` when it is none."""
    value = parse(data)
    if not isinstance(value, Mapping):
        raise ValueError("not an event")
    kind = _events().get(str(cast("Mapping[str, object]", value).get("kind")))
    return cast("Event", load(kind, data)) if kind else None


def _plain(value: object) -> object:
    """Return what JSON has no word for in words that it has."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: getattr(value, name) for name in _names(type(value))}
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, object]", value))
    raise TypeError(f"a {type(value).__name__} cannot be kept")


_ENCODER = json.JSONEncoder(default=_plain, ensure_ascii=False, separators=(",", ":"))


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _events() -> Mapping[str, type[object]]:
    kinds = cast("Sequence[Any]", get_args(Event))
    return {str(field.default): kind for kind in kinds for field in fields(kind) if field.name == "kind"}


@cache
def _decoder(hint: Any) -> _Decode:
    """Return how a value of this type is made from JSON data."""
    origin, arguments = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        return _dataclass_decoder(cast("type[Any]", hint))
    if hint is Decimal:
        return Decimal
    if origin in (Union, UnionType):
        return _optional_decoder(*(_decoder(argument) for argument in arguments if argument is not NoneType))
    if origin is tuple:
        return _tuple_decoder(arguments)
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _optional_decoder(decode: _Decode) -> _Decode:
    return lambda value: None if value is None else decode(value)


def _tuple_decoder(arguments: tuple[Any, ...]) -> _Decode:
    if arguments[-1] is Ellipsis:
        each = _decoder(arguments[0])
        return lambda value: tuple(map(each, value))
    parts = [_decoder(argument) for argument in arguments]
    return lambda value: tuple(decode(item) for decode, item in zip(parts, value, strict=True))


def _dataclass_decoder(kind: type[Any]) -> _Decode:
    hints = get_type_hints(kind)
    decoders = {name: _decoder(hints[name]) for name in _names(kind)}
    required = frozenset(f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING)

    def decode(value: Any) -> Any:
        known = {name: decoders[name](item) for name, item in value.items() if name in decoders}
        if missing := required - known.keys():
            raise KeyError(*sorted(missing))
        return kind(**known)

    return decode
