"""Asks a local Ollama which models it has. Standard library only: it runs before anything heavy is imported."""

import json
import urllib.request
from typing import cast
from urllib.parse import urlencode, urlsplit, urlunsplit

from stretto.core.addresses import read_address
from stretto.models.selection.default_models import OLLAMA_URL

_MAX_WAIT_SECONDS = 0.3
_LONGEST_ANSWER = 4_000_000


def list_installed(base_url: str = "") -> tuple[str, ...] | None:
    """Return the names of the installed models that can write, the largest first; None when no server answers."""
    given = read_address(base_url or OLLAMA_URL)
    parts = urlsplit(given.shown)
    headers = {"Authorization": given.basic} if given.basic else {}
    # Without proxies: what is asked for is a server of this machine or network.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        address = urlunsplit((parts.scheme, parts.netloc, "/api/tags", urlencode(given.query), ""))
        with opener.open(urllib.request.Request(address, headers=headers), timeout=_MAX_WAIT_SECONDS) as answer:
            body = json.loads(answer.read(_LONGEST_ANSWER))
    except (OSError, ValueError):
        # Not reachable, too slow, or something else that listens on this port.
        return None
    models = cast("dict[str, object]", body).get("models") if isinstance(body, dict) else None
    if not isinstance(models, list):
        return None
    entries = [cast("dict[str, object]", entry) for entry in cast("list[object]", models) if isinstance(entry, dict)]
    writers = [entry for entry in entries if _can_write(entry)]
    return tuple(str(entry["name"]) for entry in sorted(writers, key=_size, reverse=True))


def _can_write(entry: dict[str, object]) -> bool:
    name = entry.get("name")
    # Embedding models cannot write; the cloud's models cost money that nobody agreed to.
    return isinstance(name, str) and "embed" not in name and not name.endswith("cloud")


def _size(entry: dict[str, object]) -> float:
    size = entry.get("size")
    return size if isinstance(size, int | float) else 0
