"""Says what a run would take, without any call."""

import sys

from stretto.faces.cli.errors import ExitCode
from stretto.faces.cli.input.run_inputs import RunInputs
from stretto.faces.cli.sessions.run_session import say_models
from stretto.faces.cli.views.json_lines import to_line
from stretto.faces.shared.wording import glyphs_for, quote_line


def show_quote(prepared: RunInputs, *, as_json: bool) -> int:
    """Print the quote on stdout and return the exit code."""
    quote = prepared.orchestrator.quote(prepared.task, context=prepared.context, plan=prepared.plan)
    say_models(prepared.orchestrator.models, prepared.orchestrator.why, prepared.others)
    print(to_line(quote) if as_json else quote_line(quote, dot=glyphs_for(sys.stdout.encoding).dot))
    return ExitCode.COMPLETE
