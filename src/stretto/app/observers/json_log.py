"""Writes the log to stderr as JSON lines, when the environment asks for it."""

import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from stretto.app.observers.run_log import logger
from stretto.core.errors import InputError

LOG_VARIABLE = "STRETTO_LOG"
"""info or debug: the command line writes its log to stderr."""

_LEVELS = {"info": logging.INFO, "debug": logging.DEBUG}
_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({})))


class _Lines(logging.Formatter):
    """One JSON object a line: when, how grave, what, and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {key: value for key, value in vars(record).items() if key not in _OF_EVERY_RECORD}
        if "event" not in fields:
            fields["message"] = record.getMessage()
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return json.dumps({"time": when, "level": record.levelname.lower(), **fields}, default=str)


class _ToStderr(logging.StreamHandler):  # pyright: ignore[reportMissingTypeArgument]
    """Known by its class, so that asking twice does not write everything twice."""


def log_as_told(environ: Mapping[str, str] | None = None) -> None:
    """Write the log to stderr if `STRETTO_LOG` says so, and stop it if not; raises `InputError` on another word."""
    level = (os.environ if environ is None else environ).get(LOG_VARIABLE, "").strip().lower()
    if level and level not in _LEVELS:
        raise InputError(f"{LOG_VARIABLE} must be info or debug, got {level!r}.")
    for handler in [handler for handler in logger.handlers if isinstance(handler, _ToStderr)]:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    if level:
        handler = _ToStderr(sys.stderr)
        handler.setFormatter(_Lines())
        logger.addHandler(handler)
        logger.setLevel(_LEVELS[level])
