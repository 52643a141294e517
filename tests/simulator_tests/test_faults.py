"""Each fault is on the wire what its name says, in every protocol, streamed and not."""

import asyncio
import json
from email.utils import parsedate_to_datetime
from typing import Any

import anthropic
import httpx
import openai
import pytest

from tests.simulator import (
    FAULTS,
    UNRESOLVABLE_URL,
    Cut,
    Drip,
    Effect,
    Error,
    Fault,
    Hold,
    Malformed,
    Pause,
    Script,
    Silence,
    Simulator,
    StreamError,
    Timing,
    refusing_url,
)
from tests.simulator.asked import ProtocolName
from tests.simulator.faults import ErrorKind
from tests.simulator_tests.clients import (
    ORCHESTRATOR,
    PROTOCOLS,
    WORKER,
    Exchange,
    RawClient,
    ask,
    events,
    exchange,
    request_for,
)

pytestmark = pytest.mark.anyio

each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)
each_mode = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


def script(*effects: Effect) -> Script:
    """Return a script that does this to every call."""
    return Script((Fault(effects=effects),))


def named(name: str) -> Script:
    """Return a script that does to every call what the catalogue calls so."""
    return script(*FAULTS[name])


async def broken(sim: Simulator, protocol: ProtocolName, streamed: bool) -> Exchange:
    """Make one call; every fault of the transport must leave the log knowing that nothing whole went out."""
    came = await exchange(sim, protocol, streamed=streamed)
    await sim.until(lambda calls: calls[-1].end != "open")
    assert sim.calls[-1].end == "broken"
    return came


@each_protocol
@each_mode
async def test_the_connection_ends_before_the_first_byte(protocol: ProtocolName, streamed: bool) -> None:
    """A reset or an end before the first byte leaves the client without a status."""
    async with Simulator(script=named("reset_before_first_byte")) as sim:
        came = await broken(sim, protocol, streamed)
        assert (came.status, came.ended) == (0, "reset")
        sim.play_script(named("closed_before_first_byte"))
        came = await broken(sim, protocol, streamed)
        assert (came.status, came.ended) == (0, "eof")


@each_protocol
@each_mode
async def test_the_connection_is_reset_in_the_middle(protocol: ProtocolName, streamed: bool) -> None:
    """A reset after the head, or after some tokens, comes with status 200 and a body that is not whole."""
    async with Simulator(script=named("reset_after_head")) as sim:
        came = await broken(sim, protocol, streamed)
        assert (came.status, came.body, came.ended) == (200, b"", "reset")
        sim.play_script(named("reset_mid_stream"))
        came = await broken(sim, protocol, streamed)
        assert (came.status, came.ended) == (200, "reset")
        assert came.body


@each_protocol
@each_mode
async def test_the_transfer_is_cut(protocol: ProtocolName, streamed: bool) -> None:
    """A connection closed in the middle of the chunked encoding, or of the announced length, is not a whole answer."""
    async with Simulator(script=named("chunked_cut")) as sim:
        came = await broken(sim, protocol, streamed)
        assert (came.status, came.ended) == (200, "eof")
        assert came.headers.get("transfer-encoding") == ("chunked" if streamed else None)
        assert "Naïve".encode() in came.body


@each_protocol
async def test_a_stream_ends_cleanly_without_its_finish(protocol: ProtocolName) -> None:
    """A stream can be whole by HTTP's rules and lack the finish event: text came, no reason, no usage."""
    async with Simulator(script=named("clean_end_without_finish")) as sim:
        came = await broken(sim, protocol, streamed=True)
        text = came.body.decode()
        assert (came.status, came.ended) == (200, "complete")
        assert "Naïve" in text
        for finish in ("message_delta", "[DONE]", '"finish_reason":"', "response.completed", "finishReason"):
            assert finish not in text
        assert sim.calls[-1].output_tokens == 16
        sim.play_script(named("clean_end_without_anything"))
        assert (await broken(sim, protocol, streamed=True)).body == b""


@each_protocol
async def test_an_unstreamed_body_ends_cleanly_in_the_middle(protocol: ProtocolName) -> None:
    """An unstreamed answer that is cut cleanly is half a JSON document of the announced length."""
    for name in ("clean_end_without_finish", "malformed_event"):
        async with Simulator(script=named(name)) as sim:
            came = await broken(sim, protocol, streamed=False)
            assert (came.status, came.ended) == (200, "complete")
            assert came.body.startswith(b"{")
            with pytest.raises(json.JSONDecodeError):
                _ = came.json


