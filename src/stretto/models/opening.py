"""Opens a model from whatever a user names it by."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from stretto.core.errors import InputError
from stretto.core.models import Model
from stretto.models.catalog import find_provider
from stretto.models.secrets import check_url
from stretto.models.specs import is_demo, resolve_spec, split_spec

if TYPE_CHECKING:
    from pydantic_ai.agent import AbstractAgent

_NO_KEYS: Mapping[str, str] = MappingProxyType({})


def open_model(spec: object, *, base_url: str | None = None, keys: Mapping[str, str] | None = None) -> Model:
    """Return the model behind the port in core. No call is made.

    `spec` is a name such as "anthropic:claude-sonnet-5-5" or "demo", a
    pydantic-ai model, a pydantic-ai agent, or a model of stretto, which is returned as it is. `keys` maps names
    of environment variables to keys and counts before the environment. Raises `InputError`.
    """
    if isinstance(spec, str):
        return _open_name(resolve_spec(spec, {}), base_url, keys or _NO_KEYS)
    if callable(getattr(spec, "respond", None)):
        return cast("Model", spec)
    return _open_object(spec)


def _open_name(name: str, base_url: str | None, keys: Mapping[str, str]) -> Model:
    if base_url:
        check_url(base_url)  # The demo has no use for one; that it is none is said all the same.
    if is_demo(name):
        # Only the demo needs its templates.
        from stretto.models.demo import DemoModel

        return DemoModel.from_spec(name)
    # pydantic_ai and a provider's SDK take a second or two to import: only for a model that is really opened.
    from stretto.models.building import build_model, find_access
    from stretto.models.direct import DirectModel
    from stretto.models.origin import Origin

    spec = split_spec(name)
    access = find_access(spec, base_url=base_url, keys=keys)
    model = build_model(spec, access)
    origin = Origin.of(model, name=name, keys=(access.key,), base_url=access.url)
    return DirectModel(model, origin=origin, build=lambda: build_model(spec, access))


def _open_object(spec: object) -> Model:
    # As above; for an object of pydantic_ai it is there already.
    from pydantic_ai.agent import AbstractAgent
    from pydantic_ai.models import Model as PydanticModel

    from stretto.models.agent import AgentModel
    from stretto.models.direct import DirectModel
    from stretto.models.origin import Origin

    if isinstance(spec, PydanticModel):
        pydantic_model = cast("PydanticModel[object]", spec)
        return DirectModel(pydantic_model, origin=Origin.of(pydantic_model, name=pydantic_model.model_id))
    if isinstance(spec, AbstractAgent):
        agent = cast("AbstractAgent[None, object]", spec)
        model = agent.model
        name = f"agent:{agent.name or 'unnamed'}"
        if isinstance(model, PydanticModel):
            return AgentModel(agent, Origin.of(model, name=name))
        prefix = str(model or "").partition(":")[0]
        provider = find_provider(prefix)
        return AgentModel(agent, Origin(model=name, system=provider.name if provider else prefix))
    raise InputError(
        f"A model is a name, a pydantic-ai model or agent, or a model of stretto, not {type(spec).__name__}."
    )
