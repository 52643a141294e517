"""Keeps to the one answer that was asked for, and to an end that says that something is missing from it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from pydantic_ai.exceptions import UnexpectedModelBehavior
from pydantic_ai.models import Model as PydanticModel
from pydantic_ai.models import StreamedResponse
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.wrapper import WrapperModel

from stretto.models.answers.sdk_hooks import install_metadata_hooks
from stretto.models.failures.failure_body import error_beside

# What pydantic-ai's streams read their provider's chunks from.
_CHUNKS = "_response"
_SETTINGS = "_model_settings"
# No others: some gateways put words of their own into every chunk, and some of Gemini's models a STOP.
_MISSING = frozenset({"length", "content_filter", "error"})
_GEMINI_WHOLE = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED"})
_ANTHROPIC_MISSING = frozenset({"max_tokens", "refusal", "pause_turn", "model_context_window_exceeded"})
_ALTERNATIVES: Mapping[str, Callable[[str], bool]] = {
    "choices": _MISSING.__contains__,
    "candidates": lambda reason: reason not in _GEMINI_WHOLE,
}

# Of the events of Anthropic's and of the Responses API.
_BEGINS = frozenset({"message_start", "response.created"})
_SAYS = ("content_block", "response.output", "response.content_part")
_ENDS = frozenset({"message_stop", "response.completed", "response.incomplete", "response.failed"})
_FAILS = frozenset({"response.incomplete", "response.failed", "error"})
_ANEW = "The provider begins a second answer inside the first"


def install_answer_hooks(model: PydanticModel) -> None:
    """Have what this model answers looked at before pydantic-ai reads it, and what the models in it do."""
    if isinstance(model, WrapperModel):
        install_answer_hooks(model.wrapped)
    elif isinstance(model, FallbackModel):
        for one in model.models:
            install_answer_hooks(one)
    else:
        install_metadata_hooks(model)
        for name, hook in _MODEL_HOOKS.items():
            step = getattr(model, name, None)
            if step is not None and name not in vars(model):
                setattr(model, name, hook(model, step))


def _open_one(_: PydanticModel, opening: Callable[..., Awaitable[StreamedResponse]]) -> object:
    async def opened(*args: object, **options: object) -> StreamedResponse:
        stream = await opening(*args, **options)
        if (chunks := getattr(stream, _CHUNKS, None)) is not None:
            setattr(stream, _CHUNKS, _OneAnswer(chunks))
        if hasattr(stream, _SETTINGS):
            # Some servers report the usage so far with every chunk, which is otherwise added up.
            setattr(stream, _SETTINGS, {**(getattr(stream, _SETTINGS) or {}), "openai_continuous_usage_stats": True})
        return stream

    return opened


def _refuse_error(model: PydanticModel, validate: Callable[[Any], object]) -> object:
    # OpenRouter's have a form of their own, which pydantic-ai reads, except those of a choice.
    routed = model.system == "openrouter"

    def validated(completion: Any) -> object:
        choices = completion.choices or ()
        for place in choices if routed else (completion, *choices):
            _raise_error(place, model.model_name)
        return validate(completion)

    return validated


def _check_items(_: PydanticModel, read: Callable[[Any], object]) -> object:
    def checked(response: Any) -> object:
        # The models of Chat Completions have a hook of the same name.
        if getattr(response, "status", None) == "completed" and any(map(_is_half, response.output or ())):
            response.status = "incomplete"
        return read(response)

    return checked


# Steps of pydantic-ai's models, and what is put around them: how a stream is opened, and what subclasses are given to
# look at a Chat Completion and at a Response, a stream's last one included.
_MODEL_HOOKS: Mapping[str, Callable[[PydanticModel, Any], object]] = {
    "_process_streamed_response": _open_one,
    "_validate_completion": _refuse_error,
    "_process_provider_details": _check_items,
}


class _OneAnswer:
    """Stands for the chunks of a stream, without what belongs to another answer than the first.

    Nobody asked for a second choice; a server that sends one all the same would have its words woven into the first.
    """

    def __init__(self, chunks: AsyncIterator[Any]) -> None:
        self._chunks = chunks
        self._field: str | None = None
        """Where chunks have their choices; empty where they are events."""
        self._first: int | None = None
        """The number of the choice that spoke first."""
        self._cut: str | None = None
        """The end that says that something is missing."""
        self._id: str | None = None
        self._steady = False
        """Whether chunks of one answer have one ID: some servers give each its own."""
        self._begun = False
        self._ended = False
        self._block = -1
        """The number of Anthropic's block that is under way."""
        self._said: int | None = None
        """Characters of text in a Response; None where its beginning was not seen, as when it is resumed."""

    def __getattr__(self, name: str) -> object:
        return getattr(self._chunks, name)

    def __aiter__(self) -> "_OneAnswer":
        return self

    async def __anext__(self) -> object:
        while not self._keeps(chunk := await anext(self._chunks)):
            pass
        return chunk

    def _keeps(self, chunk: Any) -> bool:
        # Asked once: that a field is not there is slow to find out, and a stream's chunks are of one kind.
        if self._field is None:
            self._field = next((field for field in _ALTERNATIVES if hasattr(chunk, field)), "")
        if not self._field:
            kind = getattr(chunk, "type", None)
            return self._keeps_event(chunk, kind) if isinstance(kind, str) else True
        if choices := getattr(chunk, self._field, None):
            self._keep_first(chunk, self._field, choices)
            for choice in getattr(chunk, self._field):
                self._look_at(choice, chunk)
                self._keep_end(choice, "finish_reason", _ALTERNATIVES[self._field])
        return True

    def _keep_first(self, chunk: Any, field: str, choices: list[Any]) -> None:
        if self._first is None:
            self._first = _index(choices[0])
        if len(choices) > 1 or _index(choices[0]) != self._first:
            setattr(chunk, field, [choice for choice in choices if _index(choice) == self._first])

    def _look_at(self, choice: Any, chunk: Any) -> None:
        _raise_error(choice, getattr(chunk, "model", None) or "")
        delta = getattr(choice, "delta", None)
        content = getattr(delta, "content", None)
        if not isinstance(content, str | list | None):
            raise TypeError(f"A piece of text is {content!r}.")  # pydantic-ai would leave it out.
        if number := getattr(chunk, "id", None):
            if self._steady and number != self._id and getattr(delta, "role", None):
                raise UnexpectedModelBehavior(_ANEW)
            self._steady, self._id = number == self._id, number

    def _keep_end(self, ending: object, field: str, is_missing: Callable[[str], bool]) -> None:
        # Some servers close every answer with a stop, also one that they have said was cut or filtered.
        if not (reason := getattr(ending, field, None)):
            return
        if self._cut:
            setattr(ending, field, self._cut)
        elif is_missing(reason):
            self._cut = reason

    def _keeps_event(self, event: Any, kind: str) -> bool:
        if self._ended:
            return kind in _FAILS
        if kind in _BEGINS and self._begun:
            raise UnexpectedModelBehavior(_ANEW)
        if kind == "response.created":
            self._said = 0
        self._begun = self._begun or kind.startswith(_SAYS)
        if kind.startswith("content_block"):
            # They follow each other; some gateways give all of them one number, or none.
            self._block += kind == "content_block_start"
            event.index = self._block
        self._ended = kind in _ENDS
        if kind == "message_delta":
            self._keep_end(event.delta, "stop_reason", _ANTHROPIC_MISSING.__contains__)
        elif kind == "content_block_delta" and event.delta is None:
            raise TypeError("A piece of the answer is missing.")  # pydantic-ai would leave it out.
        elif kind == "response.output_text.delta" and self._said is not None:
            self._said += len(event.delta or "")
        elif kind == "response.output_item.done" and _is_half(event.item):
            self._cut = "incomplete"
        elif kind == "response.completed":
            self._keep_status(event.response)
        return True

    def _keep_status(self, response: Any) -> None:
        if response.error:
            response.status = "failed"
        elif self._cut or (self._said is not None and self._said < _text_length(response)):  # A piece was lost.
            response.status = "incomplete"


def _raise_error(place: object, model: str) -> None:
    if (error := error_beside(place, model)) is not None:
        raise error


def _index(choice: object) -> int:
    # Some servers leave it out.
    return getattr(choice, "index", None) or 0


def _is_half(item: object) -> bool:
    return getattr(item, "type", None) == "message" and getattr(item, "status", None) == "incomplete"


def _text_length(response: Any) -> int:
    # Some gateways trim the text that they repeat, or repeat none.
    contents = [content for item in response.output or () for content in getattr(item, "content", None) or ()]
    return sum(
        len((content.text or "").strip()) for content in contents if getattr(content, "type", None) == "output_text"
    )
