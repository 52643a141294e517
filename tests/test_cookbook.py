"""The names of the original notebook: their signatures, shapes, errors and printout."""

import inspect
import io
import sys

import anyio
import pytest

from stretto import PlanError
from stretto.cookbook import MODEL, FlexibleOrchestrator, extract_xml, llm_call, parse_tasks
from stretto.core.errors import InputError, ModelError
from stretto.core.models import Finish, ModelReply, ModelRequest, OnText
from stretto.core.usage import FREE
from stretto.models.function import FunctionModel
from tests.growth import is_linear
from tests.simulator.hosting import SimulatorThread

PLAN_PROMPT = """Plan two angles for: {task}
Write <analysis>…</analysis> and <tasks> of <task><type>…</type><description>…</description></task> in {{braces}}."""
WORK_PROMPT = """Angle {task_type}: {task_description}
For: {original_task}. Write <response>…</response>."""

PLAN = """<analysis>Two readers, two angles.</analysis>
<tasks>
<task>
<type>plain</type>
<description>
Say it so that 2 > 1 is clear.
</description>
</task>
<task><type>warm</type><description>Say it kindly.</description></task>
</tasks>"""

BRIEF = {"audience": "people who hike", "features": ["light", "steel"]}


class Actors:
    """A model that answers from a script and keeps what it was asked."""

    def __init__(self, plan: str | list[str] = PLAN, **answers: str):
        self.asked: list[ModelRequest] = []
        self.plans = [plan] if isinstance(plan, str) else plan
        self.answers = {"plain": "a plain text", "warm": "a warm text"} | answers
        self.model = FunctionModel(self.answer, name="actors")

    async def answer(self, request: ModelRequest, say: OnText) -> str:
        """Play the role that is asked for."""
        self.asked.append(request)
        if request.role == "orchestrator":
            return self.plans.pop(0)
        kind = next(kind for kind in self.answers if f"Angle {kind}:" in request.prompt)
        if not self.answers[kind]:
            raise ModelError("The provider has \x1b[31mno room.", kind="bad_request")
        return f"<response>{self.answers[kind]}</response>"

    def orchestrator(self, plan: str = PLAN_PROMPT, work: str = WORK_PROMPT) -> FlexibleOrchestrator:
        """Return the notebook's class with these actors behind it."""
        return FlexibleOrchestrator(plan, work, model=self.model)


def asked_of(actors: Actors, role: str) -> list[str]:
    """Return the whole prompts of one role."""
    return [request.prefix + request.prompt for request in actors.asked if request.role == role]


@pytest.fixture(autouse=True)
def no_override(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the environment's model away, so that each test names its own."""
    monkeypatch.delenv("STRETTO_MODEL", raising=False)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("<a>x</a>", "x"),
        ("before <a>\n x \n</a> after", "\n x \n"),
        ("<A>x</a>", "x"),
        ('<a id="1">x</A >', "x"),
        ("<a>first</a><a>second</a>", "first"),
        ("<ab>no</ab><a>yes</a>", "yes"),
        ("<a>never closed", ""),
        ("x</a>", ""),
        ("", ""),
        ("<a>2 > 1 &lt; {b} $</a>", "2 > 1 &lt; {b} $"),
        ("<a><b>inside</b></a>", "<b>inside</b>"),
    ],
)
def test_extract_xml_gives_the_first_tags_content_unaltered(text: str, content: str):
    """`extract_xml` returns what stands between a tag and its end, and nothing where there is none."""
    assert extract_xml(text, "a") == content


def test_extract_xml_takes_a_tag_as_it_is():
    """A tag's name is no pattern."""
    assert extract_xml("<axb>no</axb><a.b>yes</a.b>", "a.b") == "yes"


def test_extract_xml_is_linear():
    """A long text of openings without an end is read in proportion to its length."""
    assert is_linear(lambda size: extract_xml("<a>" * size + "<a " * size, "a"), 50_000)
    assert is_linear(lambda size: extract_xml("<a " * size, "a"), 100_000)
    assert extract_xml("<a>" * 1_000 + "<a " * 1_000, "a") == ""


def test_parse_tasks_reads_what_the_notebooks_plans_look_like():
    """Subtasks come back as dictionaries of type and description, without any bracket of their markup."""
    assert parse_tasks(extract_xml(PLAN, "tasks")) == [
        {"type": "plain", "description": "Say it so that 2 > 1 is clear."},
        {"type": "warm", "description": "Say it kindly."},
    ]


