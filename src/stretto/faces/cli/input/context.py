"""What the user hands to a run besides options: the task, context values and context files."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from stretto.core.errors import InputError
from stretto.faces.cli.process.text_encoding import as_typed

LARGEST = 5_000_000
"""Bytes; a larger file does not fit any model's context."""

BODY = "context"
"""The name under which the text of a file without fields reaches the models."""

SUFFIXES = (".json", ".yaml", ".yml", ".md", ".markdown", ".txt")


def read_task(given: str) -> str:
    """Return the task; `-` reads it from stdin. Raises `InputError` when it is empty."""
    text = _read_stdin() if given == "-" else as_typed(given)
    if not text.strip():
        where = "stdin" if given == "-" else "the command"
        raise InputError(f"The task from {where} is empty.", hint="Say in one sentence what is to be made.")
    return text


def read_context(values: Sequence[str] = (), files: Sequence[Path] = ()) -> dict[str, object]:
    """Return the context of `-c key=value` and `--context-file`.

    A value given by hand takes the place of a file's; the same name twice in one of the two is an `InputError`.
    """
    by_hand: dict[str, object] = {}
    for value in values:
        name, text = _split(value)
        if name in by_hand:
            raise InputError(f"The context value {name!r} is given twice.", hint="Give each name once.")
        by_hand[name] = text
    return _read_files(files) | by_hand


def _split(value: str) -> tuple[str, str]:
    name, equals, text = as_typed(value).partition("=")
    if not equals or not name.strip():
        raise InputError(f"A context value is name=value, got {value[:60]!r}.", hint='Example: -c audience="runners"')
    return name.strip(), text


def _read_files(files: Sequence[Path]) -> dict[str, object]:
    merged: dict[str, object] = {}
    origin: dict[str, Path] = {}
    for file in files:
        for name, value in read_context_file(file).items():
            if name in merged:
                raise InputError(f"The context value {name!r} is in both {origin[name]} and {file}.")
            merged[name], origin[name] = value, file
    return merged


def read_context_file(file: Path) -> dict[str, object]:
    """Return the context values of one file; raises `InputError` when it is not what its name says."""
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{file}: a context file ends in {', '.join(SUFFIXES)}.")
    text = _read_text(file)
    if suffix == ".txt":
        return _body(text, file)
    if suffix in (".md", ".markdown"):
        return _read_markdown(text, file)
    return _fields(_parse_json(text, file) if suffix == ".json" else _parse_yaml(text, file), file)


def _read_text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"Cannot read the context file {file}: {error.strerror}.") from error
    return _decode(data, str(file))


def _read_stdin() -> str:
    if sys.stdin.isatty():
        print("Type the task, then Ctrl-D on a line of its own.", file=sys.stderr)
    return _decode(sys.stdin.buffer.read(LARGEST + 1), "stdin")


def _decode(data: bytes, where: str) -> str:
    if len(data) > LARGEST:
        raise InputError(f"{where} has more than {LARGEST // 1_000_000} MB, more than a model can read.")
    try:
        # A byte order mark is an editor's habit, no part of the text.
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where} is not UTF-8 text (byte {error.start}).", hint="Save it as UTF-8.") from error


def _read_markdown(text: str, file: Path) -> dict[str, object]:
    lines = text.splitlines(keepends=True)
    if not lines or lines[0].rstrip() != "---":
        return _body(text, file)
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), None)
    if end is None:
        # A rule at the top of a page looks the same; only a second one makes it front matter.
        return _body(text, file)
    values = _fields(_parse_yaml("".join(lines[1:end]), file) or {}, file)
    body = "".join(lines[end + 1 :]).strip()
    if body and BODY in values:
        raise InputError(f"{file}: its front matter has {BODY!r}, the name that its text goes by.", hint="Rename it.")
    return values | ({BODY: body} if body else {})


def _body(text: str, file: Path) -> dict[str, object]:
    if not text.strip():
        raise InputError(f"The context file {file} is empty.")
    return {BODY: text.strip()}


def _fields(data: object, file: Path) -> dict[str, object]:
    if not isinstance(data, Mapping):
        raise InputError(f"{file} must hold names with values, got {_kind(data)}.")
    fields = cast("Mapping[str, object]", data)
    return dict(fields)


def _kind(data: object) -> str:
    match data:
        case list():
            return "a list"
        case None:
            return "nothing"
        case _:
            return "a single value"


def _parse_json(text: str, file: Path) -> object:
    try:
        # A price of 12.50 stays 12.50.
        return json.loads(
            text, parse_float=str, parse_constant=str, object_pairs_hook=lambda pairs: _unique(pairs, file)
        )
    except InputError:
        raise
    except RecursionError as error:
        raise InputError(f"{file} is nested too deeply.") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{file} is not valid JSON: {error}.") from error
    except ValueError as error:  # Python's own limit for digits
        raise InputError(f"{file} has a number that is too long.", hint="Write it in quotes.") from error


def _unique(pairs: list[tuple[str, object]], file: Path) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, value in pairs:
        if name in fields:
            raise InputError(f"{file}: the name {name!r} is given twice.")
        fields[name] = value
    return fields


def _parse_yaml(text: str, file: Path) -> object:
    from stretto.faces.cli.input.yaml_values import load_yaml  # not at the top: yaml costs start-up time

    try:
        return load_yaml(text)
    except ValueError as error:
        raise InputError(f"{file} is not valid YAML: {error}.") from error
