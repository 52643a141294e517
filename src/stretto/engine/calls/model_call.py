"""Makes one call to a model within its time limit, and turns whatever its code raises into a `ModelError`."""

from inspect import isawaitable
from typing import cast

import anyio

from stretto.core.errors import ModelError
from stretto.core.models import Model, ModelReply, ModelRequest, OnText

# Beyond the model's own limits, so that the error of `models`, which knows more, comes first.
_MAX_GRACE_SECONDS = 5.0


class AnswerListener:
    """Notes whether any of an answer has come, for whoever listens; nobody does when it is not streamed."""

    def __init__(self, on_text: OnText | None) -> None:
        self.begun = False
        self.on_text = None if on_text is None else self._noting(on_text)

    def _noting(self, on_text: OnText) -> OnText:
        def note(text: str) -> None:
            self.begun = True
            on_text(text)

        return note


async def call_model(model: Model, request: ModelRequest, on_text: OnText | None) -> ModelReply:
    """Return the model's whole reply; raises `ModelError`, also where a model of the user's own fails or hangs."""
    try:
        with anyio.fail_after(request.timeout + min(request.timeout, _MAX_GRACE_SECONDS)):
            answering: object = model.respond(request, on_text)
            return _checked(await answering if isawaitable(answering) else answering, model)
    except ModelError:
        raise
    except TimeoutError:
        raise ModelError(
            f"{model.name} did not answer within {request.timeout:g} seconds.", kind="timeout", model=model.name
        ) from None
    except Exception as error:  # A user's own model: its bug must not take the siblings.
        raise ModelError(f"{model.name} failed: {error!r}", kind="unexpected", model=model.name) from error


def _checked(reply: object, model: Model) -> ModelReply:
    # A user's own model: something else in a reply's place would end the run where it is read.
    if isinstance(reply, ModelReply) and isinstance(cast("object", reply.text), str):
        return reply
    got = f"a reply with the text {reply.text!r}" if isinstance(reply, ModelReply) else f"{reply!r}"
    raise ModelError(
        f"{model.name} must answer with a ModelReply that has text, got {got[:80]}.",
        kind="unexpected",
        model=model.name,
    )
