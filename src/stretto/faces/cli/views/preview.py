"""Shows what a run or a batch would take, without any call: models, columns, the first prompt, the quote."""

import sys
from collections.abc import Iterator

from stretto.batch.quote import estimate, first_prompt
from stretto.core.models import Role
from stretto.core.text import for_terminal
from stretto.faces.cli.input.batch_inputs import BatchInputs
from stretto.faces.cli.input.run_inputs import RunInputs
from stretto.faces.cli.process.exit_codes import ExitCode
from stretto.faces.cli.views.json_lines import to_line
from stretto.faces.shared.formatting import count, glyphs_for, one_line
from stretto.faces.shared.run_wording import models_line, quote_line


def preview_run(inputs: RunInputs, *, as_json: bool) -> int:
    """Print the quote of a run on stdout and return the exit code."""
    quote = inputs.orchestrator.quote(inputs.task, context=inputs.context, plan=inputs.plan)
    print(models_line(inputs.orchestrator.models, inputs.orchestrator.why, inputs.others), file=sys.stderr)
    print(to_line(quote) if as_json else quote_line(quote, dot=glyphs_for(sys.stdout.encoding).dot))
    return ExitCode.COMPLETE


def preview_batch(inputs: BatchInputs) -> int:
    """Print the preview of a batch on stdout and return the exit code."""
    input_table, setup = inputs.input_table, inputs.setup
    print_batch_notes(inputs)
    dot = glyphs_for(sys.stdout.encoding).dot
    for line in input_table.columns.lines():
        print(one_line(line))
    prompt = first_prompt(input_table, setup)
    if prompt:
        print(f"\nThe first prompt, for row {input_table.found.first[0].number}:\n")
        print("\n".join(f"    {line}".rstrip() for line in for_terminal(prompt).splitlines()))
        print()
    print(f"{count(input_table.total, 'row')}: {quote_line(estimate(input_table, setup), dot=dot)}")
    return ExitCode.COMPLETE


def print_batch_notes(inputs: BatchInputs) -> None:
    """Say on stderr which models are asked and what was assumed about the table."""
    role_models = inputs.setup.job.role_models
    models: dict[Role, str] = {"orchestrator": role_models.orchestrator.name, "worker": role_models.worker.name}
    print(models_line(models, inputs.setup.why), file=sys.stderr)
    for note in (*role_models.labels, *inputs.notes, *inputs.input_table.table.notes, *_repeated(inputs)):
        print(f"note: {one_line(note)}", file=sys.stderr)


def _repeated(inputs: BatchInputs) -> Iterator[str]:
    repeated = inputs.input_table.found.repeated
    if repeated:
        same = "1 row has" if repeated == 1 else f"{repeated:,} rows have"
        yield f"{same} the same content as a row before, and is run all the same."