def test_a_task_without_a_type_is_called_default():
    """A subtask that has only a description has the type "default"."""
    assert parse_tasks("<task><description>Do it.</description></task>") == [
        {"type": "default", "description": "Do it."}
    ]


def test_parse_tasks_is_never_silently_empty():
    """Blank text has no tasks; text that is no plan is an error that keeps it."""
    assert parse_tasks(" \n") == []
    with pytest.raises(PlanError) as caught:
        parse_tasks("Sorry, what do you mean?")
    assert caught.value.raw == "Sorry, what do you mean?"


def test_the_signatures_are_the_notebooks():
    """Names, order and defaults of every parameter are those that the notebook's cells rely on."""
    call, build = inspect.signature(llm_call).parameters, inspect.signature(FlexibleOrchestrator).parameters
    assert [(p.name, p.default) for p in call.values()][1:] == [("system_prompt", ""), ("model", "claude-sonnet-4-5")]
    assert list(build) == ["orchestrator_prompt", "worker_prompt", "model"]
    assert build["model"].default == MODEL == "google/gemini-3-flash-preview"
    assert list(inspect.signature(FlexibleOrchestrator.process).parameters) == ["self", "task", "context"]
    assert list(inspect.signature(extract_xml).parameters) == ["text", "tag"]
    assert list(inspect.signature(parse_tasks).parameters) == ["tasks_xml"]


def ending(text: str, finish: Finish) -> FunctionModel:
    """Return a model whose answer ends in the given way."""

    async def answer(request: ModelRequest, say: OnText) -> ModelReply:
        return ModelReply(text=text, finish=finish, usage=None, cost=FREE, model="ending")

    return FunctionModel(answer)


def test_llm_call_asks_once_and_returns_the_text():
    """The prompts arrive as they are, lone surrogates apart, and the answer comes back as it is."""
    asked: list[ModelRequest] = []

    async def answer(request: ModelRequest, say: OnText) -> str:
        asked.append(request)
        return " an answer\n"

    assert llm_call("a {question} \ud800", "be brief", FunctionModel(answer)) == " an answer\n"
    assert [(request.prefix + request.prompt, request.system) for request in asked] == [("a {question} �", "be brief")]


def test_an_empty_answer_is_an_empty_text():
    """`llm_call` leaves it to its caller what an empty answer means."""
    assert llm_call("hello", model=ending("", "stop")) == ""


@pytest.mark.parametrize(("finish", "kind"), [("refusal", "refused"), ("length", "truncated")])
def test_an_answer_that_is_none_is_an_error(finish: Finish, kind: str):
    """A refusal or half an answer is never handed out as text."""
    with pytest.raises(ModelError) as caught:
        llm_call("hello", model=ending("half an ans", finish))
    assert caught.value.kind == kind
    assert "\n" not in str(caught.value)


@pytest.mark.anyio
async def test_everything_works_in_a_running_event_loop(capsys: pytest.CaptureFixture[str]):
    """Notebooks have a running loop: calls and runs return there as in a script, and errors come out."""
    assert llm_call("hello", model=ending("hi", "stop")) == "hi"
    assert len(Actors().orchestrator().process("sell a bottle")["worker_results"]) == 2
    with pytest.raises(ModelError):
        llm_call("hello", model=ending("", "refusal"))


@pytest.mark.anyio
async def test_calls_to_a_provider_work_one_after_another_in_a_running_event_loop(monkeypatch: pytest.MonkeyPatch):
    """Each call has a loop of its own and leaves no connection behind, with a real SDK on a real socket."""
    with SimulatorThread() as provider:
        monkeypatch.setenv("OPENAI_BASE_URL", provider.openai_url)
        monkeypatch.setenv("OPENAI_API_KEY", "any")
        assert llm_call("Say a word.", model="openai-chat:any")
        assert llm_call("Say another.", "Be brief.", "openai-chat:any")
        result = FlexibleOrchestrator(PLAN_PROMPT, WORK_PROMPT, "openai-chat:any").process("sell a bottle", BRIEF)
        assert all(outcome["result"] for outcome in result["worker_results"])
        assert len(provider.calls) == 3 + len(result["worker_results"])


