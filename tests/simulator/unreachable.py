"""Addresses at which nobody answers."""

import socket

UNRESOLVABLE_URL = "http://provider.invalid"
"""A name that no resolver knows (RFC 2606)."""


def refusing_url() -> str:
    """Return the address of a port at which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{sock.getsockname()[1]}"
