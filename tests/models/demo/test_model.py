"""The demo model behind the port: its name, its pace, its limits and its scripted misbehaviour."""

import ast
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from anyio import wait_all_tasks_blocked
from anyio.lowlevel import checkpoint

import stretto.models.demo
from stretto.core.errors import InputError, ModelError
from stretto.core.models import Model, ModelRequest
from stretto.core.plan import Plan, PlanError, Subtask
from stretto.core.usage import FREE, Usage
from stretto.models.demo import LABEL, DemoModel
from stretto.parsing import open_reader, parse_plan
from tests.models.demo.asking import BOTTLE, ask, job

pytestmark = pytest.mark.anyio


async def test_it_says_what_it_is() -> None:
    """Its name and its label are fixed, it costs nothing, and it counts tokens."""
    model: Model = DemoModel.from_spec("demo")
    assert model.name == "demo"
    assert model.label == LABEL
    assert model.account == "demo"
    assert "not a language model" in LABEL
    assert model.price(Usage(input_tokens=1_000_000)) == FREE
    reply = await ask(DemoModel.from_spec("demo:delay=0"), "x" * 400 + "中文")
    assert reply.cost == FREE
    assert reply.model == "demo"
    assert reply.usage is not None
    assert 102 <= reply.usage.input_tokens <= 104
    assert len(reply.text) // 6 < reply.usage.output_tokens < len(reply.text)
    assert reply.usage.calls == 1


def test_it_needs_neither_pydantic_ai_nor_pydantic() -> None:
    """Its modules import the standard library, anyio and the core only."""
    folder = Path(stretto.models.demo.__file__).parent
    names: set[str] = set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
    outside = {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names}
    assert all(name.startswith(("anyio", "stretto.core", "stretto.models.demo")) for name in outside)


@pytest.mark.parametrize(
    "spec",
    [
        "demo:explode", "demo:fail-worker", "demo:fail-worker=0", "demo:fail-worker=x", "demo:flaky-worker=99999",
        "demo:cut-plan=1", "demo:delay=x", "demo:delay=-1", "demo:delay=nan", "demo:slow=1e9", "other", "demo2",
    ],
)  # fmt: skip
def test_a_faulty_spec_is_named(spec: str) -> None:
    """What cannot be read is an input error that names it."""
    with pytest.raises(InputError, match=r"demo|worker|delay|slow"):
        DemoModel.from_spec(spec)


def test_an_unknown_option_lists_the_known_ones() -> None:
    """The error is the manual."""
    with pytest.raises(InputError) as error:
        DemoModel.from_spec("demo:explode")
    for option in ("fail-worker", "flaky-worker", "empty-worker", "refuse-worker", "cut-plan", "truncate-plan"):
        assert option in str(error.value)
    for option in ("explode", "break-plan", "delay", "slow"):
        assert option in str(error.value)


async def test_streaming_goes_word_by_word_and_lets_others_run() -> None:
    """Pieces are words, also in Chinese, and another task runs between them."""
    pieces: list[str] = []
    seen: list[int] = []
    finished = anyio.Event()

    async def watch() -> None:
        while not finished.is_set():
            seen.append(len(pieces))
            await checkpoint()

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        request = ModelRequest(
            role="worker", prompt="为水杯写产品描述，用中文。", max_output_tokens=900, timeout=9, gap_timeout=9
        )
        reply = await DemoModel.from_spec("demo:delay=0").respond(request, pieces.append)
        finished.set()
    assert "".join(pieces) == reply.text
    assert max(len(piece.strip()) for piece in pieces) < 30
    assert len(set(seen)) > len(pieces) / 2


async def test_unwatched_calls_stream_nothing_and_say_the_same() -> None:
    """Without a watcher the reply is the same."""
    prompt = f"Task: {BOTTLE}"
    model = DemoModel.from_spec("demo:delay=0")
    assert await ask(model, prompt, watched=False) == await ask(model, prompt)


@pytest.mark.parametrize("watched", [True, False])
async def test_a_delay_is_waited(watched: bool) -> None:
    """With a delay nothing is finished at once, watched or not."""
    done: list[str] = []

    async def call() -> None:
        done.append((await ask(DemoModel.from_spec("demo:slow=60"), f"Task: {BOTTLE}", watched=watched)).text)

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await wait_all_tasks_blocked()
        assert not done
        group.cancel_scope.cancel()
    assert not done


async def test_the_token_limit_is_kept() -> None:
    """An answer past the limit is cut there and says so; one within it is whole."""
    prompt = f"Task: {BOTTLE}"
    whole = await ask(DemoModel.from_spec("demo:delay=0"), prompt)
    assert whole.usage is not None
    cut = await ask(DemoModel.from_spec("demo:delay=0"), prompt, max_output_tokens=10)
    assert cut.finish == "length"
    assert whole.text.startswith(cut.text)
    assert cut.usage is not None
    assert cut.usage.output_tokens <= 10
    assert (await ask(DemoModel.from_spec("demo:delay=0"), prompt, max_output_tokens=8_000)).finish == "stop"