@each_protocol
@each_mode
async def test_the_transfer_is_cut_inside_a_character(protocol: ProtocolName, streamed: bool) -> None:
    """The last byte that comes is the first of a character that has two."""
    async with Simulator(script=named("cut_inside_character")) as sim:
        came = await broken(sim, protocol, streamed)
        assert came.ended == "eof"
        assert came.body.endswith("ï".encode()[:1])


async def test_a_text_without_such_characters_is_cut_inside_one_all_the_same() -> None:
    """Where a short ASCII answer has no character of several bytes, half of one is sent before its finish."""
    cut = script(Cut(how="eof", after_tokens=1, inside_character=True))
    async with Simulator(script=cut, answers=lambda _: "plain") as sim:
        came = await broken(sim, "chat", streamed=True)
        assert b"plain" in came.body
        assert came.body.endswith("é".encode()[:1])


@each_protocol
@each_mode
async def test_silence_lasts_until_the_client_leaves(protocol: ProtocolName, streamed: bool) -> None:
    """Silence sends what comes before it and nothing more; the call ends when the client gives up."""
    path, headers, body = request_for(protocol, streamed=streamed)
    for tokens in (None, 0, 16):
        async with Simulator(script=script(Silence(after_tokens=tokens))) as sim:
            async with RawClient(sim) as client:
                await client.send(path, headers, body)
                if tokens:
                    came = await client.read(chunks=1)
                    assert came.status == 200
                else:
                    status = 0 if tokens is None else 200
                    await sim.until(
                        lambda calls, status=status: calls and calls[0].digest and calls[0].status == status
                    )
                assert sim.calls[0].end == "open"
            await sim.until(lambda calls: calls[0].end != "open")
            assert sim.calls[0].end == "abandoned"


@each_protocol
async def test_pings_can_go_on_for_ever(protocol: ProtocolName) -> None:
    """Bytes can come for ever without a token among them."""
    path, headers, body = request_for(protocol, streamed=True)
    async with Simulator(script=script(Silence(after_tokens=0, ping_every=0.001))) as sim:
        async with RawClient(sim) as client:
            await client.send(path, headers, body)
            came = await client.read(chunks=20)
            assert set(came.body.split(b"\n")) <= {b": ping", b"event: ping", b'data: {"type":"ping"}', b""}
        await sim.until(lambda calls: calls[0].end == "abandoned")


@each_protocol
@each_mode
async def test_an_error_can_come_with_200(protocol: ProtocolName, streamed: bool) -> None:
    """A gateway can send the error's body with status 200."""
    async with Simulator(script=named("error_with_200")) as sim:
        came = await exchange(sim, protocol, streamed=streamed)
        assert came.status == 200
        assert came.json["error"]["message"]
        assert sim.calls[0].end == "refused"


@each_protocol
@each_mode
async def test_a_held_answer_goes_on_when_it_is_released(protocol: ProtocolName, streamed: bool) -> None:
    """A hold stops the answer where it says and then lets all of it come."""
    for tokens in (None, 0, 8):
        async with Simulator(script=script(Hold(name="gate", after_tokens=tokens))) as sim:
            call = asyncio.create_task(ask(sim, protocol, streamed=streamed))
            await sim.until(lambda calls: calls and calls[0].digest)
            assert sim.calls[0].end == "open"
            sim.release("gate")
            said = await call
            assert said.text.endswith("</response>")
            assert sim.calls[0].end == "delivered"


@each_protocol
@each_mode
async def test_characters_are_split_between_chunks(protocol: ProtocolName, streamed: bool) -> None:
    """Chunk borders fall inside characters, and the SDK still reads the whole text."""
    async with Simulator(script=named("split_characters")) as sim:
        said = await ask(sim, protocol, streamed=streamed)
        assert said.text.startswith("<response>\nNaïve")
        if streamed:
            came = await exchange(sim, protocol, streamed=True)
            assert any(chunk.endswith("ï".encode()[:1]) for chunk in came.chunks)


