"""What providers say of their rate limits in the headers of each response."""

import asyncio

import pytest
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from stretto.core.errors import ModelError
from stretto.core.models import ModelReply, RateLimits
from stretto.core.sending import holding
from stretto.models import open_model
from stretto.models.calls.http_hooks import read_limits
from tests.models.conftest import KEYS

pytestmark = pytest.mark.anyio

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"


def message(remaining: int, *, limit: int = 50, reset: str = "12s") -> dict[str, str]:
    """Return headers in the words of OpenAI and its followers."""
    return {
        "x-ratelimit-limit-requests": str(limit),
        "x-ratelimit-remaining-requests": str(remaining),
        "x-ratelimit-reset-requests": reset,
    }


def left(remaining: int) -> RateLimits:
    """Return what those headers say."""
    return RateLimits(requests_limit=50, requests_remaining=remaining, seconds_until_reset=12.0)


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("20ms", 0.02),
        ("1h2m3.5s", 3723.5),
        ("1d", 86_400.0),
        ("0s", 0.0),
        ("17", 17.0),
        ("0.25", 0.25),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("1s later", None),
    ],
)
def test_durations_are_read_as_providers_write_them(reset: str, seconds: float | None):
    """Units from milliseconds to days, alone or together, and bare seconds; nonsense is not said at all."""
    limits = read_limits(message(3, reset=reset))
    assert limits
    assert limits.seconds_until_reset == (seconds if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("2026-11-22T12:00:31Z", 30.0),
        ("2026-11-22T12:00:31.5+00:00", 30.5),
        ("2026-11-22T12:00:01Z", 0.0),
        ("2026-11-22T11:59:00Z", 0.0),
        ("9999-99-99T00:00:00Z", None),
    ],
)
def test_moments_are_compared_to_the_servers_clock(reset: str, seconds: float | None):
    """A moment counts from the response's own date, less the second by which whole seconds may be wrong."""
    headers = {"date": NOON, "anthropic-ratelimit-requests-remaining": "4"}
    limits = read_limits(headers | {"anthropic-ratelimit-requests-reset": reset})
    assert limits == RateLimits(requests_remaining=4, seconds_until_reset=seconds)


def test_without_a_date_our_own_clock_counts():
    """A response that does not say the time is taken to be of now."""
    limits = read_limits({"anthropic-ratelimit-requests-reset": "9998-01-01T00:00:00Z", "date": "yesterday"})
    assert limits
    assert limits.seconds_until_reset
    assert limits.seconds_until_reset > 1e9


@pytest.mark.parametrize("value", ["", "many", "-3", "1.5", "²"])
def test_numbers_that_are_none_are_not_said(value: str):
    """A header that is no number counts as absent; with nothing left there are no limits."""
    assert read_limits({"x-ratelimit-remaining-requests": value}) is None


async def test_every_protocol_tells_its_limits(server, protocol, streamed, make_request):
    """A reply carries what its own response said, streamed and not; one that said nothing carries nothing."""
    model = open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)
    for headers in (message(7), {}):
        reply = protocol.reply(["Hello"], protocol.stop, streamed=streamed)
        reply.headers.update(headers)
        server.script.append(reply)
    told: list[str] = []
    replies = [await model.respond(make_request(), told.append if streamed else None) for _ in range(2)]
    assert [reply.limits for reply in replies] == [left(7), None]


async def test_anthropic_tells_its_limits_in_its_own_words(server, protocols, streamed, make_request):
    """Anthropic's names and moments are read from a real response."""
    anthropic = protocols["anthropic"]
    reply = anthropic.reply(["Hello"], anthropic.stop, streamed=streamed)
    reply.headers |= {
        "date": NOON,
        "anthropic-ratelimit-requests-limit": "1000",
        "anthropic-ratelimit-requests-remaining": "999",
        "anthropic-ratelimit-requests-reset": "2026-11-22T12:00:05Z",
    }
    server.script.append(reply)
    model = open_model(anthropic.spec, base_url=anthropic.url(server), keys=KEYS)
    limits = (await model.respond(make_request(), print if streamed else None)).limits
    assert limits == RateLimits(requests_limit=1000, requests_remaining=999, seconds_until_reset=4.0)


