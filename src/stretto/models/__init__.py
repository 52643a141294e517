"""Language models behind the port in core; the only room that imports pydantic_ai."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stretto.models.function import FunctionModel as FunctionModel
    from stretto.models.selection.model_choice import Choice as Choice
    from stretto.models.selection.model_choice import ProviderStatus as ProviderStatus
    from stretto.models.selection.model_choice import choose_models as choose_models
    from stretto.models.selection.model_choice import list_models as list_models
    from stretto.models.selection.model_spec import resolve_spec as resolve_spec
    from stretto.models.selection.open_model import open_model as open_model

__all__ = ["Choice", "FunctionModel", "ProviderStatus", "choose_models", "list_models", "open_model", "resolve_spec"]

_HOMES = {
    "Choice": "stretto.models.selection.model_choice",
    "FunctionModel": "stretto.models.function",
    "ProviderStatus": "stretto.models.selection.model_choice",
    "choose_models": "stretto.models.selection.model_choice",
    "list_models": "stretto.models.selection.model_choice",
    "open_model": "stretto.models.selection.open_model",
    "resolve_spec": "stretto.models.selection.model_spec",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # On first use: the CLI's start-up imports this room without needing any of it.
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
