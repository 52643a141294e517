"""How a pydantic-ai model can be asked: in one piece, as a stream, or both. Doubles in tests often lack one."""

from collections.abc import Sequence
from typing import Literal, cast

from pydantic_ai.models import Model as PydanticModel
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.models.wrapper import WrapperModel

CallMode = Literal["both", "plain", "streamed"]


def call_mode_of(model: PydanticModel) -> CallMode:
    """Return how a model can be asked; "plain" is in one piece."""
    if isinstance(model, WrapperModel):
        return call_mode_of(model.wrapped)
    if isinstance(model, FallbackModel):
        modes = [call_mode_of(each) for each in cast("Sequence[PydanticModel]", model.models)]
        return "plain" if "plain" in modes else "streamed" if "streamed" in modes else "both"
    if isinstance(model, FunctionModel):
        return "plain" if model.stream_function is None else "streamed" if model.function is None else "both"
    # Left as it is in the base class, it raises.
    return "plain" if type(model).request_stream is PydanticModel.request_stream else "both"
