"""One call through pydantic-ai: the request, the HTTP client, the reply."""