@pytest.mark.parametrize("protocol", ["anthropic", "chat", "responses"])
async def test_sse_noise_changes_nothing(protocol: ProtocolName) -> None:
    """Comments, pings and data over several lines are on the wire and leave the text as it is."""
    async with Simulator(script=named("sse_noise")) as sim:
        noisy = await ask(sim, protocol, streamed=True)
        came = await exchange(sim, protocol, streamed=True)
        assert b": OPENROUTER PROCESSING\n\n" in came.body
        assert (b"event: ping\n" if protocol == "anthropic" else b": ping\n\n") in came.body
        assert came.body.count(b"\ndata:  ") > 10
        sim.play_script(Script())
        assert await ask(sim, protocol, streamed=True) == noisy


async def test_gemini_events_may_have_several_data_lines() -> None:
    """Gemini's SDK reads data over several lines; comments, which Google never sends, it takes for JSON."""
    async with Simulator(script=named("multi_line_events")) as sim:
        assert (await ask(sim, "gemini", streamed=True)).text.endswith("</response>")
        sim.play_script(named("comment_lines"))
        with pytest.raises(Exception, match="JSON"):
            await ask(sim, "gemini", streamed=True)


@each_protocol
@each_mode
async def test_a_slow_drip_comes_whole_in_the_end(protocol: ProtocolName, streamed: bool) -> None:
    """A drip cuts the body into small pieces, and all of it comes."""
    async with Simulator(script=script(Drip(interval=0.0001, size=64)), answers=lambda _: "Naïve words") as sim:
        came = await exchange(sim, protocol, streamed=streamed)
        assert came.ended == "complete"
        assert not streamed or max(len(chunk) for chunk in came.chunks) <= 64
        assert (await ask(sim, protocol, streamed=streamed)).text == "Naïve words"


@each_protocol
@each_mode
async def test_a_pause_delays_the_first_byte(protocol: ProtocolName, streamed: bool) -> None:
    """A pause comes before the first byte and spoils nothing."""
    async with Simulator(script=script(Pause(seconds=0.01))) as sim:
        assert (await ask(sim, protocol, streamed=streamed)).text.endswith("</response>")
        assert (sim.calls[0].ended_at or 0) - sim.calls[0].at >= 0.01


@each_protocol
async def test_one_event_is_malformed(protocol: ProtocolName) -> None:
    """Exactly one event is broken JSON, and the stream goes on to its finish."""
    async with Simulator(script=script(Malformed(after_tokens=8))) as sim:
        came = await broken(sim, protocol, streamed=True)
        assert came.ended == "complete"
        bad = 0
        for block in came.body.decode().split("\n\n"):
            data = block.partition("data: ")[2]
            try:
                _ = data in ("", "[DONE]") or json.loads(data)
            except json.JSONDecodeError:
                bad += 1
        assert bad == 1


