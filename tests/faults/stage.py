"""Plays one row of the table: the real orchestrator and the real SDKs, on a socket, against the simulated provider."""

import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, suppress
from dataclasses import dataclass, field

import anyio

from stretto import Orchestrator, Plan, RunResult, Subtask
from stretto.core.errors import ModelError
from stretto.core.events import Event, RunCompleted
from stretto.core.models import Model, Role
from stretto.core.task import EMPTY
from stretto.faces.cli.views.run_summary import print_run_summary
from stretto.faces.shared.run_state import RunState
from stretto.models import open_model
from stretto.parsing import read_answer
from tests.faults.table import Place, Row
from tests.simulator import UNRESOLVABLE_URL, Answer, Asked, CallRecord, Fault, Say, Script, Simulator, refusing_url
from tests.simulator.answers import DefaultAnswers
from tests.simulator.asked import ProtocolName

KEY = "sk-canary-1234567890"
KEYS = {"ANTHROPIC_API_KEY": KEY, "OPENAI_API_KEY": KEY, "GOOGLE_API_KEY": KEY, "OPENROUTER_API_KEY": KEY}
SPECS: Mapping[ProtocolName, str] = {
    "anthropic": "anthropic:claude-haiku-4-5",
    "chat": "openai-chat:gpt-5.2",
    "responses": "openai:gpt-5.2",
    "gemini": "google:gemini-3-flash-preview",
    "openrouter": "openrouter:anthropic/claude-haiku-4.5",
}
PATHS: Mapping[ProtocolName, str] = {"chat": "/v1", "responses": "/v1", "openrouter": "/api/v1"}
"""What a base URL has after the host."""
TASK = "Write a product description for a travel mug"
STRUCK, SPARED = "Write about the struck side.", "Write about the spared side."
DESCRIPTIONS: Mapping[Role, tuple[str, ...]] = {
    "worker": (STRUCK, SPARED),
    "synthesis": (SPARED,),
    "orchestrator": (),
}
"""The plan that is given, by the role that is struck; none where that is the orchestrator."""
OTHER: Mapping[ProtocolName, ProtocolName] = {
    "anthropic": "chat",
    "chat": "gemini",
    "responses": "anthropic",
    "gemini": "responses",
    "openrouter": "anthropic",
}
"""A protocol of another account: what is owed for one is not owed for the other."""
TELLING = frozenset(
    {
        *("plan_retrying", "run_waiting", "worker_retrying", "worker_failed"),
        *("subtask_skipped", "subtask_superseded", "synthesis_failed"),
    }
)
"""Kinds of event that no run without a fault has."""
FOREVER = 1e6
"""Seconds of the loop; waiting for them takes none."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What came of a run."""

    result: RunResult
    events: Sequence[Event]
    calls: Sequence[CallRecord]
    """Those that arrived at the server."""
    printed: str
    """What the command line says at the end of a run that no journal keeps."""

    @property
    def telling(self) -> tuple[str, ...]:
        """The kinds of event that no run without a fault has, in the order in which each came first."""
        return tuple(dict.fromkeys(event.kind for event in self.events if event.kind in TELLING))

    def count(self, kind: str) -> int:
        """Return how many events of a kind there were."""
        return sum(event.kind == kind for event in self.events)

    def asked(self, role: str, text: str = "") -> list[CallRecord]:
        """Return the calls of a role whose prompt has a text in it."""
        return [call for call in self.calls if call.role == role and text in json.dumps(call.body)]


