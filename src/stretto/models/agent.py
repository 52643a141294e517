"""A user's own pydantic-ai agent, with its tools, behind the port in core."""

import pydantic_core
from pydantic_ai.agent import AbstractAgent
from pydantic_ai.messages import ModelMessage, ModelResponse, PartDeltaEvent, PartStartEvent, UserContent
from pydantic_ai.models import Model as PydanticModel
from pydantic_ai.run import AgentRunResult, AgentRunResultEvent
from pydantic_ai.settings import ModelSettings

from stretto.core.errors import ModelError
from stretto.core.models import ModelReply, ModelRequest, OnText
from stretto.core.sending import will_report_sent
from stretto.core.usage import Cost, Usage
from stretto.models.answers.finish_reasons import collecting_finish
from stretto.models.answers.single_answer import install_answer_hooks
from stretto.models.calls.call_modes import call_mode_of
from stretto.models.calls.direct import text_of
from stretto.models.calls.google_streams import closing_streams, install_stream_hooks
from stretto.models.calls.http_hooks import collecting_response_info, install_http_hooks, reports_sending
from stretto.models.calls.replies import drop_implausible_usage, read_finish, read_usage
from stretto.models.calls.requests import take_cache_key, to_conversation, to_settings
from stretto.models.calls.resending import install_resending
from stretto.models.failures.errors import translated
from stretto.models.origin import Origin
from stretto.models.prices import price_response, price_tokens


class AgentModel:
    """Answers with the output of a whole run of the agent, tools and all; usage and cost are the run's.

    The agent keeps its own instructions, settings and retries. What it says before it calls a tool is told to
    a watcher too; the reply's text is its output alone: text as it is, anything else as JSON.
    """

    label = ""

    def __init__(
        self,
        agent: AbstractAgent[object, object],
        origin: Origin,
        *,
        deps: object = None,
        accepted: frozenset[str] = frozenset(),
    ) -> None:
        self.name = origin.model
        self.account = origin.account
        self._agent = agent
        self._deps = deps
        self._origin = origin
        self._accepted = accepted
        model = agent.model
        self._model = model if isinstance(model, PydanticModel) else None
        self._streams = self._model is None or call_mode_of(self._model) != "plain"
        # By its name alone the price is known too; without either, nothing is.
        self._model_name = self._model.model_name if self._model else str(model or "").partition(":")[2]

    def price(self, usage: Usage) -> Cost:
        """Return what these tokens cost with the agent's own model; `UNKNOWN_COST` when that is not known."""
        origin = self._origin
        return price_tokens(usage, model=self._model_name, provider=origin.system, base_url=origin.base_url)

    async def respond(self, request: ModelRequest, on_text: OnText | None = None) -> ModelReply:
        """Run the agent once; streams when `on_text` is given. Raises `ModelError`."""
        if self._model:
            if reports_sending(self._model):
                will_report_sent()
            install_http_hooks(self._model)
            install_resending(self._model)
            install_stream_hooks(self._model)
            install_answer_hooks(self._model)
        with collecting_response_info() as response_info, collecting_finish(self._accepted) as finish_info:
            streamed = on_text is not None and self._streams
            result = await (self._stream(request, on_text) if on_text and streamed else self._run(request))
        responses = [message for message in result.new_messages() if isinstance(message, ModelResponse)]
        if not responses:
            raise ModelError(f"{self.name}: the agent ended without an answer.", kind="empty", model=self.name)
        for response in responses:
            drop_implausible_usage(response)
        text = _as_text(result.output)
        if on_text and not streamed and text:
            on_text(text)  # It came in one piece, and somebody watches.
        return ModelReply(
            text=text,
            finish=read_finish(
                responses[-1], model=self.name, streamed=streamed, tools=True, unknown=finish_info.unknown
            ),
            usage=read_usage(responses),
            cost=sum((self._price(response) for response in responses), start=Cost()),
            model=responses[-1].model_name or self.name,
            limits=response_info.limits,
            remarks=tuple(response_info.remarks),
        )

    def _price(self, response: ModelResponse) -> Cost:
        origin = self._origin
        return price_response(response, model=self._model_name, provider=origin.system, base_url=origin.base_url)

    async def _run(self, request: ModelRequest) -> AgentRunResult[object]:
        prompt, history, settings = self._prepare(request, streamed=False)
        # "unexpected" is not retried: what a user's tool raises is not cured by asking again.
        with translated(self._origin, otherwise="unexpected"):
            return await self._agent.run(
                prompt,
                deps=self._deps,
                message_history=history,
                instructions=request.system or None,
                model_settings=settings,
                timeout=request.timeout,
                infer_name=False,
            )

    async def _stream(self, request: ModelRequest, on_text: OnText) -> AgentRunResult[object]:
        prompt, history, settings = self._prepare(request, streamed=True)
        run = self._agent.run_stream_events(
            prompt,
            deps=self._deps,
            message_history=history,
            instructions=request.system or None,
            model_settings=settings,
            timeout=request.timeout,
            infer_name=False,
        )
        async with closing_streams(), run as events:
            while True:
                with translated(self._origin, otherwise="unexpected"):
                    event = await anext(events)
                    text = text_of(event) if isinstance(event, PartStartEvent | PartDeltaEvent) else ""
                if isinstance(event, AgentRunResultEvent):
                    return event.result
                if text:
                    on_text(text)

    def _prepare(
        self, request: ModelRequest, *, streamed: bool
    ) -> tuple[str | list[UserContent], list[ModelMessage], ModelSettings]:
        history, prompt = to_conversation(request, self._model)
        key = take_cache_key(request, self._model)
        settings = to_settings(request, self._model, streamed=streamed, cache_key=key)
        # That limit is for one request to the model; the whole run has its own.
        del settings["request_timeout"]
        return prompt, history, settings


def _as_text(output: object) -> str:
    if output is None:
        return ""
    return output if isinstance(output, str) else pydantic_core.to_json(output, fallback=str).decode()