def test_the_demo_model_takes_any_models_place_and_is_called_by_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """`STRETTO_MODEL` overrides every id; the demo's label stands beside what it wrote."""
    monkeypatch.setenv("STRETTO_MODEL", "demo:delay=0")
    assert llm_call("Write one line about tea.")
    assert "not a language model" in capsys.readouterr().err
    result = FlexibleOrchestrator(PLAN_PROMPT, WORK_PROMPT).process("Sell a steel bottle", BRIEF)
    assert len({outcome["result"] for outcome in result["worker_results"]}) > 1
    assert "not a language model" in capsys.readouterr().out


def test_a_run_returns_the_notebooks_shape():
    """The analysis, and one entry per subtask in the plan's order with its type, description and result."""
    assert Actors().orchestrator().process("sell a bottle", BRIEF) == {
        "analysis": "Two readers, two angles.",
        "worker_results": [
            {"type": "plain", "description": "Say it so that 2 > 1 is clear.", "result": "a plain text"},
            {"type": "warm", "description": "Say it kindly.", "result": "a warm text"},
        ],
    }


def test_a_run_prints_the_notebooks_headings(capsys: pytest.CaptureFixture[str]):
    """Rules of 80 characters, the headings, the numbering and the order of the notebook's printout."""
    Actors().orchestrator().process("sell a bottle")
    wide, thin = "=" * 80, "-" * 80
    assert (
        capsys.readouterr().out
        == f"""
{wide}
ORCHESTRATOR ANALYSIS
{wide}

Two readers, two angles.


{wide}
IDENTIFIED 2 APPROACHES
{wide}

1. PLAIN
   Say it so that 2 > 1 is clear.

2. WARM
   Say it kindly.

{wide}
GENERATING CONTENT
{wide}

[1/2] Processing: plain...
[2/2] Processing: warm...

{wide}
RESULTS
{wide}

{thin}
Approach 1: PLAIN
{thin}

a plain text


{thin}
Approach 2: WARM
{thin}

a warm text

"""
    )


def test_templates_are_filled_by_name_and_braces_are_unescaped():
    """Placeholders get their values, doubled braces become single ones."""
    actors = Actors()
    actors.orchestrator(PLAN_PROMPT + " Readers: {audience}").process("sell a {bottle}", BRIEF)
    assert "Plan two angles for: sell a {bottle}" in asked_of(actors, "orchestrator")[0]
    assert "in {braces}. Readers: people who hike" in asked_of(actors, "orchestrator")[0]
    assert "Angle warm: Say it kindly.\nFor: sell a {bottle}." in asked_of(actors, "worker")[1]


def test_the_context_reaches_every_model():
    """What no placeholder names is told to the orchestrator and to every worker all the same."""
    actors = Actors()
    actors.orchestrator().process("sell a bottle", BRIEF)
    assert len(actors.asked) == 3
    for request in actors.asked:
        assert "people who hike" in request.prefix + request.prompt
        assert "- light\n- steel" in request.prefix + request.prompt


def test_workers_run_at_the_same_time():
    """No worker waits for another: each of these answers only once both were asked."""

    async def together(request: ModelRequest, say: OnText) -> str:
        if request.role == "orchestrator":
            return PLAN
        waiting.append(request)
        both.set() if len(waiting) == 2 else None
        await both.wait()
        return "<response>fine work</response>"

    waiting: list[ModelRequest] = []
    both = anyio.Event()
    result = FlexibleOrchestrator(PLAN_PROMPT, WORK_PROMPT, FunctionModel(together)).process("sell a bottle")
    assert [outcome["result"] for outcome in result["worker_results"]] == ["fine work", "fine work"]


@pytest.mark.parametrize(
    ("plan", "work", "name"),
    [
        ("{task} for {reader}", WORK_PROMPT, "reader"),
        (PLAN_PROMPT, "{second} {first} {original_task}", "second"),
        ("{original_task}", WORK_PROMPT, "original_task"),
        (PLAN_PROMPT, "{task}", "task"),
    ],
)
def test_a_missing_variable_is_named_before_any_call(plan: str, work: str, name: str):
    """A variable that nobody gave is a `ValueError` in the notebook's words, whichever prompt needs it."""
    actors = Actors()
    with pytest.raises(ValueError) as caught:
        actors.orchestrator(plan, work).process("sell a bottle", BRIEF)
    assert str(caught.value) == f"Missing required prompt variable: '{name}'"
    assert actors.asked == []


