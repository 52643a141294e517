"""Language models behind the port in core; the only room that imports pydantic_ai."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stretto.models.choosing import Choice as Choice
    from stretto.models.choosing import ProviderStatus as ProviderStatus
    from stretto.models.choosing import choose_models as choose_models
    from stretto.models.choosing import list_models as list_models
    from stretto.models.function import FunctionModel as FunctionModel
    from stretto.models.opening import open_model as open_model
    from stretto.models.specs import resolve_spec as resolve_spec

__all__ = ["Choice", "FunctionModel", "ProviderStatus", "choose_models", "list_models", "open_model", "resolve_spec"]

_HOMES = {
    "Choice": "stretto.models.choosing",
    "FunctionModel": "stretto.models.function",
    "ProviderStatus": "stretto.models.choosing",
    "choose_models": "stretto.models.choosing",
    "list_models": "stretto.models.choosing",
    "open_model": "stretto.models.opening",
    "resolve_spec": "stretto.models.specs",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # On first use: the CLI's start-up imports this room without needing any of it.
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
