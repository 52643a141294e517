"""Shows what a batch would do, without any call: the columns, the first prompt, the quote for the whole."""

import sys

from stretto.batch.quote import estimate, first_prompt
from stretto.core.text import for_terminal
from stretto.faces.cli.errors import ExitCode, one_line
from stretto.faces.cli.input.batch_inputs import BatchInputs
from stretto.faces.cli.views.batch_wording import say_notes
from stretto.faces.shared.wording import count, glyphs_for, quote_line


def preview(ready: BatchInputs) -> int:
    """Print the preview on stdout and return the exit code."""
    input_table, setup = ready.input_table, ready.setup
    say_notes(ready)
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
