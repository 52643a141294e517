"""Server-sent events as bytes: plain, with noise around them, or with their data on several lines. No I/O."""

import json
from dataclasses import dataclass
from typing import Any


def to_json(value: object) -> str:
    """Write compact JSON with characters as they are, so that a chunk border can fall inside one."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `data` is JSON, or a raw string such as `[DONE]`."""

    data: dict[str, Any] | str
    name: str = ""
    """Written as an `event:` line unless empty."""

    def encode(self) -> bytes:
        """Return the event as providers send it."""
        text = self.data if isinstance(self.data, str) else to_json(self.data)
        head = f"event: {self.name}\n" if self.name else ""
        return f"{head}data: {text}\n\n".encode()

    def encode_on_lines(self) -> bytes:
        """Return the event with its JSON spread over several `data:` lines, which SSE joins with line ends."""
        if isinstance(self.data, str):
            return self.encode()
        head = f"event: {self.name}\n" if self.name else ""
        lines = json.dumps(self.data, ensure_ascii=False, indent=1).split("\n")
        return (head + "".join(f"data: {line}\n" for line in lines) + "\n").encode()

    def encode_malformed(self) -> bytes:
        """Return the event with its JSON broken off."""
        text = self.data if isinstance(self.data, str) else to_json(self.data)
        head = f"event: {self.name}\n" if self.name else ""
        return f"{head}data: {text[: len(text) // 2]}\n\n".encode()
