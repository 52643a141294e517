"""The first call with a further cache key begins before the others that share it are made."""

from contextlib import suppress

import anyio
import pytest

from stretto.core.errors import ModelError
from stretto.models import open_model
from stretto.models.calls import cache_warmup as warming
from stretto.models.calls.cache_warmup import cache_warmup

pytestmark = pytest.mark.anyio

KEYS = {"OPENAI_API_KEY": "sk-0123456789"}
GUIDE = "Speak plainly and warmly. " * 200


class Followers:
    """Calls that follow, and what they were given."""

    def __init__(self) -> None:
        self.given: list[bool] = []

    async def call(self, key: str | None) -> None:
        """Make one call; one that has to lead begins and ends at once."""
        async with cache_warmup(key) as begun:
            self.given.append(begun is not None)
            if begun:
                begun()


class Clock:
    """The time that keys are used at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        monkeypatch.setattr(anyio, "current_time", lambda: self.now)


async def test_others_wait_until_the_first_has_begun():
    """Calls with the key wait for the beginning, not the end, of the first one's answer; other keys do not."""
    followers = Followers()
    async with anyio.create_task_group() as group, cache_warmup("key") as begun:
        assert begun
        for key in ("key", "key", None, "other"):
            group.start_soon(followers.call, key)
        await anyio.wait_all_tasks_blocked()
        assert followers.given == [False, True]
        begun()
        await anyio.wait_all_tasks_blocked()
        assert followers.given == [False, True, False, False]


async def test_a_first_call_that_fails_leaves_its_part_to_the_next():
    """Nobody is kept waiting by a call that ended before its answer began."""
    followers = Followers()
    async with anyio.create_task_group() as group:
        with suppress(ModelError):
            async with cache_warmup("key"):
                group.start_soon(followers.call, "key")
                group.start_soon(followers.call, "key")
                await anyio.wait_all_tasks_blocked()
                assert followers.given == []
                raise ModelError("no", kind="server")
    assert followers.given == [True, False]


async def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch):
    """A first call that takes long is not waited for: the prefix is paid for twice."""
    followers = Followers()
    monkeypatch.setattr(warming, "_MAX_WAIT_SECONDS", 0.0)
    async with cache_warmup("key"):
        await followers.call("key")
    assert followers.given == [False]


async def test_a_key_that_was_not_used_for_long_is_led_again(monkeypatch: pytest.MonkeyPatch):
    """A provider forgets a prefix; what is kept about old keys is forgotten with it."""
    clock, followers = Clock(monkeypatch), Followers()
    for clock.now in (1_000.0, 1_200.0, 1_450.0, 1_800.0):
        await followers.call("key")
    assert followers.given == [True, False, False, True]
    await followers.call("other")
    clock.now = 2_500.0
    async with cache_warmup("third"):
        assert len(warming._warmup_calls.get()) == 1  # pyright: ignore[reportPrivateUsage]


async def test_a_first_call_that_outlives_its_key_leaves_the_next_alone(monkeypatch: pytest.MonkeyPatch):
    """The end of a call that was given up does not end the part of the one that took its place."""
    clock, followers = Clock(monkeypatch), Followers()
    async with cache_warmup("key"):
        clock.now += 301.0
        await followers.call("key")
    await followers.call("key")
    assert followers.given == [True, False]


async def test_the_first_call_with_a_further_key_is_streamed(server, protocols, make_request):
    """Nobody listens, but its beginning counts; sixteen calls in a minute are one more than a key takes."""
    chat = protocols["chat"]
    model = open_model(chat.spec, base_url=chat.url(server), keys=KEYS)
    for number in range(17):
        server.script.append(chat.reply(["Hello"], chat.stop, streamed=number == 15))
        reply = await model.respond(make_request(prefix=GUIDE))
        assert reply.text == "Hello"
    assert [bool(request.body.get("stream")) for request in server.requests] == [*[False] * 15, True, False]
    keys = [str(request.body["prompt_cache_key"]) for request in server.requests]
    assert keys == [keys[0]] * 15 + [f"{keys[0]}-1"] * 2
