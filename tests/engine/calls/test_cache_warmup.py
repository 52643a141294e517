"""A long shared prefix is read from the provider's cache by every call but the first."""

import anyio
import pytest

from stretto.core.errors import ModelError
from stretto.core.models import ModelReply, ModelRequest, OnText
from tests.engine.stage import RECIPE, Stage, plan

pytestmark = pytest.mark.anyio

GUIDE = {"brand_guide": "Speak plainly. " * 500}


async def run(stage: Stage, **options: object) -> object:
    """Run one task with a long context value."""
    return await stage.orchestrator(**options).run("task", context=GUIDE)


async def test_every_role_sends_the_same_prefix():
    """Orchestrator, workers and synthesis open with identical bytes that hold the whole context."""
    stage = Stage([plan("a", "b")])
    await run(stage, synthesis="merge", recipe="product-copy")
    prefixes = {request.prefix for request in stage.requests}
    assert len(prefixes) == 1
    assert GUIDE["brand_guide"] in prefixes.pop()


async def test_workers_of_another_model_wait_for_the_first_one_to_begin():
    """With a model of their own, the first worker warms the cache and the others wait for its first token."""
    begun: list[str] = []
    speak = anyio.Event()

    async def work(request: ModelRequest, say: OnText) -> str:
        begun.append(request.prompt)
        if len(begun) == 1:
            await speak.wait()
            say("co")
            await anyio.wait_all_tasks_blocked()
            assert len(begun) == 3
            say("py")
            return "copy"
        return "copy"

    worker = Stage([], work)
    worker.model.name = "cheap"
    streamed: list[bool] = []
    respond = worker.model.respond

    async def spy(request: ModelRequest, on_text: OnText | None = None) -> ModelReply:
        streamed.append(on_text is not None)
        return await respond(request, on_text)

    worker.model.respond = spy  # type: ignore[method-assign]
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: run(Stage([plan("a", "b", "c")]), worker_model=worker.model))
        await anyio.wait_all_tasks_blocked()
        assert len(begun) == 1
        speak.set()
    assert streamed == [True, False, False]


async def test_when_the_warm_up_call_fails_the_next_one_warms_the_cache():
    """A warming call that fails keeps nobody waiting."""
    calls = 0

    async def work(request: ModelRequest, say: OnText) -> str:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ModelError("no", kind="bad_request")
        return "copy"

    worker = Stage([], work)
    worker.model.name = "cheap"
    result = await run(Stage([plan("a", "b", "c")]), worker_model=worker.model)
    assert [r.status for r in result.results] == ["failed", "completed", "completed"]  # type: ignore[attr-defined]


async def test_a_short_prefix_keeps_nobody_waiting():
    """Nothing that no provider would cache delays a worker."""
    together = 0
    release = anyio.Event()

    async def work(request: ModelRequest, say: OnText) -> str:
        nonlocal together
        together += 1
        if together == 2:
            release.set()
        await release.wait()
        return "copy"

    worker = Stage([], work)
    worker.model.name = "cheap"
    result = await Stage([plan("a", "b")]).orchestrator(worker_model=worker.model, recipe=RECIPE).run("task")
    assert result.status == "complete"
