"""Everything that can be set, as a list: keys, options, variables and what they mean."""

from dataclasses import dataclass

from stretto.app.settings.values import (
    Reader,
    read_count,
    read_dollars,
    read_flag,
    read_models,
    read_range,
    read_seconds,
    read_synthesis,
    read_text,
    read_tiers,
    read_words,
)
from stretto.core.plan import HARD_CEILING


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One thing that can be set."""

    name: str
    """Its key in a settings file."""
    flag: str
    """The option of `stretto run`."""
    read: Reader
    """Turns what was given into the value; raises `ValueError` with what was expected."""
    says: str
    """What it does, in one line."""
    example: str
    """A line of a settings file."""

    @property
    def variable(self) -> str:
        """The environment variable."""
        return f"STRETTO_{self.name.upper()}"


SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="model",
        flag="--model",
        read=read_text,
        says="The orchestrator's model; without it, one is chosen from the keys that are there.",
        example='model = "anthropic:claude-sonnet-5-5"',
    ),
    Setting(
        name="worker_model",
        flag="--worker-model",
        read=read_text,
        says="The workers' model; without it, the orchestrator's.",
        example='worker_model = "anthropic:claude-haiku-5-5"',
    ),
    Setting(
        name="synthesis_model",
        flag="--synthesis-model",
        read=read_text,
        says="The model that writes the synthesis; without it, the orchestrator's.",
        example='synthesis_model = "anthropic:claude-sonnet-5-5"',
    ),
    Setting(
        name="fallback_models",
        flag="--fallback-model",
        read=read_models,
        says="Asked in this order when a model gives no usable answer.",
        example='fallback_models = ["openai:gpt-6-luna"]',
    ),
    Setting(
        name="tiers",
        flag="--tier",
        read=read_tiers,
        says="Models for subtasks that the orchestrator marks as fast or strong.",
        example='tiers = { fast = "openai:gpt-6-luna", strong = "openai:gpt-6.1-sol" }',
    ),
    Setting(
        name="recipe",
        flag="--recipe",
        read=read_text,
        says="Name or path of the recipe; a path in a file counts from that file's folder.",
        example='recipe = "product-copy"',
    ),
    Setting(
        name="subtasks",
        flag="--subtasks",
        read=read_range,
        says="How many subtasks to ask for: a number or a range; without it, the recipe's.",
        example='subtasks = "2-3"',
    ),
    Setting(
        name="max_subtasks",
        flag="--max-subtasks",
        read=read_count(HARD_CEILING),
        says="More than these are never started; without it, the recipe's.",
        example="max_subtasks = 12",
    ),
    Setting(
        name="synthesis",
        flag="--synthesize",
        read=read_synthesis,
        says="What to make of all results: none, merge (one text) or compare (a recommendation).",
        example='synthesis = "compare"',
    ),
    Setting(
        name="language",
        flag="--language",
        read=read_text,
        says="The language of the answers, such as zh; without it, the brief's.",
        example='language = "zh"',
    ),
    Setting(
        name="concurrency",
        flag="--concurrency",
        read=read_count(),
        says="Calls to one model at the same time (10).",
        example="concurrency = 10",
    ),
    Setting(
        name="attempts",
        flag="--attempts",
        read=read_count(),
        says="Calls for one answer before it counts as failed (3).",
        example="attempts = 3",
    ),
    Setting(
        name="timeout",
        flag="--timeout",
        read=read_seconds,
        says="Seconds for one call (300).",
        example="timeout = 300",
    ),
    Setting(
        name="hedge",
        flag="--hedge",
        read=read_flag,
        says="Make a worker's call again that takes much longer than the others, and take the first answer (false).",
        example="hedge = true",
    ),
    Setting(
        name="budget_usd",
        flag="--budget-usd",
        read=read_dollars,
        says="US dollars that a run may cost at the most; what does not fit is not started.",
        example="budget_usd = 2.50",
    ),
    Setting(
        name="max_tokens_total",
        flag="--max-tokens-total",
        read=read_count(),
        says="Tokens that a run may use at the most, input and output of all calls together.",
        example="max_tokens_total = 200000",
    ),
    Setting(
        name="deadline",
        flag="--deadline",
        read=read_seconds,
        says="Seconds for the whole run; what is not finished by then is reported as missing.",
        example="deadline = 900",
    ),
    Setting(
        name="base_url",
        flag="--base-url",
        read=read_text,
        says="Another server that speaks the model's protocol; never read from a project's file.",
        example='base_url = "http://localhost:8000/v1"',
    ),
    Setting(
        name="accept_finish_reasons",
        flag="--accept-finish-reason",
        read=read_words,
        says="Words that a server of your own ends its whole answers with, where stretto does not know them.",
        example='accept_finish_reasons = ["all_said"]',
    ),
    Setting(
        name="journal",
        flag="--journal",
        read=read_text,
        says="Where runs are kept: a file, or Postgres by its URL; never read from a project's file.",
        example='journal = "postgresql://stretto@localhost/stretto"',
    ),
)
