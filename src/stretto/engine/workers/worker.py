"""One worker: asks a model for one subtask's text, has it checked, and returns the outcome, failures included."""

from dataclasses import replace

import anyio

from stretto.core.checks import Answer, Finding
from stretto.core.errors import ModelError
from stretto.core.events import WorkerDelta, WorkerRetrying, WorkerStarted
from stretto.core.models import Model, ModelReply, ModelRequest, OnText, Turn
from stretto.core.plan import Subtask
from stretto.core.result import Failure, WorkerResult, WorkerStatus
from stretto.engine.accounting.budget import UsageTotal
from stretto.engine.calls.answer_text import answer_of
from stretto.engine.calls.caller import ModelCaller
from stretto.engine.events.emitter import Emit
from stretto.engine.job import Job
from stretto.engine.workers.answer_checks import run_checks
from stretto.engine.workers.revisions import FIRST, CurrentRevision
from stretto.recipes import RolePrompt, mend_answer, worker_prompt

_Checked = tuple[str, tuple[Finding, ...]]


class WorkerExchange:
    """A worker's request, and how its reply is read."""

    def __init__(self, job: Job, subtask: Subtask, current: CurrentRevision, emit: Emit) -> None:
        self.subtask_id = subtask.id
        self.revision = current.revision
        self.kept: _Checked | None = None
        """A whole answer that a check wanted better: used when none better comes."""
        self.unusable = ""
        """The answer that came last, for when none counts in the end: what was paid for is not lost."""
        self._fails_closed = False
        self._job = job
        self._subtask = subtask
        self._emit = emit
        self._turns = current.turns
        self._prompt: RolePrompt = worker_prompt(job.recipe, job.task, subtask=subtask, language=job.settings.language)

    def request(self, turns: tuple[Turn, ...]) -> ModelRequest:
        """Ask for the subtask's text."""
        return ModelRequest(
            role="worker",
            prefix=self._prompt.prefix,
            prompt=self._prompt.prompt,
            turns=self._turns + turns,
            max_output_tokens=self._job.recipe.max_output_tokens["worker"],
            timeout=self._job.settings.timeout,
            gap_timeout=self._job.settings.gap_timeout,
        )

    def begin(self, attempt: int, model: Model) -> OnText | None:
        """Publish that the worker has started; a later attempt was published by `announce_retry`."""
        if attempt == 1:
            self._emit(WorkerStarted(subtask_id=self.subtask_id, model=model.name))
        if not self._job.deltas:
            return None
        return lambda text: self._emit(WorkerDelta(subtask_id=self.subtask_id, attempt=attempt, text=text))

    async def read(self, reply: ModelReply) -> _Checked:
        """Return the text with the checks' remarks; raises `ModelError` when a check wants another answer."""
        self.unusable = reply.text
        text, reading = answer_of(reply, self._brief())
        settings = self._job.settings
        answer = Answer(text=text, task=self._job.task, subtask=self._subtask, language=settings.language)
        inspection = await run_checks(settings.checks, answer, seconds=settings.timeout)
        findings, self._fails_closed = (*reading, *inspection.findings), inspection.fails_closed
        wanting = [finding for finding in findings if finding.action != "warn"]
        if not wanting:
            return text, findings
        if all(finding.action == "repair" for finding in wanting):
            self.kept = (text, findings)
        reasons = " ".join(finding.message for finding in wanting)
        raise ModelError(reasons, kind="rejected", model=reply.model)

    def _brief(self) -> str:
        task = self._job.task
        return "\n".join((task.text, *task.context.values(), self._subtask.type, self._subtask.description))

    def correction(self, error: ModelError) -> str:
        """Ask for the whole text again."""
        return mend_answer(error.message)

    def may_retry(self, error: ModelError) -> bool:
        """A worker's answer is whole or nothing, so asking again is right, but where a strict check is broken."""
        return not self._fails_closed

    def announce_retry(self, attempt: int, reason: Failure, model: str, seconds: float) -> None:
        """Publish another attempt."""
        self._emit(
            WorkerRetrying(subtask_id=self.subtask_id, attempt=attempt, reason=reason, model=model, seconds=seconds)
        )


async def run_subtask(
    job: Job, subtask: Subtask, current: CurrentRevision, caller: ModelCaller, emit: Emit, usage_total: UsageTotal
) -> WorkerResult:
    """Return the subtask's outcome; a failure is an outcome, only bugs raise."""
    exchange = WorkerExchange(job, subtask, current, emit)
    try:
        text, findings = await caller.ask(exchange, job.role_models.for_subtask(subtask), usage_total)
    except ModelError as error:
        if exchange.kept is None:
            unaffordable = error.kind == "budget" and not usage_total.attempts
            failure = replace(Failure.of(error), raw=exchange.unusable)
            return outcome(
                subtask, usage_total, "skipped" if unaffordable else "failed", current=current, error=failure
            )
        text, findings = exchange.kept
    return outcome(subtask, usage_total, "completed", current=current, text=text, findings=findings)


def outcome(
    subtask: Subtask,
    usage_total: UsageTotal,
    status: WorkerStatus,
    *,
    current: CurrentRevision = FIRST,
    text: str = "",
    findings: tuple[Finding, ...] = (),
    error: Failure | None = None,
) -> WorkerResult:
    """Return a subtask's outcome with what it used."""
    return WorkerResult(
        subtask=subtask,
        revision=current.revision,
        status=status,
        text=text,
        findings=findings,
        error=error,
        model=usage_total.model if status == "completed" else "",
        attempts=usage_total.attempts,
        seconds=0.0 if usage_total.began is None else round(anyio.current_time() - usage_total.began, 3),
        usage=usage_total.usage,
        cost=usage_total.cost,
    )
