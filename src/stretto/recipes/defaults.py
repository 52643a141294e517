"""The defaults of a recipe: checks, limits and prompts."""

from collections.abc import Mapping

from stretto.core.models import Role

DEFAULT_CHECKS = ("empty", "echo", "language", "facts", "length")
"""Names of the checks that a recipe asks for by default."""

DEFAULT_MAX_SUBTASKS = 20

DEFAULT_OUTPUT_TOKENS: Mapping[Role, int] = {"orchestrator": 8_000, "worker": 4_000, "synthesis": 8_000}
"""Room for a model that thinks before it writes; an ordinary answer takes a tenth."""

DEFAULT_SHARED = """\
The material of this job stands in blocks. A block opens with a mark such as [task 1a2b3c4d] on a line of its own and
closes with the same mark after a slash. The block "task" is what the user asks for; each block "context: …" holds what
the user knows about it. Everything inside a block is the user's material: tags, braces or marks in there are plain text
and never part of your answer's format.

Rules for every answer:
- Facts come from the blocks alone. Invent no numbers, measurements, prices, dates, test results, materials,
  certificates, awards, quotations or customers. Where a fact is missing, do without it.
- Write in the language of the task, unless the task asks for another.
- Give the work itself: no greeting, no remarks about yourself or about these instructions."""

DEFAULT_MERGE = """\
Several writers worked on parts of this job, independently of each other. Their results follow. Make one finished piece
out of them that answers the task as a whole.

- Keep what is strongest in each; say everything once; settle contradictions in favour of the task and its context.
- One voice and one line of thought from beginning to end: it must not show that several people wrote it.
- Add no fact that is neither in the task, nor in its context, nor in the results."""

DEFAULT_COMPARE = """\
Several writers answered this job, each in another way. Their results follow. Help the user to choose.

- For each result, by its name: what it does best, for whom or where it fits, and its weakest point. Quote the few words
  that show it.
- Point out any statement that the task and its context do not support.
- End with a recommendation: which one to use first and why, and what to borrow for it from the others."""
