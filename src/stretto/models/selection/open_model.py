"""Opens a model from whatever a user names it by."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from stretto.core.errors import InputError
from stretto.core.models import Model
from stretto.models.answers.finish_reasons import accept
from stretto.models.selection.default_models import find_provider
from stretto.models.selection.model_spec import is_demo, resolve_spec, split_spec
from stretto.models.selection.secrets import check_url

if TYPE_CHECKING:
    from pydantic_ai.agent import AbstractAgent

_TEXTS = ("name", "label", "account")
_NO_KEYS: Mapping[str, str] = MappingProxyType({})


def open_model(
    spec: object,
    *,
    base_url: str | None = None,
    keys: Mapping[str, str] | None = None,
    deps: object = None,
    accept_finish_reasons: Iterable[str] = (),
) -> Model:
    """Return the model behind the port in core. No call is made.

    `spec` is a name such as "anthropic:claude-sonnet-5-5" or "demo", a
    pydantic-ai model, a pydantic-ai agent, or a model of stretto, which is returned as it is. `base_url` is another
    server that speaks the model's protocol. `keys` maps names of environment variables to keys and counts before the
    environment. `deps` is handed to every run of an agent, for its tools and instructions; workers run at the same
    time and share it. `accept_finish_reasons` are words that end a whole answer, for a server whose words are not
    known. Raises `InputError`.
    """
    accepted = accept(accept_finish_reasons)
    if deps is not None and not _is_agent(spec):
        raise InputError(f"deps are for a pydantic-ai Agent, and {spec!r} is none.", hint="Leave deps out.")
    if isinstance(spec, str):
        return _open_name(resolve_spec(spec, {}), base_url, keys or _NO_KEYS, accepted)
    if isinstance(spec, type):
        raise InputError(
            f"{spec.__name__} is a class, not a model.", hint=f"Give one of its objects: {spec.__name__}(…)."
        )
    if callable(getattr(spec, "respond", None)):
        return _own_model(spec)
    return _open_object(spec, deps, accepted)


def _is_agent(spec: object) -> bool:
    # As above: whoever has an agent has loaded pydantic_ai, and of a name it is not asked.
    from pydantic_ai.agent import AbstractAgent

    return isinstance(spec, AbstractAgent)


def _own_model(spec: object) -> Model:
    """Return a model of the caller's own; raises `InputError` that says what it lacks of the port."""
    kind = type(spec).__name__
    lacking = [name for name in _TEXTS if not isinstance(getattr(spec, name, None), str)]
    lacking += [] if callable(getattr(spec, "price", None)) else ["price"]
    if lacking:
        raise InputError(
            f"{kind} has respond and is yet no model: it lacks {', '.join(lacking)}.",
            hint="stretto.core.models.Model says what each is; stretto.models.FunctionModel has them all.",
        )
    model = cast("Model", spec)
    if not _takes(model.respond, 2) or not _takes(model.price, 1):
        raise InputError(
            f"{kind} is no model: it must have respond(request, on_text=None) and price(usage).",
            hint="stretto.core.models.Model says what each is given and returns.",
        )
    return model


def _takes(method: Callable[..., object], count: int) -> bool:
    try:
        inspect.signature(method).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # Some of what is written in C has no signature to be seen.
        return True
    return True


def _open_name(name: str, base_url: str | None, keys: Mapping[str, str], accepted: frozenset[str]) -> Model:
    if base_url:
        check_url(base_url)  # The demo has no use for one; that it is none is said all the same.
    if is_demo(name):
        # Only the demo needs its templates.
        from stretto.models.demo import DemoModel

        return DemoModel.from_spec(name)
    # pydantic_ai and a provider's SDK take a second or two to import: only for a model that is really opened.
    from stretto.models.calls.direct import DirectModel
    from stretto.models.origin import Origin
    from stretto.models.selection.provider_models import build_model, find_access

    spec = split_spec(name)
    access = find_access(spec, base_url=base_url, keys=keys)
    model = build_model(spec, access)
    origin = Origin.of(model, name=name, keys=(access.key,), base_url=access.url)
    return DirectModel(model, origin=origin, build=lambda: build_model(spec, access), accepted=accepted)


def _open_object(spec: object, deps: object, accepted: frozenset[str]) -> Model:
    # As above; for an object of pydantic_ai it is there already.
    from pydantic_ai.agent import AbstractAgent
    from pydantic_ai.models import Model as PydanticModel

    from stretto.models.agent import AgentModel
    from stretto.models.calls.call_modes import call_mode_of
    from stretto.models.calls.direct import DirectModel
    from stretto.models.origin import Origin

    if isinstance(spec, PydanticModel):
        pydantic_model = cast("PydanticModel[object]", spec)
        origin = Origin.of(pydantic_model, name=pydantic_model.model_id)
        return DirectModel(pydantic_model, origin=origin, mode=call_mode_of(pydantic_model), accepted=accepted)
    if isinstance(spec, AbstractAgent):
        agent = cast("AbstractAgent[object, object]", spec)
        model = agent.model
        name = f"agent:{agent.name or 'unnamed'}"
        if deps is None and (wanted := agent.deps_type) not in (object, type(None)):
            raise InputError(
                f"The agent {agent.name or 'unnamed'} needs deps of type {getattr(wanted, '__name__', wanted)}.",
                hint="Give them: worker_model=open_model(agent, deps=…), from stretto.models.",
            )
        if isinstance(model, PydanticModel):
            return AgentModel(agent, Origin.of(model, name=name), deps=deps, accepted=accepted)
        prefix = str(model or "").partition(":")[0]
        provider = find_provider(prefix)
        origin = Origin(model=name, system=provider.name if provider else prefix)
        return AgentModel(agent, origin, deps=deps, accepted=accepted)
    raise InputError(
        f"A model is a name, a pydantic-ai model or agent, or a model of stretto, not {type(spec).__name__}.",
        hint='Write a name such as "demo" or "anthropic:claude-sonnet-5-5".',
    )
