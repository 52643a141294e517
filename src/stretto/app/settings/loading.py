"""Settings from four places: flags, then the environment, then the project's file, then the user's."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from stretto.app.settings.definitions import SETTINGS, Setting
from stretto.app.settings.folders import PROJECT_FILE, USER_FILE, config_folder, find_project_file
from stretto.core.addresses import hide_addresses
from stretto.core.errors import InputError
from stretto.core.plan import Tier
from stretto.core.result import SynthesisStrategy
from stretto.core.task import EMPTY

_BY_NAME = {setting.name: setting for setting in SETTINGS}
_MODEL = _BY_NAME["model"]
_YOURS_ALONE = {"base_url": "your key", "journal": "your runs"}
_OTHER_MODELS = {"worker_model", "synthesis_model", "fallback_models", "tiers"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What holds for a run, and where each value was set. The fields have the names of `SETTINGS`."""

    model: str | None = None
    worker_model: str | None = None
    synthesis_model: str | None = None
    fallback_models: tuple[str, ...] = ()
    tiers: Mapping[Tier, str] = field(default_factory=lambda: MappingProxyType({}))
    recipe: str = "product-copy"
    subtasks: tuple[int, int] | None = None
    max_subtasks: int | None = None
    synthesis: SynthesisStrategy = "none"
    language: str | None = None
    concurrency: int = 10
    attempts: int = 3
    timeout: float = 300.0
    """Seconds."""
    hedge: bool = False
    budget_usd: Decimal | None = None
    max_tokens_total: int | None = None
    deadline: float | None = None
    """Seconds."""
    base_url: str | None = None
    accept_finish_reasons: tuple[str, ...] = ()
    journal: str | None = None
    """None for the file in the user's data folder."""
    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Where a value was set, by its name: a flag, a variable or a file. What is not in it has its default."""


def load_settings(
    flags: Mapping[str, object] = EMPTY, *, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> Settings:
    """Read the settings that hold in `folder`, the current one when None.

    A flag that is None was not given. `STRETTO_MODEL` takes the place of every model that a file names, whatever its
    role: with it alone, anything runs on the demo. Raises `InputError` that names the place, the value and what was
    expected.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, object] = {}
    sources: dict[str, str] = {}
    # The weakest place first: what comes later takes its place.
    for place in (_user_file(environ), _project_file(folder or Path.cwd()), _variables(environ), _flags(flags)):
        for name, source, value in place:
            values[name], sources[name] = value, source
            if source == _MODEL.variable:
                for other in _OTHER_MODELS & values.keys():
                    del values[other], sources[other]
    return Settings(**cast("dict[str, Any]", values), sources=MappingProxyType(sources))


_Found = Iterator[tuple[str, str, object]]
"""Name, source and value of each setting found in one place."""


def _flags(flags: Mapping[str, object]) -> _Found:
    for name, given in flags.items():
        if given is not None:
            setting = _BY_NAME[name]
            yield name, setting.flag, _read(setting, given, setting.flag)


def _variables(environ: Mapping[str, str]) -> _Found:
    for setting in SETTINGS:
        if given := environ.get(setting.variable, "").strip():
            yield setting.name, setting.variable, _read(setting, given, setting.variable)


def _project_file(folder: Path) -> _Found:
    if file := find_project_file(folder):
        for setting, given in _file(file):
            if setting.name in _YOURS_ALONE:
                raise InputError(
                    f"{file}: {setting.name} is not allowed in a {PROJECT_FILE}, because a downloaded project could "
                    f"send {_YOURS_ALONE[setting.name]} to its own server.",
                    hint=f"Use {setting.flag}, {setting.variable} or your own {USER_FILE}.",
                )
            yield setting.name, str(file), _read_in_file(setting, given, file)


def _user_file(environ: Mapping[str, str]) -> _Found:
    file = config_folder(environ) / USER_FILE
    if file.is_file():
        for setting, given in _file(file):
            yield setting.name, str(file), _read_in_file(setting, given, file)


def _file(file: Path) -> Iterator[tuple[Setting, object]]:
    for name, given in _load_toml(file).items():
        setting = _BY_NAME.get(name)
        if setting is None:
            raise InputError(f"{file}: unknown setting {name!r}.", hint=_advice(name))
        yield setting, given


def _advice(name: str) -> str:
    if "key" in name.lower() or "token" in name.lower():
        return "Keys do not belong in a settings file; use: stretto keys set PROVIDER"
    if close := get_close_matches(name, _BY_NAME, n=1):
        return f"Did you mean {close[0]!r}?"
    return f"Known: {', '.join(_BY_NAME)}."


def _load_toml(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"Cannot read the settings in {file}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8 text (byte {error.start}).", hint="Save it as UTF-8.") from error
    except ValueError as error:
        raise InputError(f"{file} is not valid TOML: {error}.", hint="Mend it or move it away.") from error


def _read_in_file(setting: Setting, given: object, file: Path) -> object:
    value = _read(setting, given, f"{file}: {setting.name}")
    if isinstance(value, str) and _is_path(setting, value):
        return str(file.parent / Path(value).expanduser())
    return value


def _read(setting: Setting, given: object, where: str) -> object:
    try:
        return setting.read(given)
    except ValueError as error:
        raise InputError(f"{where} must be {error}, got {_shown(given)}.") from error


def _shown(given: object) -> str:
    # An option that may be repeated comes as a list.
    items = cast("list[object]", given) if isinstance(given, list) else [given]
    return hide_addresses(repr(items[0] if len(items) == 1 else items))


def _is_path(setting: Setting, value: str) -> bool:
    if setting.name == "journal":
        return "://" not in value
    return setting.name == "recipe" and ("/" in value or value.endswith(".md"))
