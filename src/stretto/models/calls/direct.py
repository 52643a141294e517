"""A model of a provider, called through pydantic-ai's direct interface: one request, one reply."""

from collections.abc import Callable
from contextlib import AsyncExitStack

from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import (
    ModelResponse,
    ModelResponseStreamEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
)
from pydantic_ai.models import Model as PydanticModel

from stretto.core.models import ModelReply, ModelRequest, OnText
from stretto.core.sending import will_report_sent
from stretto.core.usage import Cost, Usage
from stretto.models.answers.finish_reasons import collecting_finish
from stretto.models.calls.cache_keys import is_further
from stretto.models.calls.cache_warmup import OnAnswerBegun, cache_warmup
from stretto.models.calls.call_modes import CallMode
from stretto.models.calls.google_streams import closing_streams
from stretto.models.calls.http_clients import ClientPerLoop
from stretto.models.calls.http_hooks import collecting_response_info, reports_sending
from stretto.models.calls.replies import drop_implausible_usage, read_finish, read_text, read_usage
from stretto.models.calls.requests import take_cache_key, to_messages, to_parameters, to_settings
from stretto.models.calls.thinking_text import ThinkingFilter
from stretto.models.failures.errors import translated
from stretto.models.origin import Origin
from stretto.models.prices import price_response, price_tokens


class DirectModel:
    """A pydantic-ai model behind the port in core. Makes no retries; raises `ModelError` for every failed call."""

    label = ""

    def __init__(
        self,
        model: PydanticModel,
        *,
        origin: Origin,
        build: Callable[[], PydanticModel] | None = None,
        mode: CallMode = "both",
        accepted: frozenset[str] = frozenset(),
    ) -> None:
        self.name = origin.model
        self.account = origin.account
        self._model = model
        self._origin = origin
        self._mode: CallMode = mode
        self._accepted = accepted
        self._clients = ClientPerLoop(model, build)

    def price(self, usage: Usage) -> Cost:
        """Return what these tokens cost; `UNKNOWN_COST` when the price is not known."""
        origin = self._origin
        return price_tokens(usage, model=self._model.model_name, provider=origin.system, base_url=origin.base_url)

    async def respond(self, request: ModelRequest, on_text: OnText | None = None) -> ModelReply:
        """Make one call; streams when `on_text` is given, which gets the text and never the thinking."""
        if reports_sending(self._model):
            will_report_sent()
        with translated(self._origin):
            model = await self._clients.enter()
        key = take_cache_key(request, model)
        # A run itself sees to it that its first call with a prefix leads; it knows nothing of further keys.
        async with cache_warmup(key if key and is_further(key) else None) as begun:
            # The call that others wait for is streamed, whoever listens: its answer's beginning is what counts.
            streamed = self._mode == "streamed" or (self._mode == "both" and (on_text is not None or begun is not None))
            with collecting_response_info() as response_info, collecting_finish(self._accepted) as finish_info:
                if streamed:
                    response = await self._stream(model, request, key, on_text, begun)
                else:
                    response = await self._ask(model, request, key)
                finish = read_finish(response, model=self.name, streamed=streamed, unknown=finish_info.unknown)
            if on_text and not streamed and (text := read_text(response)):
                on_text(text)  # It came in one piece, and somebody watches.
        # A field of another type than the protocol's comes this far.
        with translated(self._origin):
            drop_implausible_usage(response)
            return ModelReply(
                text=read_text(response),
                finish=finish,
                usage=read_usage([response]),
                cost=price_response(
                    response,
                    model=self._model.model_name,
                    provider=self._origin.system,
                    base_url=self._origin.base_url,
                ),
                model=response.model_name or self._model.model_name,
                limits=response_info.limits,
                remarks=tuple(response_info.remarks),
            )

    async def _ask(self, model: PydanticModel, request: ModelRequest, key: str | None) -> ModelResponse:
        with translated(self._origin):
            return await model_request(
                model,
                to_messages(request, model),
                model_settings=to_settings(request, model, streamed=False, cache_key=key),
                model_request_parameters=to_parameters(request, model),
            )

    async def _stream(
        self,
        model: PydanticModel,
        request: ModelRequest,
        key: str | None,
        on_text: OnText | None,
        begun: OnAnswerBegun | None,
    ) -> ModelResponse:
        async with closing_streams(), AsyncExitStack() as stack:
            with translated(self._origin):
                stream = await stack.enter_async_context(
                    model_request_stream(
                        model,
                        to_messages(request, model),
                        model_settings=to_settings(request, model, streamed=True, cache_key=key),
                        model_request_parameters=to_parameters(request, model),
                    )
                )
                events = aiter(stream)
            thinking_filter = ThinkingFilter()
            while True:
                # Around the provider's part only: what the watcher raises is not the provider's error.
                with translated(self._origin):
                    event = await anext(events, None)
                    piece = "" if event is None else text_of(event)
                if event is None:
                    return stream.get()
                if begun:
                    begun()
                if on_text and (text := thinking_filter.feed(piece)):
                    on_text(text)


def text_of(event: ModelResponseStreamEvent) -> str:
    """Return the piece of text that an event brings, empty for anything else; raises `TypeError` if it brings none."""
    match event:
        case PartStartEvent(part=TextPart(content=text)) | PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
            return _checked(text)
        case _:
            return ""


def _checked(text: object) -> str:
    # The SDKs check no types: a text's piece that brings none would pass, and the answer lack its beginning.
    if not isinstance(text, str):
        raise TypeError(f"A piece of text is {text!r}.")
    return text
