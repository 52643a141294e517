"""The call log knows every call, how it ended, and which finished one was made again."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.simulator import FAULTS, Fault, Hold, Script, Simulator
from tests.simulator_tests.clients import ORCHESTRATOR, WORKER, RawClient, ask, control, exchange, request_for

pytestmark = pytest.mark.anyio

HOLD = Script((Fault(effects=(Hold(name="gate", after_tokens=8),)),))


async def test_a_call_is_known_from_its_arrival_to_its_end() -> None:
    """While it runs a call is open and counted; afterwards it has its end, its tokens and its body."""
    async with Simulator(script=HOLD) as sim:
        calls = [asyncio.create_task(ask(sim, "chat", f"{WORKER} {n}", streamed=True)) for n in range(3)]
        await sim.until(lambda calls: sum(call.status == 200 for call in calls) == 3)
        assert (sim.log.open, {call.end for call in sim.calls}) == (3, {"open"})
        sim.release("gate")
        said = await asyncio.gather(*calls)
        assert (sim.log.open, sim.log.peak) == (0, 3)
        assert {call.end for call in sim.calls} == {"delivered"}
        assert all(call.delivered and (call.ended_at or 0) >= call.at for call in sim.calls)
        assert sorted(call.output_tokens for call in sim.calls) == sorted(answer.output for answer in said)
        assert [call.number for call in sim.calls] == [1, 2, 3]
        assert sim.calls[0].body["stream"] is True


async def test_a_client_that_leaves_abandons_its_call() -> None:
    """A client that goes away in the middle ends its call as abandoned, with the tokens that went out."""
    path, headers, body = request_for("anthropic", streamed=True)
    async with Simulator(script=HOLD) as sim:
        async with RawClient(sim) as client:
            await client.send(path, headers, body)
            await client.read(chunks=4)
        await sim.until(lambda calls: calls[0].end != "open")
        assert (sim.calls[0].end, sim.calls[0].output_tokens) == ("abandoned", 8)


async def test_a_finished_call_that_is_made_again_is_found() -> None:
    """Asking the same again after a whole answer is a repetition; after a fault it is a retry."""
    faulty = Script((Fault(effects=(Hold(name="gate"),), calls=frozenset({2, 3})),))
    async with Simulator(script=faulty) as sim:
        await ask(sim, "chat", ORCHESTRATOR, streamed=False)
        # Both begin before either has ended: neither repeats a finished call.
        both = [asyncio.create_task(ask(sim, "chat", WORKER, streamed=False)) for _ in range(2)]
        await sim.until(lambda calls: len(calls) == 3 and calls[2].fault)
        sim.release("gate")
        await asyncio.gather(*both)
        assert sim.log.repeated() == ()
        await ask(sim, "chat", ORCHESTRATOR, streamed=True)
        assert sim.log.repeated() == (sim.calls[0].digest,)


async def test_a_retry_after_a_fault_is_no_repetition() -> None:
    """A call that got an error, or an answer that the script spoilt, may be made again."""
    script = Script((Fault(effects=FAULTS["server"], times=1), Fault(effects=FAULTS["empty"], times=1)))
    async with Simulator(script=script) as sim:
        for _ in range(3):
            await exchange(sim, "chat", streamed=False)
        assert [call.end for call in sim.calls] == ["refused", "delivered", "delivered"]
        assert sim.log.repeated() == ()


async def test_the_log_is_read_over_http() -> None:
    """GET /_calls gives every call and the counts, without the requests' bodies and without keys."""
    async with Simulator() as sim:
        await exchange(sim, "gemini", "a secret brief", streamed=True)
        await exchange(sim, "chat", streamed=False, headers={})
        came = await control(sim, "GET", "/_calls")
        assert came.json["ends"] == {"delivered": 1, "refused": 1}
        assert (came.json["open"], came.json["peak"], came.json["repeated"]) == (0, 1, [])
        assert [call["status"] for call in came.json["calls"]] == [200, 401]
        assert b"secret" not in came.body


async def test_calls_are_released_over_http() -> None:
    """POST /_release/NAME lets go what a hold of that name holds."""
    async with Simulator(script=HOLD) as sim:
        call = asyncio.create_task(ask(sim, "responses", streamed=True))
        await sim.until(lambda calls: calls and calls[0].status == 200)
        assert (await control(sim, "POST", "/_release/gate")).status == 200
        assert (await call).text


async def test_the_log_is_written_to_a_file(tmp_path: Path) -> None:
    """A file holds the log as it happened; the last line of a number counts, and a new simulator appends."""
    path = tmp_path / "calls.jsonl"
    for _ in range(2):
        async with Simulator(log_file=path) as sim:
            await ask(sim, "anthropic", streamed=False)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["end"] for line in lines].count("delivered") == 2
    assert (lines[0]["role"], lines[0]["end"], lines[-1]["end"]) == ("worker", "open", "delivered")


async def test_waiting_for_what_is_already_so_returns_at_once() -> None:
    """`until` looks before it waits, and two may wait for different things."""
    async with Simulator() as sim:
        await sim.until(lambda calls: not calls)
        waiting = [
            asyncio.create_task(sim.until(lambda calls, n=n: len(calls) >= n and calls[-1].end != "open"))
            for n in (1, 2)
        ]
        await exchange(sim, "chat", streamed=False)
        await waiting[0]
        assert not waiting[1].done()
        await exchange(sim, "chat", streamed=False)
        await waiting[1]
        forgotten = asyncio.create_task(sim.until(lambda calls: len(calls) == 9))
        await asyncio.sleep(0)
        forgotten.cancel()
        await exchange(sim, "chat", streamed=False)


async def test_stopping_the_simulator_ends_what_is_open() -> None:
    """Leaving the block ends open calls; the client sees its connection end."""
    path, headers, body = request_for("chat", streamed=True)
    sim = Simulator(script=HOLD)
    async with sim:
        client = RawClient(sim)
        await client.__aenter__()
        await client.send(path, headers, body)
        await sim.until(lambda calls: calls and calls[0].status == 200)
    assert (await client.read()).ended in ("eof", "reset")
    await client.close()
    assert sim.calls[0].end == "abandoned"


async def test_a_bug_in_the_tests_own_function_does_not_hang_the_client() -> None:
    """When the answering function raises, the connection ends and the error is reported to the loop."""
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context["exception"]))

    def answer(asked: object) -> str:
        raise RuntimeError("bug")

    async with Simulator(answers=answer) as sim:
        came = await exchange(sim, "chat", streamed=False)
        assert (came.status, came.ended) == (0, "eof")
        assert sim.calls[0].end == "abandoned"
    assert [str(error) for error in reported] == ["bug"]
