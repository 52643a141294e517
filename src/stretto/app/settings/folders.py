"""Where stretto's own files are: the user's folder and the project's settings file."""

import os
from collections.abc import Mapping
from pathlib import Path

CONFIG_VARIABLE = "STRETTO_CONFIG_DIR"
PROJECT_FILE = "stretto.toml"
USER_FILE = "config.toml"


def config_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return the user's folder, which need not exist; `STRETTO_CONFIG_DIR` names another one."""
    given = (os.environ if environ is None else environ).get(CONFIG_VARIABLE, "").strip()
    if given:
        return Path(given).expanduser()
    from platformdirs import user_config_path  # not at the top: most commands never look here

    return user_config_path("stretto", appauthor=False)


def recipes_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of the user's own recipes, which need not exist."""
    return config_folder(environ) / "recipes"


def find_project_file(start: Path) -> Path | None:
    """Return the nearest `stretto.toml` from `start` up to the root of its repository or the home folder.

    Outside both only `start` itself is looked at: a folder such as /tmp belongs to everybody.
    """
    for folder in _project_folders(start.resolve()):
        if (file := folder / PROJECT_FILE).is_file():
            return file
    return None


def _project_folders(start: Path) -> list[Path]:
    upwards = [start, *start.parents]
    for number, folder in enumerate(upwards, 1):
        if (folder / ".git").exists() or folder == _home():
            return upwards[:number]
    return [start]


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except RuntimeError:  # no HOME and no entry for this user, as in some containers
        return None