@each_protocol
@each_mode
async def test_html_comes_with_200(protocol: ProtocolName, streamed: bool) -> None:
    """A page comes in place of the answer, with status 200."""
    async with Simulator(script=named("html_with_200")) as sim:
        came = await broken(sim, protocol, streamed)
        assert (came.status, came.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert came.body.startswith(b"<!DOCTYPE html>")


def error_of(protocol: ProtocolName, event: Any) -> str:
    """Return what an error event names as its kind."""
    match protocol:
        case "anthropic":
            return event["error"]["type"]
        case "chat":
            return event["error"]["code"]
        case "responses":
            return event["code"]
        case "gemini":
            return event["error"]["status"]


@each_protocol
async def test_an_error_event_comes_first_or_in_the_middle(protocol: ProtocolName) -> None:
    """An error event is the first thing or comes after so many tokens; nothing follows it."""
    overloaded = {"anthropic": "overloaded_error", "gemini": "UNAVAILABLE"}.get(protocol, "server_is_overloaded")
    server = {"anthropic": "api_error", "gemini": "INTERNAL"}.get(protocol, "server_error")
    async with Simulator(script=named("error_event_first"), answers=lambda _: "word " * 200) as sim:
        came = await broken(sim, protocol, streamed=True)
        (event,) = events(came)
        assert (came.status, came.ended, error_of(protocol, event)) == (200, "complete", overloaded)
        sim.play_script(named("error_event_after_100_tokens"))
        *before, event = events(await broken(sim, protocol, streamed=True))
        assert error_of(protocol, event) == server
        assert len(before) > 10
        assert sim.calls[-1].output_tokens == 104
        sim.play_script(named("error_event_first"))
        assert (await exchange(sim, protocol, streamed=False)).status == (529 if protocol == "anthropic" else 503)


async def test_the_sdks_raise_on_an_error_event() -> None:
    """The SDKs take the error event for one."""
    async with Simulator(script=script(StreamError(kind="overloaded", after_tokens=8))) as sim:
        with pytest.raises(anthropic.APIStatusError, match="overloaded_error"):
            await ask(sim, "anthropic", streamed=True)
        with pytest.raises(openai.APIError, match="overloaded"):
            await ask(sim, "chat", streamed=True)


STATUSES: dict[str, tuple[int, int, int]] = {
    # Anthropic, OpenAI, Gemini
    "unsupported_parameter": (400, 400, 400),
    "context_window": (400, 400, 400),
    "authentication": (401, 401, 400),
    "payment": (402, 402, 400),
    "permission": (403, 403, 403),
    "not_found": (404, 404, 404),
    "timeout": (408, 408, 408),
    "conflict": (409, 409, 409),
    "too_large": (413, 413, 413),
    "rate_limit": (429, 429, 429),
    "slow_down": (429, 429, 429),
    "quota": (400, 429, 429),
    "spend_limit": (429, 429, 429),
    "server": (500, 500, 500),
    "unavailable": (503, 503, 503),
    "gateway_timeout": (504, 504, 504),
    "overloaded": (529, 503, 503),
}


@each_protocol
@each_mode
@pytest.mark.parametrize("kind", STATUSES)
async def test_each_error_has_the_providers_status_and_body(
    protocol: ProtocolName, streamed: bool, kind: ErrorKind
) -> None:
    """Every kind of error comes with the provider's own status and form of body, and is no answer."""
    async with Simulator(script=script(Error(kind=kind))) as sim:
        came = await exchange(sim, protocol, streamed=streamed)
        anthropic_status, openai_status, gemini_status = STATUSES[kind]
        assert came.status == {"anthropic": anthropic_status, "gemini": gemini_status}.get(protocol, openai_status)
        error = came.json["error"]
        assert error["message"]
        assert {"anthropic": "type", "gemini": "status"}.get(protocol, "code") in error
        assert "retry-after" not in came.headers
        assert (sim.calls[0].end, sim.calls[0].status, sim.calls[0].fault) == ("refused", came.status, "Error")


@each_protocol
async def test_a_bad_gateway_answers_with_a_page(protocol: ProtocolName) -> None:
    """A 502 comes from a gateway, as a page."""
    async with Simulator(script=named("bad_gateway")) as sim:
        came = await exchange(sim, protocol, streamed=False)
        assert came.status == 502
        assert came.body.startswith(b"<!DOCTYPE html>")


@each_protocol
async def test_a_status_can_be_another_than_the_providers(protocol: ProtocolName) -> None:
    """A 529 can come from every protocol, as gateways send it."""
    async with Simulator(script=named("overloaded_529")) as sim:
        assert (await exchange(sim, protocol, streamed=False)).status == 529


@pytest.mark.parametrize("protocol", ["anthropic", "chat", "responses"])
@pytest.mark.parametrize(
    ("name", "value"), [("0", "0"), ("5", "5"), ("90", "90"), ("3600", "3600"), ("negative", "-1"), ("nan", "nan")]
)
async def test_retry_after_is_sent_as_it_is(protocol: ProtocolName, name: str, value: str) -> None:
    """Retry-After is in the header as the script gives it, sense or nonsense."""
    async with Simulator(script=named(f"rate_limit_{name}")) as sim:
        came = await exchange(sim, protocol, streamed=False)
        assert (came.status, came.headers["retry-after"]) == (429, value)


@each_protocol
async def test_retry_after_can_be_a_date(protocol: ProtocolName) -> None:
    """Retry-After can name a moment."""
    async with Simulator(script=named("rate_limit_date")) as sim:
        came = await exchange(sim, protocol, streamed=False)
        wait = parsedate_to_datetime(came.headers["retry-after"]) - parsedate_to_datetime(came.headers["date"])
        assert wait.total_seconds() in (5, 6)


async def test_gemini_says_in_the_body_how_long_to_wait() -> None:
    """Gemini has no Retry-After header; its RetryInfo says the same."""
    async with Simulator(script=named("rate_limit_5")) as sim:
        came = await exchange(sim, "gemini", streamed=False)
        assert "retry-after" not in came.headers
        assert came.json["error"]["details"][-1]["retryDelay"] == "5s"


async def test_billing_errors_have_their_own_marks() -> None:
    """What an account's limits answer is told from a rate limit by the body alone."""
    async with Simulator(script=named("spend_limit")) as sim:
        assert (await exchange(sim, "anthropic", streamed=False)).json["error"]["details"] == {
            "error_code": "enforced_spend_limit_reached"
        }
        error = (await exchange(sim, "chat", streamed=False)).json["error"]
        assert (error["type"], error["code"]) == ("insufficient_quota", "organization_spend_limit_exceeded")
        assert "spending cap" in (await exchange(sim, "gemini", streamed=False)).json["error"]["message"]
        sim.play_script(named("quota"))
        assert "credit balance" in (await exchange(sim, "anthropic", streamed=False)).json["error"]["message"]
        assert (await exchange(sim, "responses", streamed=False)).json["error"]["code"] == "insufficient_quota"
        assert b"PerDay" in (await exchange(sim, "gemini", streamed=False)).body
        sim.play_script(named("slow_down"))
        assert (await exchange(sim, "chat", streamed=False)).json["error"]["code"] == "slow_down"


@each_protocol
async def test_the_model_is_named_where_it_is_not_found(protocol: ProtocolName) -> None:
    """A 404 names the model."""
    async with Simulator(script=named("not_found")) as sim:
        path, _, _ = request_for(protocol, streamed=False)
        model = "gemini-3-flash-preview" if "gemini" in path else (sim.calls and "") or None
        came = await exchange(sim, protocol, streamed=False)
        assert sim.calls[0].model in came.json["error"]["message"]
        assert model in (None, sim.calls[0].model)


@each_protocol
@pytest.mark.parametrize(
    ("name", "number"), [("plan_of_0", 0), ("plan_of_1", 1), ("plan_of_200", 200), ("duplicate_subtasks", 4)]
)
async def test_plans_have_the_number_asked_for(protocol: ProtocolName, name: str, number: int) -> None:
    """Plans come in every size, with distinct subtasks or all the same."""
    async with Simulator(script=named(name)) as sim:
        said = await ask(sim, protocol, ORCHESTRATOR, streamed=True, max_tokens=100)
        assert said.text.count("<type>") == number
        types = {line for line in said.text.split("\n") if line.startswith("<type>")}
        assert len(types) == (1 if name == "duplicate_subtasks" else number)


async def test_a_plan_can_have_ten_thousand_subtasks() -> None:
    """Ten thousand subtasks come over one stream."""
    async with Simulator(script=named("plan_of_10000"), timing=Timing(event_tokens=400)) as sim:
        said = await ask(sim, "chat", ORCHESTRATOR, streamed=True)
        assert said.text.count("</task>\n") == 10_000


@each_protocol
async def test_a_worker_echoes_the_plans_markup(protocol: ProtocolName) -> None:
    """A worker's text can hold a whole plan."""
    async with Simulator(script=named("echoed_plan_markup")) as sim:
        said = await ask(sim, protocol, WORKER, streamed=True)
        assert said.text.startswith("<response>\n<analysis>")
        assert said.text.count("<task>") == 2


@each_protocol
@each_mode
@pytest.mark.parametrize("name", sorted(FAULTS.keys() - {"slow_drip", "plan_of_10000"}))
async def test_every_fault_of_the_catalogue_is_played(protocol: ProtocolName, streamed: bool, name: str) -> None:
    """Every fault in the catalogue ends the call in a way the log knows, and the next call is sound."""
    async with Simulator(script=Script((Fault(effects=FAULTS[name], times=1, name=name),))) as sim:
        path, headers, body = request_for(protocol, streamed=streamed)
        async with RawClient(sim) as client:
            await client.send(path, headers, body)
            if "silence" in name or name == "pings_forever":
                await sim.until(lambda calls: calls and calls[0].fault)
            else:
                await client.read()
        await sim.until(lambda calls: calls[0].end != "open")
        assert sim.calls[0].fault == name
        assert (await exchange(sim, protocol, streamed=streamed)).ended == "complete"
        assert (sim.calls[1].end, sim.calls[1].fault) == ("delivered", "")


async def test_addresses_at_which_nobody_answers() -> None:
    """There is an address that refuses, one that no resolver knows, and one whose TLS fails."""
    async with Simulator() as sim, httpx.AsyncClient() as client:
        for url in (refusing_url(), UNRESOLVABLE_URL, sim.tls_url):
            with pytest.raises(httpx.ConnectError):
                await client.get(url)
        assert sim.calls == ()