async def test_calls_at_once_each_see_their_own(server, protocols, streamed, make_request):
    """Of calls under way together each reply carries the headers of its own response."""
    chat = protocols["chat"]
    for number in range(20):
        reply = chat.reply([str(number)], chat.stop, streamed=streamed)
        reply.headers |= message(number)
        server.script.append(reply)
    model = open_model(chat.spec, base_url=chat.url(server), keys=KEYS)

    async def ask() -> ModelReply:
        return await model.respond(make_request(), (lambda text: None) if streamed else None)

    replies = await asyncio.gather(*(ask() for _ in range(20)))
    assert {reply.text for reply in replies} == {str(number) for number in range(20)}
    assert all(reply.limits == left(int(reply.text)) for reply in replies)


async def test_a_refusal_tells_its_limits(server, protocol, streamed, make_request):
    """The error of a call that was turned away carries them too."""
    model = open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)
    server.say(protocol.error("slow", "rate_limit_exceeded"), 429, **message(0))
    with pytest.raises(ModelError) as caught:
        await model.respond(make_request(), print if streamed else None)
    assert caught.value.kind == "rate_limit"
    assert caught.value.limits == left(0)


async def test_an_answer_that_is_cut_tells_its_limits(server, protocol, make_request):
    """So does the error of an answer whose end was not said."""
    reply = protocol.stream(["Hello"], None)
    reply.headers |= message(3)
    server.script.append(reply)
    model = open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)
    with pytest.raises(ModelError) as caught:
        await model.respond(make_request(), lambda text: None)
    assert caught.value.kind == "cut"
    assert caught.value.limits == left(3)


async def test_a_request_leaves_when_it_may(server, protocol, streamed, make_request):
    """Who holds a request is asked once, before any of it has left."""
    server.script.append(protocol.reply(["Hello"], protocol.stop, streamed=streamed))
    model = open_model(protocol.spec, base_url=protocol.url(server), keys=KEYS)
    asked: list[str] = []

    async def refuse() -> None:
        asked.append("refuse")
        raise ConnectionError("not now")

    async def allow() -> None:
        asked.append("allow")

    with holding(refuse), pytest.raises(ModelError):
        await model.respond(make_request(), print if streamed else None)
    with holding(allow):
        reply = await model.respond(make_request(), print if streamed else None)
    assert (reply.text, asked, len(server.requests)) == ("Hello", ["refuse", "allow"], 1)


@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_users_own_model_and_agent_tell_their_limits(server, protocols, make_request, wrapped: bool):
    """A pydantic-ai model or agent that a user made is listened to as well, each response once."""
    anthropic = protocols["anthropic"]
    for remaining in (9, 8):
        reply = anthropic.whole("Hello", anthropic.stop)
        reply.headers |= message(remaining)
        server.script.append(reply)
    provider = AnthropicProvider(api_key="sk-ant-0123456789", base_url=server.url)
    own = AnthropicModel("claude-haiku-4-5", provider=provider)
    model = open_model(WrapperModel(own) if wrapped else own)
    assert (await model.respond(make_request())).limits == left(9)
    assert (await open_model(Agent(own)).respond(make_request())).limits == left(8)
    hooks = provider.client._client.event_hooks["response"]  # pyright: ignore[reportPrivateUsage]
    assert len(hooks) == len(set(hooks))


async def test_a_model_without_a_client_of_its_own_is_not_listened_to(server, protocols, make_request):
    """Several models in one have no client to listen to: they answer as ever."""
    anthropic = protocols["anthropic"]
    server.script.append(anthropic.whole("Hello", anthropic.stop))
    provider = AnthropicProvider(api_key="sk-ant-0123456789", base_url=server.url)
    several = FallbackModel(AnthropicModel("claude-haiku-4-5", provider=provider))
    assert (await open_model(several).respond(make_request())).limits is None