async def test_a_failing_worker_fails_always_and_alone() -> None:
    """The chosen worker fails at every call; its siblings answer."""
    work = job(spec="demo:delay=0,fail-worker=2")
    one, two, three = (await work.plan()).subtasks
    for _ in range(3):
        with pytest.raises(ModelError, match="fail-worker=2") as error:
            await work.work(two)
        assert error.value.kind == "server"
    assert await work.work(one)
    assert await work.work(three)


async def test_a_flaky_worker_fails_once() -> None:
    """The chosen worker fails, then works, in every run with this model."""
    work = job(spec="demo:delay=0,flaky-worker=1")
    one, two, _ = (await work.plan()).subtasks
    for _ in range(2):
        with pytest.raises(ModelError, match="flaky-worker=1"):
            await work.work(one)
        assert await work.work(one)
    assert await work.work(two)


async def test_an_empty_and_a_refusing_worker() -> None:
    """One says nothing, one refuses by the provider's signal; the third is not touched."""
    work = job(spec="demo:delay=0,empty-worker=1,refuse-worker=2")
    one, two, three = (await work.plan()).subtasks
    assert (await work.work_reply(one)).text == ""
    assert (await work.work_reply(two)).finish == "refusal"
    assert (await work.work_reply(three)).finish == "stop"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("recipe", ["product-copy", "documentation"])
async def test_workers_are_numbered_by_the_plan(language: str, recipe: str) -> None:
    """The number is the plan's, in whatever order workers come, also for a model that never saw the plan."""
    plan = await job(recipe=recipe, language=language).plan()
    work = job(recipe=recipe, language=language, spec="demo:delay=0,empty-worker=3")
    empty = [(await work.work_reply(subtask)).text == "" for subtask in reversed(plan.subtasks)]
    assert empty == [True, False, False]


async def test_workers_of_anothers_plan_are_numbered_as_they_come() -> None:
    """For a plan that somebody else wrote, the order of the first calls counts."""
    work = job(spec="demo:delay=0,empty-worker=2")
    subtasks = [Subtask(type=name, description=f"Write about {name}") for name in ("stone", "paper", "shears")]
    assert [(await work.work_reply(subtask)).text == "" for subtask in (*subtasks, subtasks[1])] == [
        False,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize("subtasks", [(1, 1), (3, 3)])
async def test_a_cut_plan_loses_the_connection_after_a_subtask(subtasks: tuple[int, int]) -> None:
    """The stream stops past the first subtask and before the end; asked again it is whole."""
    work = job(spec="demo:delay=0,cut-plan", subtasks=subtasks)
    pieces: list[str] = []
    with pytest.raises(ModelError) as error:
        await stream_plan(work.model, subtasks, pieces)
    assert error.value.kind == "cut"
    text = "".join(pieces)
    assert text.count("</task>") == 1
    assert "</tasks>" not in text
    assert len((await work.plan()).subtasks) == subtasks[0]


async def stream_plan(model: DemoModel, subtasks: tuple[int, int], pieces: list[str]) -> None:
    """Ask for a plan and keep what is streamed."""
    from stretto.recipes import load_recipe, orchestrator_prompt

    prompt = orchestrator_prompt(load_recipe("product-copy"), job().task, subtasks=subtasks, language=None, tiers=False)
    request = ModelRequest(
        role="orchestrator",
        prefix=prompt.prefix,
        prompt=prompt.prompt,
        max_output_tokens=8_000,
        timeout=60,
        gap_timeout=30,
    )
    await model.respond(request, pieces.append)


async def test_a_truncated_plan_ends_in_the_middle_of_a_subtask() -> None:
    """It ends with the length signal and an open subtask, in JSON too."""
    reply = await ask(DemoModel.from_spec("demo:delay=0,truncate-plan"), f"Task: {BOTTLE}", role="orchestrator")
    assert reply.finish == "length"
    assert reply.text.count("<task>") == 2
    assert reply.text.count("</task>") == 1
    schema = {"properties": {"analysis": {}, "tasks": {}}}
    reply = await ask(DemoModel.from_spec("demo:truncate-plan,delay=0"), BOTTLE, role="orchestrator", schema=schema)
    assert reply.finish == "length"
    reader = open_reader("json")
    sealed = [piece for piece in reader.feed(reply.text) if type(piece).__name__ == "SubtaskRead"]
    assert len(sealed) == 1


async def test_a_broken_plan_is_no_plan_and_the_next_one_is() -> None:
    """The first answer cannot be read; the second is the plan."""
    work = job(spec="demo:delay=0,break-plan")
    with pytest.raises(PlanError):
        parse_plan(await work.plan_text())
    assert isinstance(await work.plan(), Plan)


def test_importing_it_is_quick() -> None:
    """Its words are loaded when they are needed, not when it is imported."""
    script = "import stretto.models.demo, sys; print('tomllib' in sys.modules, 'pydantic_ai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
