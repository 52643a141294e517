"""The demo model: offline, deterministic, made of templates, and able to misbehave on request."""

import re
from collections import Counter

import anyio
from anyio.lowlevel import checkpoint

from stretto.core.errors import ModelError
from stretto.core.models import Finish, ModelReply, ModelRequest, OnText
from stretto.core.usage import FREE, Cost, Usage
from stretto.models.demo.library import frames
from stretto.models.demo.reading.prompts import Reading, read_request
from stretto.models.demo.script import DEFAULT_DELAY, Script
from stretto.models.demo.writing.answering import answer, worker_number
from stretto.models.demo.writing.planning import middle

LABEL = "demo model: offline templates, not a language model"

# Two Chinese characters take about as long to write as one word.
_PIECE = re.compile(r"[\u3000-\u9fff]{1,2}|[^\s\u3000-\u9fff]+\s*|\s+")
_CHARACTERS_PER_TOKEN = 4


class DemoModel:
    """A stand-in behind the model port. It is not a language model and says so in its label."""

    def __init__(self, script: Script | None = None) -> None:
        self._script = script or Script()
        self._seen: Counter[tuple[str, ...]] = Counter()
        self._arrived: dict[tuple[str, str], int] = {}
        self._worked: set[int] = set()

    @classmethod
    def from_spec(cls, spec: str) -> "DemoModel":
        """Build it from "demo" or "demo:option,option=value"; raises `InputError` that lists the options."""
        return cls(Script.parse(spec))

    @property
    def name(self) -> str:
        """How users name it."""
        return "demo"

    @property
    def opens_as(self) -> str:
        """What opens it again, as quick as it is: whoever goes on with a run has what was to go wrong behind them."""
        delay = self._script.delay
        return self.name if delay == DEFAULT_DELAY else f"{self.name}:delay={delay:g}"

    @property
    def account(self) -> str:
        """Nobody pays for it."""
        return "demo"

    @property
    def label(self) -> str:
        """What must stand beside its output."""
        return LABEL

    def price(self, usage: Usage) -> Cost:
        """Return nothing: it runs here."""
        return FREE

    @property
    def unmet(self) -> tuple[str, ...]:
        """What the script says of workers that never came, as options."""
        return tuple(f"{option}={number}" for option, number in self._script.workers if number not in self._worked)

    async def respond(self, request: ModelRequest, on_text: OnText | None = None) -> ModelReply:
        """Answer from templates; streams word by word when `on_text` is given."""
        reading = read_request(request)
        finish: Finish = "stop"
        text = answer(reading)
        lost = ""
        if reading.kind == "work":
            text, finish = await self._misbehave(reading, text)
        elif reading.kind == "plan":
            text, finish, lost = self._apply_faults(reading, text)
        text, cut = _within(text, request.max_output_tokens)
        await self._write(text, on_text)
        if lost:
            raise ModelError(lost, kind="cut", model=self.name)
        usage = Usage(input_tokens=_input_tokens(request), output_tokens=_tokens(text), calls=1)
        return ModelReply(text=text, finish="length" if cut else finish, usage=usage, cost=FREE, model=self.name)

    async def _misbehave(self, reading: Reading, text: str) -> tuple[str, Finish]:
        """Return what this worker is scripted to answer; raises `ModelError` when it is scripted to fail."""
        script, number = self._script, self._worker_number(reading)
        self._worked.add(number)
        flaky = number == script.flaky_worker and self._first_time("flaky-worker", reading.task, reading.type)
        if number == script.fail_worker or flaky:
            option = "flaky-worker" if flaky else "fail-worker"
            await self._pause(1)
            raise ModelError(
                f"The demo model was told to fail here ({option}={number}).", kind="server", model=self.name
            )
        if number == script.refuse_worker:
            return frames("en")["refusal"], "refusal"
        return ("" if number == script.empty_worker else text), "stop"

    def _apply_faults(self, reading: Reading, text: str) -> tuple[str, Finish, str]:
        """Return the plan as scripted: its text, how it ends, and the error's message when it is lost on the way."""
        script = self._script
        spoils = script.break_plan or script.cut_plan or script.truncate_plan
        if not spoils or not self._first_time("plan", reading.task):
            return text, "stop", ""
        if script.break_plan:
            return frames("en")["broken_plan"], "stop", ""
        if script.cut_plan:
            return text[: middle(text)], "stop", "The demo model was told to lose the connection here (cut-plan)."
        return text[: middle(text)], "length", ""

    def _first_time(self, *key: str) -> bool:
        """Whether this is the first of two times, so that every run with this model sees the same."""
        self._seen[key] += 1
        return self._seen[key] % 2 == 1

    def _worker_number(self, reading: Reading) -> int:
        number = worker_number(reading)
        # A plan that somebody else wrote: its workers count as they come.
        return number or self._arrived.setdefault((reading.type, reading.description), len(self._arrived) + 1)

    async def _write(self, text: str, on_text: OnText | None) -> None:
        pieces: list[str] = _PIECE.findall(text)
        if on_text is None:
            await self._pause(len(pieces))
            return
        for piece in pieces:
            await self._pause(1)
            on_text(piece)

    async def _pause(self, words: int) -> None:
        if self._script.delay and words:
            await anyio.sleep(self._script.delay * words)
        else:
            await checkpoint()


def _within(text: str, most: int) -> tuple[str, bool]:
    """Return as much of `text` as `most` tokens hold, and whether that cut it."""
    used, end = 0, 0
    for piece in _PIECE.finditer(text):
        used += _tokens(piece[0])
        if used > most:
            return text[:end], True
        end = piece.end()
    return text, False


def _tokens(text: str) -> int:
    """Count roughly as tokenizers do: four ASCII characters, or one of any other kind, to a token."""
    ascii_characters = len(text.encode("ascii", "ignore"))
    return len(text) - ascii_characters + -(-ascii_characters // _CHARACTERS_PER_TOKEN)


def _input_tokens(request: ModelRequest) -> int:
    message = "".join(turn.answer + turn.reply for turn in request.turns)
    return _tokens(request.system + request.prefix + request.prompt + message)
