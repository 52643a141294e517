"""Names the environment's variable behind a failure of the HTTP client: a proxy, or certificates. No I/O."""


def proxy_hint(base_url: str) -> str:
    """Return."""
    return ""
