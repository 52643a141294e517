"""Sends a request again without what a server has refused in it, and the next ones so from the beginning."""

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from pydantic_ai.models import Model as PydanticModel

from stretto.models.calls.http_hooks import add_remark
from stretto.models.failures.output_limits import room_for_output
from stretto.models.failures.refused_fields import Form, Json, learn, output_limit, with_output_limit

if TYPE_CHECKING:
    from httpx2 import Request, Response

_Send = Callable[..., Awaitable["Response"]]

# Of a template that cannot hold what was sent some servers say that it is their own error.
_REFUSED = frozenset({400, 422, 500, 501})
_MOST = 6
_DEEPEST = 8

_AS_IT_IS = Form()
_forms: dict[str, Form] = {}
"""By address: what was learned last; by address and model: what holds for it. Of the whole process."""


def install_resending(model: PydanticModel) -> None:
    """Have this model's refused requests made again, as far as its HTTP client is pydantic-ai's own."""
    # A provider has no public name for the client that it made; one that a user made is left as it is.
    client: Any = getattr(model.provider, "_own_http_client", None)
    if client is not None and "send" not in vars(client):
        client.send = _sending(client.send)


def _sending(send: _Send) -> _Send:
    async def sending(request: "Request", **options: object) -> "Response":
        # A body is only read where something was refused: that takes time.
        response = None if _forms else await send(request, **options)
        if response is not None and response.status_code not in _REFUSED:
            return response
        body = _body_of(request)
        if body is None:
            return response or await send(request, **options)
        place = str(request.url.copy_with(query=None))
        key = f"{place} {body.get('model', '')}"
        known = _forms.get(key) or _forms.get(place) or _AS_IT_IS
        form, room = known, None
        made, tried = form.make(body), list[Json]()
        while True:
            if response is None:
                response = await send(request if made == body else _with_body(request, made), **options)
            tried.append(made)
            if response.status_code not in _REFUSED:
                break
            message = _all_words(await response.aread())
            room = _room(made, message) or room
            form = form if _room(made, message) else learn(form, made, message) or form
            made = form.make(body) if room is None else with_output_limit(form.make(body), room)
            if made in tried or len(tried) == _MOST:
                break
            response = None
        if response.is_success:
            if form != known:
                _forms[place] = replace(form, most_output=None)  # Each model has a limit of its own.
                _forms[key] = form
            _warn_of_lowered_limit(body, made)
        return response

    return sending


def _room(made: Json, message: str) -> int | None:
    """Return the output that is free beside what this one request says; None where that is not the trouble."""
    asked = output_limit(made)
    room = room_for_output(message, asked) if asked else None
    return room[0] if room and not room[1] else None


def _warn_of_lowered_limit(body: Json, made: Json) -> None:
    asked, now = output_limit(body), output_limit(made)
    if asked and now and now < asked:
        add_remark(f"there is no room for {asked} output tokens, so at the most {now} were asked for.")


def _body_of(request: "Request") -> Json | None:
    if request.method != "POST" or "json" not in request.headers.get("content-type", ""):
        return None
    try:
        body: object = json.loads(request.content)
    except (ValueError, RuntimeError):  # Not JSON, or not there to be read twice.
        return None
    return cast("Json", body) if isinstance(body, dict) else None


def _with_body(request: "Request", body: Json) -> "Request":
    headers = request.headers.copy()
    del headers["content-length"]
    return type(request)(
        request.method,
        request.url,
        headers=headers,
        content=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
        extensions=dict(request.extensions),
    )


def _all_words(body: bytes) -> str:
    """Return all words in the body of an error, names of fields too."""
    try:
        data: object = json.loads(body)
    except ValueError:
        return body.decode(errors="replace")
    return " ".join(_words(data, 0))


def _words(data: object, depth: int) -> Iterator[str]:
    if isinstance(data, dict) and depth < _DEEPEST:
        for name, value in cast("dict[str, object]", data).items():
            # What was sent is repeated by some, and is nobody's words about it.
            if name not in ("input", "ctx", "url"):
                yield name
                yield from _words(value, depth + 1)
    elif isinstance(data, list) and depth < _DEEPEST:
        for value in cast("list[object]", data):
            yield from _words(value, depth + 1)
    elif isinstance(data, str | int | float):
        yield str(data)
