"""The orchestrator's request for a plan; reads the reply as it streams and seals each subtask that closes."""

from collections.abc import Callable, Iterator

from stretto.core.errors import ErrorKind, ModelError
from stretto.core.events import AnalysisDelta, PlanRetrying
from stretto.core.models import Model, ModelReply, ModelRequest, OnText, Turn
from stretto.core.plan import HARD_CEILING, Plan, PlanError, Subtask
from stretto.core.result import Failure
from stretto.core.text import is_blank
from stretto.engine.calls.answer_text import raise_if_refused
from stretto.engine.events.emitter import Emit
from stretto.engine.job import Job
from stretto.engine.planning.subtask_ids import SubtaskIds, SubtaskMatcher
from stretto.parsing import AnalysisText, open_reader, read_whole
from stretto.recipes import RolePrompt, plan_schema, repair_plan

OnSealed = Callable[[Subtask], None]

# With these there was an answer, though none that counts.
_ANSWERED: frozenset[ErrorKind] = frozenset({"cut", "empty", "refused", "truncated", "malformed", "protocol"})


def _nothing() -> None:
    """Stop nothing; replaced while a response streams."""


class PlanExchange:
    """One response of the orchestrator. Once something of it is sealed it is not asked for again.

    With `once` neither when anything was answered at all: the rest of a plan, or its repair, is asked for once.
    """

    subtask_id = ""
    revision = 0

    def __init__(
        self,
        job: Job,
        prompt: RolePrompt,
        turns: tuple[Turn, ...],
        before: tuple[Subtask, ...],
        subtask_ids: SubtaskIds,
        emit: Emit,
        on_sealed: OnSealed,
        *,
        once: bool,
    ) -> None:
        self.reader = open_reader(job.recipe.plan_format)
        self.sealed: list[Subtask] = []
        """What this response sealed, under its ids; what was known before it is not in here."""
        self.overflow: PlanError | None = None
        """Set when the plan is longer than any plan may be."""
        self.stop: Callable[[], None] = _nothing
        """Ends the response from within; set by whoever waits for it."""
        self._job = job
        self._prompt = prompt
        self._turns = turns
        self._before = before
        self._known = SubtaskMatcher(before)
        self._subtask_ids = subtask_ids
        self._emit = emit
        self._on_sealed = on_sealed
        self._once = once

    def request(self, turns: tuple[Turn, ...]) -> ModelRequest:
        """Ask for the plan, or for the rest or the repair of one."""
        return ModelRequest(
            role="orchestrator",
            prefix=self._prompt.prefix,
            prompt=self._prompt.prompt,
            turns=self._turns + turns,
            max_output_tokens=self._job.recipe.max_output_tokens["orchestrator"],
            timeout=self._job.settings.timeout,
            gap_timeout=self._job.settings.gap_timeout,
            schema=plan_schema(tiers=bool(self._job.role_models.tiers), analysis=self._job.recipe.analysis)
            if self._job.recipe.plan_format == "json"
            else None,
        )

    def begin(self, attempt: int, model: Model) -> OnText | None:
        """Read from the start: an earlier attempt sealed nothing."""
        self.reader = open_reader(self._job.recipe.plan_format)
        self._known = SubtaskMatcher(self._before)
        return self._feed if self._job.stream_plan else None

    def _feed(self, text: str) -> None:
        if self.overflow:
            return
        for subtask in self._closed(text):
            self._seal(subtask)
        if self.reader.overflowed:
            self.overflow = PlanError(
                f"The plan has more than {HARD_CEILING} subtasks.", fault="too_many", raw=self.reader.raw
            )
            self.stop()

    def _closed(self, text: str) -> Iterator[Subtask]:
        """Publish the analysis as it comes, and yield the subtasks that close."""
        for piece in self.reader.feed(text):
            if isinstance(piece, AnalysisText):
                self._emit(AnalysisDelta(text=piece.text))
            else:
                yield piece.subtask

    def _seal(self, subtask: Subtask) -> None:
        if self._known.claim(subtask) is None:
            sealed = self._subtask_ids.seal(subtask)
            self.sealed.append(sealed)
            self._on_sealed(sealed)

    async def read(self, reply: ModelReply) -> Plan:
        """Return the plan as the whole text has it; raises `ModelError` or `PlanError`.

        Of an answer that came in one piece nothing is sealed here, unless it is not whole and has to be gone on with.
        """
        streamed = bool(self.reader.raw)
        try:
            return self._whole(reply, streamed=streamed)
        except (ModelError, PlanError) as error:
            fault = error.fault if isinstance(error, PlanError) else None
            closed = () if streamed else tuple(self._closed(reply.text))
            for subtask in closed if fault != "too_many" else ():
                self._seal(subtask)
            if fault == "truncated" and not self.sealed:
                raise ModelError(error.message, kind="truncated", model=reply.model) from error
            raise

    def _whole(self, reply: ModelReply, *, streamed: bool) -> Plan:
        raise_if_refused(reply)
        if reply.finish == "length":
            raise ModelError(
                "The plan was cut off at its length limit.",
                kind="truncated",
                model=reply.model,
                hint="Raise max_output_tokens in the recipe, or ask for fewer subtasks.",
            )
        if is_blank(reply.text):
            raise ModelError("The orchestrator's answer was empty.", kind="empty", model=reply.model)
        return self.reader.finish() if streamed else read_whole(reply.text)

    def correction(self, error: ModelError) -> str:
        """Ask for the whole plan again; the prompt for workers would make it write a text."""
        return repair_plan(
            PlanError(error.message),
            self._job.recipe.plan_format,
            tiers=bool(self._job.role_models.tiers),
            analysis=self._job.recipe.analysis,
        )

    def may_retry(self, error: ModelError) -> bool:
        """Asking from the start again is right only while nothing was sealed; once, only while nothing was answered."""
        answered = bool(self.reader.raw) or error.kind in _ANSWERED
        return not self.sealed and not (self._once and answered)

    def announce_retry(self, attempt: int, reason: Failure, model: str, seconds: float) -> None:
        """Publish another attempt; the analysis so far is void."""
        self._emit(PlanRetrying(how="retry", reason=reason, attempt=attempt, model=model, seconds=seconds))
