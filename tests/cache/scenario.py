"""One run with a long brand guide against the simulated provider, in stretto's layout and in the naive one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from stretto import Orchestrator, RunResult
from stretto.core.models import Model, ModelReply, ModelRequest, OnText
from stretto.core.usage import Cost, Usage
from stretto.models import open_model
from tests.simulator import Answer, Asked, CallRecord, Simulator, Timing
from tests.simulator.answers import WORDS, plan_text
from tests.simulator.tokens import count_tokens

WORKERS = 10
GUIDE_TOKENS = 5_000
KEYS = {"ANTHROPIC_API_KEY": "sk-ant-simulated", "OPENAI_API_KEY": "sk-simulated"}
# A model's pace, a hundred times as fast: workers start while the plan is still being written.
_TIMING = Timing(first_token=0.6, tokens_per_second=80.0, speed=100.0)
_WORDS_OF_AN_ANSWER = 160


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """Which models plan and work."""

    title: str
    orchestrator: str
    worker: str


SCENARIOS = (
    Scenario(
        title="Anthropic, one model",
        orchestrator="anthropic:claude-sonnet-5-5",
        worker="anthropic:claude-sonnet-5-5",
    ),
    Scenario(
        title="Anthropic, two models",
        orchestrator="anthropic:claude-sonnet-5-5",
        worker="anthropic:claude-haiku-5-5",
    ),
    Scenario(title="OpenAI, one model", orchestrator="openai:gpt-5.2", worker="openai:gpt-5.2"),
    Scenario(title="OpenAI, two models", orchestrator="openai:gpt-5.2", worker="openai:gpt-5-mini"),
    Scenario(title="OpenAI Chat", orchestrator="openai-chat:gpt-5.2", worker="openai-chat:gpt-5-mini"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a run came to."""

    result: RunResult
    calls: Sequence[CallRecord]
    """As the provider saw them."""

    def of(self, role: str) -> list[CallRecord]:
        """Return the calls of one role."""
        return [call for call in self.calls if call.role == role]


class Naive:
    """The same model, asked as is usual: the role's instructions first, the context after them, nothing marked."""

    label = ""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.name, self.account = model.name, model.account

    def price(self, usage: Usage) -> Cost:
        """Return what the model's tokens cost."""
        return self._model.price(usage)

    async def respond(self, request: ModelRequest, on_text: OnText | None = None) -> ModelReply:
        """Make the call."""
        prompt = f"{request.prompt}\n\n{request.prefix}"
        return await self._model.respond(replace(request, prefix="", prompt=prompt), on_text)


def brand_guide(tokens: int = GUIDE_TOKENS) -> str:
    """Return a guide of so many tokens by the simulator's count, no two rules alike."""
    rules: list[str] = []
    length = 0
    while length < 4 * tokens:
        number = len(rules) + 1
        words = " ".join(WORDS[(number * step) % len(WORDS)] for step in range(1, 12))
        rules.append(f"Rule {number}: {words}.\n".replace("ç", "c"))
        length += len(rules[-1])
    guide = "".join(rules)[: 4 * tokens]
    assert count_tokens(guide) == tokens
    return guide


async def play(scenario: Scenario, *, naive: bool = False, workers: int = WORKERS) -> Outcome:
    """Run once: a plan of so many subtasks, as many workers, one synthesis."""
    async with Simulator(answers=partial(_answer, workers=workers), timing=_TIMING) as sim:

        def open_(spec: str) -> Model:
            base_url = sim.url if spec.startswith("anthropic") else sim.openai_url
            model = open_model(spec, base_url=base_url, keys=KEYS)
            return Naive(model) if naive else model

        orchestrator = Orchestrator(
            model=open_(scenario.orchestrator),
            worker_model=open_(scenario.worker),
            synthesis_model=open_(scenario.worker),
            subtasks=workers,
            max_subtasks=workers,
            synthesis="merge",
            checks=(),
        )
        result = await orchestrator.run("Sell the bottle", context={"brand_guide": brand_guide()})
        return Outcome(result=result, calls=sim.calls)


def _answer(asked: Asked, *, workers: int) -> Answer:
    """Answer every role at the same length, however it was asked, so that layouts differ in their input alone."""
    if asked.role == "orchestrator":
        return Answer(text=plan_text(asked, workers))
    text = " ".join(WORDS[index % len(WORDS)] for index in range(_WORDS_OF_AN_ANSWER))
    return Answer(text=f"<response>\n{text}\n</response>" if asked.role == "worker" else text)
