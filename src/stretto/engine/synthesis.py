"""The synthesis: one text out of the workers' results, or a comparison of them."""

from collections.abc import Sequence
from typing import Literal

import anyio

from stretto.core.checks import Finding
from stretto.core.errors import ModelError
from stretto.core.events import SynthesisDelta, SynthesisStarted
from stretto.core.models import Model, ModelReply, ModelRequest, OnText, Turn
from stretto.core.result import Failure, SynthesisResult, WorkerResult
from stretto.engine.accounting.budget import UsageTotal
from stretto.engine.calls.answer_text import answer_of
from stretto.engine.calls.caller import ModelCaller
from stretto.engine.events.emitter import Emit
from stretto.engine.job import Job
from stretto.recipes import mend_answer, synthesis_prompt

Strategy = Literal["merge", "compare"]
_Read = tuple[str, tuple[Finding, ...]]


class SynthesisExchange:
    """The synthesis' request, and how its reply is read."""

    subtask_id = ""
    revision = 0

    def __init__(self, job: Job, strategy: Strategy, results: Sequence[WorkerResult], emit: Emit) -> None:
        self._job = job
        self._strategy: Strategy = strategy
        self._emit = emit
        self._prompt = synthesis_prompt(
            job.recipe,
            job.task,
            strategy=strategy,
            results=[result for result in results if result.status == "completed"],
            missing=[result.type for result in results if result.status != "completed"],
            language=job.settings.language,
        )

    def request(self, turns: tuple[Turn, ...]) -> ModelRequest:
        """Ask for the synthesis."""
        return ModelRequest(
            role="synthesis",
            prefix=self._prompt.prefix,
            prompt=self._prompt.prompt,
            turns=turns,
            max_output_tokens=self._job.recipe.max_output_tokens["synthesis"],
            timeout=self._job.settings.timeout,
            gap_timeout=self._job.settings.gap_timeout,
        )

    def begin(self, attempt: int, model: Model) -> OnText | None:
        """Publish that the synthesis has started; an attempt past the first voids the earlier deltas."""
        self._emit(SynthesisStarted(strategy=self._strategy, attempt=attempt, model=model.name))
        if not self._job.deltas:
            return None
        return lambda text: self._emit(SynthesisDelta(attempt=attempt, text=text))

    async def read(self, reply: ModelReply) -> _Read:
        """Return the synthesis with its findings; raises `ModelError` when it cannot count."""
        return answer_of(reply, f"{self._prompt.prefix}\n{self._prompt.prompt}")

    def correction(self, error: ModelError) -> str:
        """Ask for the whole text again."""
        return mend_answer(error.message)

    def may_retry(self, error: ModelError) -> bool:
        """A synthesis is whole or nothing, so asking again is always right."""
        return True

    def announce_retry(self, attempt: int, reason: Failure, model: str, seconds: float) -> None:
        """Publish nothing: `call_ended` has the reason, and the next `synthesis_started` the attempt."""


async def synthesise(
    job: Job,
    strategy: Strategy,
    results: Sequence[WorkerResult],
    caller: ModelCaller,
    emit: Emit,
    usage_total: UsageTotal,
) -> SynthesisResult:
    """Return the synthesis of the completed results; a failure is an outcome, only bugs raise."""
    text, error = "", None
    findings: tuple[Finding, ...] = ()
    try:
        text, findings = await caller.ask(
            SynthesisExchange(job, strategy, results, emit),
            job.role_models.chain(job.role_models.synthesis),
            usage_total,
        )
    except ModelError as failure:
        error = Failure.of(failure)
    return SynthesisResult(
        strategy=strategy,
        status="failed" if error else "completed",
        text=text,
        findings=findings,
        error=error,
        model="" if error else usage_total.model,
        attempts=usage_total.attempts,
        seconds=0.0 if usage_total.began is None else round(anyio.current_time() - usage_total.began, 3),
        usage=usage_total.usage,
        cost=usage_total.cost,
    )
