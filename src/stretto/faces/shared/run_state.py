"""Folds a run's events into what is known of it right now; constant time per event."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import assert_never

from stretto.core.causes import cause_of
from stretto.core.events import (
    AnalysisDelta,
    CallEnded,
    Event,
    PlanCompleted,
    PlanRetrying,
    ReviewRequested,
    RunCompleted,
    RunStarted,
    RunWaiting,
    SubtaskSealed,
    SubtaskSkipped,
    SubtaskSuperseded,
    SynthesisCompleted,
    SynthesisDelta,
    SynthesisFailed,
    SynthesisStarted,
    WorkerCompleted,
    WorkerDelta,
    WorkerFailed,
    WorkerRetrying,
    WorkerStarted,
)
from stretto.core.plan import Plan, Subtask
from stretto.core.result import Failure, RunResult, Shortfall, WorkerResult
from stretto.core.usage import FREE, NO_USAGE, Cost, Usage
from stretto.faces.shared.part_state import GrowingText, RowState, SubtaskState, SynthesisState
from stretto.faces.shared.waiting import WaitingNotices

_INTERRUPTED = Failure(kind="interrupted", message="The run was interrupted.")


@dataclass(slots=True)
class RunState:
    """Everything that a face shows about one run."""

    given: bool = False
    """Whether the plan was brought along; nobody is asked for one then."""
    run: RunStarted | None = None
    analysis: GrowingText = field(default_factory=GrowingText)
    rows: dict[str, SubtaskState] = field(default_factory=dict[str, SubtaskState])
    """By subtask id, in the plan's order."""
    active: dict[str, SubtaskState] = field(default_factory=dict[str, SubtaskState])
    """The rows whose worker is at work."""
    recent: deque[SubtaskState] = field(default_factory=lambda: deque[SubtaskState](maxlen=64))
    """The rows that were finished last."""
    counts: Counter[RowState] = field(default_factory=Counter[RowState])
    plan: Plan | None = None
    """None until it is whole."""
    reviewed: bool = False
    """Whether a person has said what is to be run of it."""
    plan_ended: float | None = None
    notices: WaitingNotices = field(default_factory=WaitingNotices)
    """What holds the run up."""
    synthesis: SynthesisState | None = None
    retries: dict[str, int] = field(default_factory=dict[str, int])
    """Why something was asked for again, one sentence for each cause, and how often."""
    usage: Usage = NO_USAGE
    """Of the calls that have ended, and of what an earlier process had finished."""
    cost: Cost = FREE
    """The same."""
    result: RunResult | None = None
    seconds: float = 0.0
    """When the latest event was sent."""
    _retry_sentences: dict[str, str] = field(default_factory=dict[str, str])
    """By cause."""

    def see(self, event: Event) -> None:
        """Take in one event."""
        self.seconds = max(self.seconds, event.at)
        self.notices.see(event)
        match event:
            case RunStarted():
                self.run = event
            case AnalysisDelta():
                self.analysis.add(event.text)
            case SubtaskSealed():
                self._row(event.subtask)
            case PlanRetrying():
                self._count_retry(event.reason)
                if event.how != "continue":
                    self.analysis = GrowingText()  # it is written anew
            case PlanCompleted():
                self._complete_plan(event)
            case WorkerStarted() | WorkerDelta() | WorkerRetrying():
                self._work(event)
            case WorkerCompleted() | WorkerFailed() | SubtaskSuperseded() | SubtaskSkipped():
                self._finish(event.result, event.at)
            case SynthesisStarted() | SynthesisDelta() | SynthesisCompleted() | SynthesisFailed():
                self._synthesise(event)
            case RunCompleted():
                self.result = event.result
            case CallEnded():
                self.usage += event.usage
                self.cost += event.cost
            case RunWaiting() | ReviewRequested():
                pass  # a notice; a review is itself what is shown
            case _:
                assert_never(event)

    def replan(self, plan: Plan) -> None:
        """Take in what a person made of the plan before anything of it was started."""
        self.plan, self.reviewed = plan, True
        planned = {subtask.id: subtask for subtask in plan.subtasks}
        self.rows = {
            subtask_id: SubtaskState(number=number, subtask=subtask)
            for number, (subtask_id, subtask) in enumerate(planned.items(), 1)
            if subtask_id
        }
        self.counts = Counter({"waiting": len(self.rows)})

    def so_far(self, why: Failure | None = None) -> RunResult | None:
        """Return what there is of a run that was stopped, by Ctrl-C unless `why` says more; None for nothing."""
        why = why or _INTERRUPTED
        if not self.counts["completed"]:
            return None
        finished = {row.subtask.id: row for row in self.rows.values() if row.state == "completed"}
        planned = self.plan.subtasks if self.plan else tuple(row.subtask for row in self.rows.values())
        missing = tuple(subtask.id for subtask in planned if subtask.id not in finished)
        what = f"{len(missing)} of {len(planned)} subtasks" if self.plan else "the rest of the plan"
        return RunResult(
            run_id=self.run.run_id if self.run else "",
            status="partial",
            labels=self.run.labels if self.run else (),
            task=self.run.task if self.run else "",
            context=self.run.context if self.run else {},
            recipe=self.run.recipe if self.run else "",
            analysis=self.plan.analysis if self.plan else self.analysis.whole,
            results=tuple(self._outcome(subtask, why) for subtask in planned),
            shortfall=(Shortfall(what=what, failure=why, subtask_ids=missing),),
            usage=self.usage,
            cost=self.cost,
            seconds=self.seconds,
        )

    def _outcome(self, subtask: Subtask, why: Failure) -> WorkerResult:
        row = self.rows.get(subtask.id)
        if row and row.result:
            return row.result
        return WorkerResult(subtask=subtask, status="failed", error=why)

    def _row(self, subtask: Subtask) -> SubtaskState:
        row = self.rows.get(subtask.id)
        if row is None:
            row = self.rows[subtask.id] = SubtaskState(number=len(self.rows) + 1, subtask=subtask)
            self.counts["waiting"] += 1
        return row

    def _move(self, row: SubtaskState, state: RowState) -> None:
        self.counts[row.state] -= 1
        self.counts[state] += 1
        row.state = state

    def _complete_plan(self, event: PlanCompleted) -> None:
        self.plan = event.plan
        self.plan_ended = event.at if self.plan_ended is None else self.plan_ended
        rows = [self._row(subtask) for subtask in event.plan.subtasks]
        for number, row in enumerate(rows, 1):
            row.number = number
        # The plan's order, then what was started early and is not in the plan.
        self.rows = {row.subtask.id: row for row in rows} | self.rows

    def _work(self, event: WorkerStarted | WorkerDelta | WorkerRetrying) -> None:
        row = self.rows.get(event.subtask_id)
        if row is None:
            return
        match event:
            case WorkerStarted():
                self._move(row, "running")
                row.text = GrowingText()
                row.started = event.at if row.started is None else row.started
                self.active[event.subtask_id] = row
            case WorkerDelta():
                row.text.add(event.text)
                self._move(row, "running")
            case WorkerRetrying():
                self._move(row, "retrying")
                row.text, row.note = GrowingText(), event.reason.message
                self._count_retry(event.reason)

    def _count_retry(self, reason: Failure) -> None:
        cause = cause_of(reason.message)
        sentence = self._retry_sentences.setdefault(cause, reason.message)
        self.retries[sentence] = self.retries.get(sentence, 0) + 1

    def _finish(self, result: WorkerResult, at: float) -> None:
        row = self._row(result.subtask)
        if row.started is None:  # It was paid for before this run went on.
            self.usage += result.usage
            self.cost += result.cost
        self._move(row, result.status)
        self.active.pop(result.subtask.id, None)
        row.result, row.ended = result, at
        self.recent.append(row)

    def _synthesise(self, event: SynthesisStarted | SynthesisDelta | SynthesisCompleted | SynthesisFailed) -> None:
        if isinstance(event, SynthesisStarted):
            started = self.synthesis.started if self.synthesis else event.at
            self.synthesis = SynthesisState(strategy=event.strategy, started=started)
        elif isinstance(event, SynthesisDelta):
            if self.synthesis:
                self.synthesis.text.add(event.text)
        else:
            self.synthesis = self.synthesis or SynthesisState(strategy=event.result.strategy, started=event.at)
            self.synthesis.result, self.synthesis.ended = event.result, event.at
