"""Has each answer looked at where an SDK has parsed its JSON and made nothing of it yet."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from pydantic_ai.models import Model as PydanticModel

from stretto.models.answers.metadata import normalize_answer
from stretto.models.answers.repeated_events import RepeatedEvents

if TYPE_CHECKING:
    from httpx2 import Response

_EVENTS = "stretto_events"


def install_metadata_hooks(model: PydanticModel) -> None:
    """Have the metadata in this model's answers put right, streamed or not."""
    # The steps have no public names. Those of OpenAI's and Anthropic's SDKs are one and the same, and Google's checks
    # what it parses in the next step, which raises for whatever is odd.
    client: object = getattr(model, "client", None)
    if hasattr(client, "_process_response_data"):
        _install_client_hooks(client, model.system)
    elif (inner := getattr(client, "_api_client", None)) is not None and not hasattr(inner, "_stretto"):
        inner._stretto = True
        inner.async_request = _normalized(inner.async_request, model.system)
        inner.async_request_streamed = _normalized_stream(inner.async_request_streamed, model.system)


def _install_client_hooks(client: Any, system: str) -> None:
    if "_process_response_data" in vars(client):
        return
    process = client._process_response_data

    def processed(*, data: object, response: "Response", **rest: object) -> object:
        def build() -> object:
            normalize_answer(data, system)
            return process(data=data, response=response, **rest)

        # One response is one stream.
        return response.extensions.setdefault(_EVENTS, RepeatedEvents()).build(data, build)

    def with_options(**options: object) -> object:
        # pydantic-ai makes one for each call where it is to set the number of retries.
        kind = cast("Any", type(client))
        copy: object = kind.with_options(client, **options)
        _install_client_hooks(copy, system)
        return copy

    client._process_response_data, client.with_options = processed, with_options


def _normalized(request: Callable[..., Awaitable[Any]], system: str) -> Callable[..., Awaitable[Any]]:
    async def requested(*args: object, **options: object) -> object:
        response = await request(*args, **options)
        response.body = _normalize_text(response.body, system)
        return response

    return requested


def _normalized_stream(
    request: Callable[..., Awaitable[AsyncIterator[Any]]], system: str
) -> Callable[..., Awaitable[AsyncIterator[Any]]]:
    async def requested(*args: object, **options: object) -> AsyncIterator[Any]:
        return _normalize_chunks(await request(*args, **options), system)

    return requested


async def _normalize_chunks(chunks: AsyncIterator[Any], system: str) -> AsyncIterator[Any]:
    async for chunk in chunks:
        chunk.body = _normalize_text(chunk.body, system)
        yield chunk


def _normalize_text(body: str | None, system: str) -> str | None:
    try:
        data: object = json.loads(body or "")
    except ValueError:
        return body
    normalize_answer(data, system)
    return json.dumps(data)
