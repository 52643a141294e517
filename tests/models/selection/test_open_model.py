"""Opening a model: keys, addresses, extras, and one clear line for whatever is wrong."""

import builtins
import subprocess
import sys
from decimal import Decimal

import pytest
from pydantic_ai.models.openai import OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

from stretto.core.errors import InputError
from stretto.core.usage import FREE
from stretto.models import open_model
from stretto.models.function import FunctionModel
from stretto.models.selection.secrets import mask_keys

KEYS = dict.fromkeys(("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY", "OPENROUTER_API_KEY"), "sk-0123456789")


@pytest.mark.parametrize("name", ["DirectModel", "open_everything"])
def test_the_room_has_only_what_it_names(name: str):
    """A name that the room does not export is an ordinary AttributeError."""
    import stretto.models

    with pytest.raises(AttributeError, match=name):
        getattr(stretto.models, name)
    assert all(getattr(stretto.models, exported) for exported in stretto.models.__all__)


def test_nothing_heavy_is_imported():
    """Importing the room, choosing models and reading names imports no SDK, so the command line starts fast."""
    code = (
        "import sys, stretto.models as models\n"
        "models.choose_models(environ={'OPENAI_API_KEY': 'k'}, keys={})\n"
        "models.resolve_spec('demo', {}), models.open_model\n"
        "heavy = {'pydantic_ai', 'pydantic', 'anthropic', 'openai', 'httpx', 'genai_prices'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("spec", "system"),
    [
        ("anthropic:claude-haiku-4-5", "AnthropicModel"),
        ("openai:gpt-6-luna", "OpenAIResponsesModel"),
        ("openai-chat:gpt-6-luna", "OpenAIChatModel"),
        ("google:gemini-3.8-flash", "GoogleModel"),
        ("openrouter:anthropic/claude-haiku-5.5", "OpenRouterModel"),
        ("ollama:llama3.2", "OllamaModel"),
        ("deepseek:deepseek-chat", "OpenAIChatModel"),
    ],
)
def test_each_name_opens_its_own_interface(spec: str, system: str):
    """The name decides the interface; the opened model carries the name."""
    model = open_model(spec, keys=KEYS | {"DEEPSEEK_API_KEY": "sk-0123456789"})
    assert model.name == spec
    assert model.label == ""
    assert type(model._model).__name__ == system  # type: ignore[attr-defined]


def test_keys_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch):
    """A key in the environment is found; one that is passed counts before it."""
    monkeypatch.setenv("GEMINI_API_KEY", " AIza-env-0123 ")
    assert open_model("gemini-3.8-flash")._origin.keys[0] == "AIza-env-0123"  # type: ignore[attr-defined]
    passed = open_model("gemini-3.8-flash", keys={"GOOGLE_API_KEY": "AIza-arg-0123"})
    assert passed._origin.keys[0] == "AIza-arg-0123"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("anthropic:claude-haiku-4-5", "ANTHROPIC_API_KEY is not set. Run: stretto keys set anthropic"),
        ("openai:gpt-6-luna", "OPENAI_API_KEY is not set. Run: stretto keys set openai"),
        ("openai-chat:gpt-6-luna", "OPENAI_API_KEY is not set. Run: stretto keys set openai"),
        ("google:gemini-3.8-flash", "GOOGLE_API_KEY is not set. Run: stretto keys set google"),
        ("google/gemini-3-flash-preview", "OPENROUTER_API_KEY is not set. Run: stretto keys set openrouter"),
        ("deepseek:deepseek-chat", "DEEPSEEK_API_KEY is not set. Set DEEPSEEK_API_KEY in the environment"),
    ],
)
def test_a_missing_key_is_the_fix(spec: str, message: str):
    """Without a key the error says which one, and the command that sets it."""
    with pytest.raises(InputError) as caught:
        open_model(spec)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["schlüssel-0123", "two keys", "sk-\x1b[0m"])
def test_a_key_that_no_header_can_carry(key: str):
    """A key with a foreign character is refused before any call, without showing it."""
    with pytest.raises(InputError, match="ANTHROPIC_API_KEY has a character") as caught:
        open_model("anthropic:claude-haiku-4-5", keys={"ANTHROPIC_API_KEY": key})
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("antropic:claude-haiku-4-5", "Unknown provider 'antropic'. Did you mean anthropic:"),
        ("acme:model", "Unknown provider 'acme'. Known are anthropic, openai"),
        ("google-gla:gemini-3.8-flash", "Unknown provider 'google-gla'."),
    ],
)
def test_an_unknown_provider(spec: str, message: str):
    """A provider that nobody knows is refused with the one that was probably meant."""
    with pytest.raises(InputError) as caught:
        open_model(spec)
    assert message in str(caught.value)


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://host", "http://", "http://host:99999", "http://[::1", "x"])
def test_what_is_not_a_base_url(url: str):
    """A base URL without scheme or host is refused, from the option and from the environment."""
    with pytest.raises(InputError, match="is not a base URL"):
        open_model("openai:gpt-6-luna", base_url=url)
    with pytest.raises(InputError, match="is not a base URL"):
        open_model("openai:gpt-6-luna", keys={"OPENAI_BASE_URL": url})