@pytest.mark.parametrize("template", ["{task.__class__}", "{task!r}", "{}", "{task} and {"])
def test_a_placeholder_is_a_plain_name(template: str):
    """Anything but a name between braces is an error in one line, before any call."""
    actors = Actors()
    with pytest.raises(InputError) as caught:
        actors.orchestrator(template).process("sell a bottle")
    assert "\n" not in str(caught.value)
    assert actors.asked == []


def test_a_context_name_of_strettos_own_is_refused():
    """A context value cannot take the place of the task or of a subtask's description."""
    with pytest.raises(InputError, match="'task_type' is one of stretto's own"):
        Actors().orchestrator().process("sell a bottle", {"task_type": "loud"})


def test_a_failed_worker_is_reported_and_not_pasted(capsys: pytest.CaptureFixture[str]):
    """Its result is empty, its sibling's is there, and the printout says why."""
    result = Actors(plain="").orchestrator().process("sell a bottle")
    assert [outcome["result"] for outcome in result["worker_results"]] == ["", "a warm text"]
    printed = capsys.readouterr().out
    assert "⚠️  Warning: nothing came of 'plain': The provider has no room." in printed
    assert "Approach 1: PLAIN" in printed
    assert printed.index("[1/2] Processing: plain...") < printed.index("nothing came of 'plain'")


def test_a_remark_of_a_check_is_printed(capsys: pytest.CaptureFixture[str]):
    """An invented figure is pointed out under the text that has it."""
    Actors(warm="It keeps tea hot for 36 hours.").orchestrator().process("sell a bottle")
    assert "⚠️  Warning: The brief does not say" in capsys.readouterr().out.partition("for 36 hours.")[2]


def test_a_plan_that_cannot_be_read_is_an_error():
    """After a failed repair there is a `PlanError` with what the model wrote, and no empty result."""
    with pytest.raises(PlanError) as caught:
        Actors(["I would rather not.", "No plan again."]).orchestrator().process("sell a bottle")
    assert caught.value.raw == "No plan again."


def test_a_model_that_cannot_be_asked_is_an_error():
    """A failed orchestrator's call comes out as the model's own error."""

    async def fail(request: ModelRequest, say: OnText) -> str:
        raise ModelError("The key is wrong.", kind="authentication", hint="Set another.")

    with pytest.raises(ModelError, match=r"^The key is wrong\. Set another\.$") as caught:
        FlexibleOrchestrator(PLAN_PROMPT, WORK_PROMPT, FunctionModel(fail)).process("sell a bottle")
    assert caught.value.kind == "authentication"


def test_a_plan_that_is_mended_is_said_aloud(capsys: pytest.CaptureFixture[str]):
    """The second request for the plan is printed, and an early start that the new plan lacks is not."""
    broken = "<tasks><task><type>plain</type><description>early</description></task><task><type>x</type></tasks>"
    result = Actors([broken, PLAN]).orchestrator().process("sell a bottle")
    assert len(result["worker_results"]) == 2
    printed = capsys.readouterr().out
    assert "⚠️  Warning: the plan is asked for again" in printed
    assert printed.count("Processing: plain") == 1


def test_a_plan_that_stays_short_is_said_aloud(capsys: pytest.CaptureFixture[str]):
    """When the rest of a cut plan never comes, its results are returned with a warning."""
    cut = PLAN.partition("<task><type>warm")[0]

    async def lose(request: ModelRequest, say: OnText) -> str:
        if request.role == "orchestrator":
            say(cut)
            raise ModelError("The connection was lost.", kind="cut")
        return "<response>a plain text</response>"

    result = FlexibleOrchestrator(PLAN_PROMPT, WORK_PROMPT, FunctionModel(lose)).process("sell a bottle")
    assert [outcome["result"] for outcome in result["worker_results"]] == ["a plain text"]
    assert "⚠️  Warning: the rest of the plan is missing: The connection was lost." in capsys.readouterr().out


def test_a_poor_console_does_not_end_a_run(monkeypatch: pytest.MonkeyPatch):
    """What a console cannot show becomes a question mark; control characters of a model never reach it."""
    console = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", console)
    result = Actors(plain="", warm="tea é 茶").orchestrator().process("sell a bottle")
    assert result["worker_results"][1]["result"] == "tea é 茶"
    console.seek(0)
    printed = console.read()
    assert "tea ? ?" in printed
    assert "??  Warning: nothing came of 'plain'" in printed