@dataclass
class Stage:
    """A simulator, and a model for each protocol that talks to it."""

    sim: Simulator
    answers: "Recorder"
    models: dict[tuple[Place | None, ProtocolName], Model] = field(
        default_factory=dict[tuple[Place | None, ProtocolName], Model]
    )

    def model(self, protocol: ProtocolName, place: Place | None = None) -> Model:
        """Return the protocol's model, opened once: each has an SSL context of its own."""
        if (place, protocol) not in self.models:
            url = {"unresolvable": UNRESOLVABLE_URL, "refusing": refusing_url(), "tls": self.sim.tls_url}.get(
                place or "", self.sim.url
            )
            self.models[place, protocol] = open_model(
                SPECS[protocol], base_url=url + PATHS.get(protocol, ""), keys=KEYS
            )
        return self.models[place, protocol]

    async def play(self, row: Row, protocol: ProtocolName) -> Seen:
        """Run a task while the row's fault befalls it."""
        sound, struck = self.model(protocol), self.model(protocol, row.place)
        orchestrator = Orchestrator(
            model=struck if row.role == "orchestrator" else sound,
            worker_model=struck if row.role == "worker" else sound,
            synthesis_model=struck if row.role == "synthesis" else sound,
            synthesis="merge" if row.role == "synthesis" else "none",
            timeout=row.timeout,
            concurrency=1 if row.others == "stopped" else 10,
            keys=KEYS,
        )
        self.sim.play_script(script_of(row))
        plan = _plan(DESCRIPTIONS[row.role])
        return await self.run(orchestrator, plan, deltas=row.streamed and row.role != "orchestrator")

    async def run(
        self,
        orchestrator: Orchestrator,
        plan: Plan | None = None,
        *,
        deltas: bool = False,
        task: str = TASK,
        context: Mapping[str, object] = EMPTY,
    ) -> Seen:
        """Run a task to its end; a run that hangs ends the test."""
        first, board, events = len(self.sim.calls), RunState(), list[Event]()
        with anyio.fail_after(FOREVER):
            async with orchestrator.stream(task, context=context, plan=plan, deltas=deltas) as stream:
                async for event in stream:
                    board.see(event)
                    events.append(event)
        last = events[-1]
        assert isinstance(last, RunCompleted)
        printed = io.StringIO()
        with redirect_stderr(printed):
            print_run_summary(board, last.result, interrupted=False)
        await self.sim.until(lambda calls: all(call.end != "open" for call in calls))
        return Seen(result=last.result, events=events, calls=self.sim.calls[first:], printed=printed.getvalue())

    def text_of(self, call: CallRecord) -> str:
        """Return what the model said in a call that nothing befell."""
        return read_answer(self.answers.given[call.number].text).text

    def was_said(self, call: CallRecord) -> bool:
        """Whether the model answered of its own accord, and no fault put words into its mouth."""
        return call.number in self.answers.given

    def whole_answers(self, seen: Seen, row: Row) -> Counter[str]:
        """Return the texts of which every byte was handed to the network."""
        texts = Counter[str]()
        for call in seen.calls:
            if call.delivered:
                said = next((effect.answer for effect in row.effects if call.fault and isinstance(effect, Say)), None)
                answer = self.answers.given.get(call.number) if said is None else said
                if isinstance(answer, Answer) and answer.finish == "stop":
                    with suppress(ModelError):  # Thinking and nothing else is no text.
                        texts[read_answer(answer.text).text] += 1
        return texts


def script_of(row: Row) -> Script:
    """Return the script that has a row's fault befall the calls that it is about."""
    text = STRUCK if row.role == "worker" else None
    fault = Fault(effects=row.effects, role=row.role, text=text, times=row.times)
    return Script((fault, Fault(effects=row.otherwise, role=row.role)))


def _plan(descriptions: Sequence[str]) -> Plan | None:
    subtasks = tuple(Subtask(type=text.split()[3], description=text) for text in descriptions)
    return Plan(subtasks=subtasks) if subtasks else None


class Recorder:
    """Answers as the simulator does by default, and remembers what."""

    def __init__(self) -> None:
        self.given: dict[int, Answer] = {}
        """By the call's number."""
        self._answers = DefaultAnswers(words=(40, 60))

    def __call__(self, asked: Asked) -> Answer:
        """Return the answer to a call."""
        answer = self._answers(asked)
        self.given[asked.number] = answer
        return answer
