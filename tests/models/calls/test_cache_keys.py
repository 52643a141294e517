"""Keys that bring calls with one prefix to the machine that has it cached."""

import pytest
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings

from stretto.models import open_model
from stretto.models.calls.cache_keys import CacheKeys
from stretto.models.calls.requests import take_cache_key

pytestmark = pytest.mark.anyio

KEYS = {"OPENAI_API_KEY": "sk-0123456789", "OPENROUTER_API_KEY": "sk-or-0123456789"}
GUIDE = "Speak plainly and warmly. " * 200
OTHER = "Speak loudly and proudly. " * 200


def take(keys: CacheKeys, number: int, *, at: float, prefix: str = GUIDE) -> list[str | None]:
    """Return the keys of so many calls at one time."""
    return [keys.take("gpt-5", prefix, at) for _ in range(number)]


def test_one_prefix_and_model_have_one_key():
    """The key is short, the same in every process, and another one for another prefix or model."""
    first, second = CacheKeys(), CacheKeys()
    key = first.take("gpt-5", GUIDE, 0.0)
    assert key
    assert len(key) == 16
    assert second.take("gpt-5", GUIDE, 7.0) == key
    assert first.take("gpt-5", OTHER, 0.0) != key
    assert first.take("gpt-5-mini", GUIDE, 0.0) != key


def test_a_prefix_too_short_to_be_cached_has_none():
    """From 1,024 tokens on, at four bytes each, a prefix has a key."""
    keys = CacheKeys()
    assert keys.take("gpt-5", "", 0.0) is None
    assert keys.take("gpt-5", "word" * 1_023, 0.0) is None
    assert keys.take("gpt-5", "word" * 1_024, 0.0)
    assert keys.take("gpt-5", "\ud800" + "词" * 1_400, 0.0)


def test_above_fifteen_a_minute_further_keys_are_used():
    """Each key takes fifteen calls a minute; with forty there are three."""
    made = take(CacheKeys(), 40, at=5.0)
    base = made[0]
    assert made == [base] * 15 + [f"{base}-1"] * 15 + [f"{base}-2"] * 10


def test_the_first_key_with_room_is_taken_again():
    """A steady stream keeps to as few keys as it needs, and none gets more than its fifteen a minute."""
    keys = CacheKeys()
    calls = [(second * 2.0, keys.take("gpt-5", GUIDE, second * 2.0)) for second in range(300)]
    assert len({key for _, key in calls}) == 2
    for at, key in calls:
        assert sum(other == key and at - 60.0 < when <= at for when, other in calls) <= 15


def test_other_prefixes_do_not_count():
    """Calls are counted for each prefix by itself."""
    keys = CacheKeys()
    take(keys, 15, at=0.0, prefix=OTHER)
    assert len(set(take(keys, 15, at=0.0))) == 1


def test_a_minute_later_all_is_forgotten():
    """The first key has room again, and prefixes that nobody uses take no room in memory."""
    keys = CacheKeys()
    base = take(keys, 16, at=100.0)[0]
    assert take(keys, 1, at=159.0) == [f"{base}-1"]
    assert take(keys, 1, at=160.0) == [base]
    take(keys, 1, at=230.0, prefix=OTHER)
    assert len(keys._shards) == 1  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("name", ["chat", "responses"])
async def test_openai_is_sent_the_same_key_for_the_same_prefix(server, protocols, streamed, make_request, name: str):
    """On both of OpenAI's protocols, streamed and not, and none for a prefix that is empty or short."""
    protocol = protocols[name]
    model = open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)
    for number, prefix in enumerate((GUIDE, GUIDE, OTHER, "Be kind.", "")):
        server.script.append(protocol.reply(["Hello"], protocol.stop, streamed=streamed))
        await model.respond(make_request(f"ask {number}", prefix=prefix), print if streamed else None)
    sent = [request.body.get("prompt_cache_key") for request in server.requests]
    assert sent[0]
    assert sent[1] == sent[0]
    assert sent[2]
    assert sent[2] != sent[0]
    assert sent[3:] == [None, None]


@pytest.mark.parametrize(
    ("spec", "base_url", "takes"),
    [
        ("openai:gpt-5.2", None, True),
        ("openai-chat:ft:gpt-4.1:shop::1", None, True),
        ("openai:gpt-5.2", "http://proxy.example/v1", True),
        ("openai-chat:qwen3", "http://127.0.0.1:8000/v1", False),
        ("openai-chat:gpt-oss-20b", "http://127.0.0.1:8000/v1", False),
        ("openrouter:openai/gpt-5.2", None, False),
        ("ollama:gpt-oss", None, False),
    ],
)
def test_only_openai_is_sent_keys(make_request, spec: str, base_url: str | None, takes: bool):
    """Servers that only speak its protocol might refuse the field; a proxy in front of OpenAI does not."""
    model = open_model(spec, base_url=base_url, keys=KEYS)
    key = take_cache_key(make_request(prefix=GUIDE), model._model)  # type: ignore[attr-defined]
    assert (key is not None) is takes


async def test_a_users_own_key_stays(server, protocols, make_request):
    """A key in the settings of a user's own model is sent as it is; an agent's model is given ours."""
    chat = protocols["chat"]
    provider = OpenAIProvider(api_key="sk-0123456789", base_url=chat.url(server))
    settings = ModelSettings(openai_prompt_cache_key="mine")  # type: ignore[typeddict-unknown-key]
    own = OpenAIChatModel("gpt-4.1-mini", provider=provider, settings=settings)
    plain = OpenAIChatModel("gpt-4.1-mini", provider=provider)
    for model in (own, Agent(plain)):
        server.script.append(chat.whole("Hello", chat.stop))
        await open_model(model).respond(make_request(prefix=GUIDE))
    mine, ours = (request.body["prompt_cache_key"] for request in server.requests)
    assert mine == "mine"
    assert isinstance(ours, str)
    assert len(ours) >= 16
