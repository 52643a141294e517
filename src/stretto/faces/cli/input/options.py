"""The options that `run`, `plan` and `demo` share."""

from pathlib import Path
from typing import Annotated

import typer

TaskText = Annotated[str | None, typer.Argument(metavar="TASK", help="What is to be made; - reads it from stdin.")]
ContextValues = Annotated[
    list[str] | None,
    typer.Option("-c", "--context", metavar="NAME=VALUE", help="A fact the models may use; repeatable."),
]
ContextFiles = Annotated[
    list[Path] | None,
    typer.Option("--context-file", metavar="FILE", help="Facts from a JSON, YAML, Markdown or text file; repeatable."),
]
RecipeName = Annotated[
    str | None, typer.Option("--recipe", metavar="RECIPE", help="Its name or path; see: stretto recipes")
]
ModelName = Annotated[
    str | None,
    typer.Option("--model", metavar="MODEL", help="The orchestrator's, such as anthropic:claude-sonnet-5-5."),
]
WorkerModel = Annotated[
    str | None, typer.Option("--worker-model", metavar="MODEL", help="The workers'; without it, the orchestrator's.")
]
SynthesisModel = Annotated[
    str | None, typer.Option("--synthesis-model", metavar="MODEL", help="The one that writes the synthesis.")
]
FallbackModels = Annotated[
    list[str] | None,
    typer.Option("--fallback-model", metavar="MODEL", help="Asked when a model gives no usable answer; repeatable."),
]
Tiers = Annotated[
    list[str] | None,
    typer.Option("--tier", metavar="TIER=MODEL", help="Model for subtasks marked fast or strong; repeatable."),
]
Subtasks = Annotated[str | None, typer.Option("--subtasks", metavar="N|N-M", help="How many subtasks to ask for.")]
MaxSubtasks = Annotated[str | None, typer.Option("--max-subtasks", metavar="N", help="More are never started.")]
Synthesize = Annotated[
    str | None, typer.Option("--synthesize", metavar="merge|compare", help="One text out of all, or a recommendation.")
]
Language = Annotated[
    str | None, typer.Option("--language", metavar="CODE", help="Language of the answers; without it, the brief's.")
]
Concurrency = Annotated[str | None, typer.Option("--concurrency", metavar="N", help="Calls to one model at a time.")]
Attempts = Annotated[str | None, typer.Option("--attempts", metavar="N", help="Calls for one answer at the most.")]
Timeout = Annotated[str | None, typer.Option("--timeout", metavar="SECONDS", help="For one call.")]
Hedge = Annotated[bool, typer.Option("--hedge", help="Make a call that is very slow again; the first answer counts.")]
BudgetUsd = Annotated[
    str | None, typer.Option("--budget-usd", metavar="DOLLARS", help="What a run may cost at the most.")
]
MaxTokensTotal = Annotated[
    str | None, typer.Option("--max-tokens-total", metavar="N", help="Tokens of all calls together at the most.")
]
Deadline = Annotated[str | None, typer.Option("--deadline", metavar="SECONDS", help="For the whole run.")]
BaseUrl = Annotated[
    str | None, typer.Option("--base-url", metavar="URL", help="Another server that speaks the model's protocol.")
]
AcceptFinishReasons = Annotated[
    list[str] | None,
    typer.Option(
        "--accept-finish-reason", metavar="WORD", help="Ends a whole answer of a server of your own; repeatable."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it would take; no call is made.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON for other programs.")]
JournalPlace = Annotated[
    str | None, typer.Option("--journal", metavar="FILE|URL", help="Where runs are kept; without it, your data folder.")
]
NoJournal = Annotated[bool, typer.Option("--no-journal", help="Keep nothing: the run cannot be resumed.")]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write the results there: .md .json .jsonl .csv .html"),
]
OptionalQueue = Annotated[
    str | None,
    typer.Option("--queue", metavar="URL", help="Have workers on many machines run it: postgresql://host/database."),
]
QueueUrl = Annotated[
    str, typer.Option("--queue", metavar="URL", help="The database that holds it: postgresql://host/database.")
]
BatchId = Annotated[str, typer.Argument(metavar="ID", help="The batch's id; see: stretto batch status")]
Review = Annotated[bool, typer.Option("--review", help="Edit the plan before anything of it is run: $VISUAL, $EDITOR.")]
RunId = Annotated[str, typer.Argument(metavar="ID", help="A run's id, or how it begins; see: stretto runs")]
