"""What a recipe is: the prompt templates of every role and the settings that belong to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from stretto.core.errors import RecipeError
from stretto.core.models import Role
from stretto.core.plan import HARD_CEILING, AnalysisPlace, PlanFormat
from stretto.recipes.defaults import (
    DEFAULT_CHECKS,
    DEFAULT_COMPARE,
    DEFAULT_MAX_SUBTASKS,
    DEFAULT_MERGE,
    DEFAULT_OUTPUT_TOKENS,
)
from stretto.recipes.field_types import (
    check_format,
    check_names,
    check_place,
    check_range,
    check_text,
    check_tokens,
    check_whole,
)
from stretto.recipes.filling import placeholders

_TEXTS = (
    *("name", "description", "source"),
    *("orchestrator", "worker", "synthesis_merge", "synthesis_compare", "shared"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """The prompts of one kind of work. Raises `RecipeError` when it is built from something unusable."""

    name: str
    """How users call it."""
    description: str
    """What it is for, in one line."""
    orchestrator: str
    """Template: how to plan."""
    worker: str
    """Template: how to carry out one subtask."""
    synthesis_merge: str
    """Template: how to make one text out of all results."""
    synthesis_compare: str
    """Template: how to compare the results and recommend one."""
    shared: str
    """Template of the rules that open every prompt; the same for all roles; may be empty."""
    subtasks: tuple[int, int]
    """How many subtasks the orchestrator is asked for, least and most."""
    max_subtasks: int
    """How many subtasks are carried out at most, whatever the plan says."""
    plan_format: PlanFormat
    """The markup in which the orchestrator is asked to write."""
    analysis: AnalysisPlace = "first"
    """Whether it is asked for its analysis before the subtasks or after them, which lets workers start earlier."""
    checks: tuple[str, ...]
    """Names of the checks on every answer, in order."""
    max_output_tokens: Mapping[Role, int]
    """The longest answer of each role in tokens, thinking included."""
    language: str | None
    """The language to answer in, as a code such as "zh"; None for the brief's."""
    source: str
    """Where it comes from: "built in", "code" or a path."""

    def __post_init__(self) -> None:
        label = f"recipe {self.name!r}"
        self._check_types(label)
        if not self.orchestrator.strip() or not self.worker.strip():
            raise RecipeError(f"The orchestrator and the worker prompt of {label} must not be empty.")
        for part, template in self.templates.items():
            placeholders(template, where=f"the {part} prompt of {label}")
        low, high = self.subtasks
        if not 1 <= low <= high:
            raise RecipeError(f"subtasks of {label} must run from 1 or more upwards, got {low}-{high}.")
        if not high <= self.max_subtasks <= HARD_CEILING:
            raise RecipeError(
                f"max_subtasks of {label} must be between its most subtasks ({high}) and {HARD_CEILING}, "
                f"got {self.max_subtasks}."
            )
        for role in get_args(Role):
            tokens = self.max_output_tokens.get(role, 0)
            if tokens < 1:
                raise RecipeError(f"max_output_tokens of {label} for the {role} must be 1 or more, got {tokens}.")

    def _check_types(self, label: str) -> None:
        """What is built in code is not always what the types say; found later, it would stop a run that has begun."""
        for name in _TEXTS:
            check_text(label, name, getattr(self, name))
        if self.language is not None:
            check_text(label, "language", self.language)
        check_whole(label, "max_subtasks", self.max_subtasks)
        check_range(label, self.subtasks)
        check_format(label, self.plan_format)
        check_place(label, self.analysis)
        check_names(label, self.checks)
        check_tokens(label, self.max_output_tokens)

    @property
    def templates(self) -> dict[str, str]:
        """The templates by the name of their section."""
        return {
            "shared": self.shared,
            "orchestrator": self.orchestrator,
            "worker": self.worker,
            "merge": self.synthesis_merge,
            "compare": self.synthesis_compare,
        }

    @classmethod
    def of(
        cls,
        *,
        orchestrator: str,
        worker: str,
        name: str = "custom",
        description: str = "",
        merge: str | None = None,
        compare: str | None = None,
        shared: str = "",
        subtasks: tuple[int, int] | None = None,
        max_subtasks: int = DEFAULT_MAX_SUBTASKS,
        plan_format: PlanFormat = "xml",
        analysis: AnalysisPlace = "first",
        checks: Sequence[str] = DEFAULT_CHECKS,
        max_output_tokens: Mapping[Role, int] | None = None,
        language: str | None = None,
        source: str = "code",
    ) -> "Recipe":
        """Build a recipe from two templates; everything else has a default.

        `subtasks=None` leaves the number to the template. Raises `RecipeError`.
        """
        return cls(
            name=name,
            description=description,
            orchestrator=orchestrator,
            worker=worker,
            synthesis_merge=DEFAULT_MERGE if merge is None else merge,
            synthesis_compare=DEFAULT_COMPARE if compare is None else compare,
            shared=shared,
            subtasks=(1, max_subtasks) if subtasks is None else subtasks,
            max_subtasks=max_subtasks,
            plan_format=plan_format,
            analysis=analysis,
            checks=check_names(f"recipe {name!r}", checks),
            max_output_tokens=_with_defaults(f"recipe {name!r}", max_output_tokens),
            language=language,
            source=source,
        )


def _with_defaults(label: str, given: Mapping[Role, int] | None) -> Mapping[Role, int]:
    if given is not None:
        check_tokens(label, given)
    return {**DEFAULT_OUTPUT_TOKENS, **(given or {})}


@dataclass(frozen=True, kw_only=True, slots=True)
class RecipeSummary:
    """One line of the list of recipes."""

    name: str
    description: str
    """What it is for, or why it cannot be read."""
    source: str
    """"built in", or the path of the user's file."""