@pytest.mark.parametrize(
    ("spec", "name", "url", "used"),
    [
        ("anthropic:claude-haiku-4-5", "ANTHROPIC_BASE_URL", "http://127.0.0.1:9/", "http://127.0.0.1:9"),
        ("anthropic:claude-haiku-4-5", "ANTHROPIC_BASE_URL", "http://127.0.0.1:9/v1", "http://127.0.0.1:9"),
        ("openai:gpt-6-luna", "OPENAI_BASE_URL", "http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"),
        ("google:gemini-3.8-flash", "GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("ollama:llama3.2", "OLLAMA_BASE_URL", "http://127.0.0.1:9", "http://127.0.0.1:9/v1"),
        ("ollama:llama3.2", "OLLAMA_BASE_URL", "http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"),
    ],
)
def test_the_providers_own_variables(monkeypatch: pytest.MonkeyPatch, spec: str, name: str, url: str, used: str):
    """Each provider's own base-URL variable is obeyed; a server of one's own needs no key."""
    monkeypatch.setenv(name, url)
    model = open_model(spec)
    assert model._origin.base_url == used  # type: ignore[attr-defined]
    assert str(model._model.base_url).rstrip("/") == used  # type: ignore[attr-defined]


def test_openrouter_behind_another_address():
    """OpenRouter's models can be reached elsewhere too, though its provider has the address built in."""
    model = open_model("openrouter:a/b", base_url="http://127.0.0.1:9/api/v1")
    assert str(model._model.client.base_url) == "http://127.0.0.1:9/api/v1/"  # type: ignore[attr-defined]


def test_a_gateway_is_gone_through(monkeypatch: pytest.MonkeyPatch):
    """A model behind pydantic-ai's gateway goes to the gateway, and nowhere else."""
    with pytest.raises(InputError, match="PYDANTIC_AI_GATEWAY_API_KEY"):
        open_model("gateway/openai:gpt-6-luna", keys=KEYS)
    monkeypatch.setenv("PYDANTIC_AI_GATEWAY_API_KEY", "paig_0123456789")
    monkeypatch.setenv("PYDANTIC_AI_GATEWAY_BASE_URL", "http://127.0.0.1:9/proxy")
    model = open_model("gateway/openai:gpt-6-luna", keys=KEYS)
    assert str(model._model.base_url).startswith("http://127.0.0.1:9/proxy")  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="cannot be used with another base URL"):
        open_model("gateway/openai:gpt-6-luna", base_url="http://127.0.0.1:9")


def test_a_provider_that_needs_more_than_a_key():
    """What else pydantic-ai's provider wants is told in its own words, in one line."""
    with pytest.raises(InputError, match=r"azure:gpt-4o cannot be used: .*ENDPOINT") as caught:
        open_model("azure:gpt-4o", keys={"AZURE_API_KEY": "sk-0123456789"})
    assert "\n" not in str(caught.value)


def test_who_pays_is_told_apart_by_key_and_address():
    """Models behind one key share an account, however they were opened; it shows nothing of the key."""
    one = open_model("openai:gpt-6-luna", keys=KEYS)
    assert open_model("openai-chat:gpt-6.1-sol", keys=KEYS).account == one.account
    provider = OpenAIProvider(api_key=KEYS["OPENAI_API_KEY"])
    assert open_model(OpenAIResponsesModel("gpt-6-luna", provider=provider)).account == one.account
    assert open_model("openai:gpt-6-luna", keys={"OPENAI_API_KEY": "sk-other-0123"}).account != one.account
    assert open_model("openai:gpt-6-luna", keys=KEYS, base_url="http://127.0.0.1:9").account != one.account
    assert KEYS["OPENAI_API_KEY"] not in one.account


def test_a_missing_extra_says_how(monkeypatch: pytest.MonkeyPatch):
    """Without Google's package the error is the command that installs it."""
    real = builtins.__import__

    def refuse(name: str, *args: object, **kwargs: object) -> object:
        if name.startswith("google"):
            raise ImportError(name)
        return real(name, *args, **kwargs)  # type: ignore[arg-type]

    for module in [name for name in sys.modules if name.startswith(("google", "pydantic_ai.providers.google"))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match=r'pip install "stretto\[google\]"'):
        open_model("google:gemini-3.8-flash", keys=KEYS)


def test_an_extra_of_pydantic_ai():
    """A provider whose package stretto does not name comes with pydantic-ai's own extra."""
    with pytest.raises(InputError, match=r'pip install "pydantic-ai-slim\[groq\]"'):
        open_model("groq:llama", keys={"GROQ_API_KEY": "gsk_0123456789"})


def test_a_model_of_stretto_is_returned_as_it_is():
    """What is a model already needs no opening."""

    async def answer(request: object, tell: object) -> str:
        return ""

    model = FunctionModel(answer)
    assert open_model(model) is model


def test_the_demo_needs_nothing():
    """The demo model opens without a key, and says what it is."""
    model = open_model("demo")
    assert model.name == "demo"
    assert model.label


def test_something_else():
    """What is no model in any form is refused by its type."""
    with pytest.raises(InputError, match="not int"):
        open_model(3)


@pytest.mark.parametrize(
    ("url", "free"),
    [
        ("http://127.0.0.1:1", True),
        ("http://192.168.1.9:11434", True),
        ("http://localhost:1", True),
        ("http://gpu.local", True),
        ("https://ollama.com", False),
        ("http://8.8.8.8", False),
    ],
)
def test_ollama_is_free_only_nearby(url: str, free: bool):
    """Ollama costs nothing on this machine and network; what its cloud costs is not known."""
    from stretto.core.usage import Usage

    cost = open_model("ollama:llama3.2", base_url=url).price(Usage(input_tokens=1))
    assert (cost == FREE) is free
    assert cost.usd == Decimal(0)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key my-own-key-123 bad", "key … bad"),
        ("sk-ant-api03-abc_DEF", "…"),
        ("Authorization: Bearer abcdefghijk", "Authorization: Bearer …"),
        ("AIzaSyA-0123456789", "…"),
        ("a task-force and disk-space", "a task-force and disk-space"),
    ],
)
def test_keys_are_masked(text: str, shown: str):
    """Known keys and whatever looks like one are masked; ordinary words are not."""
    assert mask_keys(text, ("my-own-key-123", "bad")) == shown
