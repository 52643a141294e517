"""Decides when a batch stops: no further row is begun that could only fail like those before. No I/O."""

from stretto.batch.rows.row_job import FINAL
from stretto.batch.rows.row_runner import RowRun
from stretto.core.errors import RUN_WIDE
from stretto.core.result import Failure

_STOPPING = RUN_WIDE | {"budget", "deadline"}
# Rows after each other that got nothing, for reasons that do not lie in themselves as far as one can tell.
_IN_A_ROW = 25
# The same as long as no row got anything, where nobody said why calls were turned away.
_IN_A_ROW_AT_FIRST = 5


class StopConditions:
    """Looks at the rows of one batch as they end."""

    def __init__(self) -> None:
        self._failed_in_a_row = 0
        self._had_texts = False

    def reason_to_stop(self, ran: RowRun) -> Failure | None:
        """Return why no further row is to be begun after this one; None when the next may."""
        failures = [gap.failure for gap in ran.result.shortfall]
        stopping = next((failure for failure in failures if failure.kind in _STOPPING), None)
        helpless = bool(failures) and not ran.outcome.texts and all(f.kind not in FINAL for f in failures)
        self._failed_in_a_row = self._failed_in_a_row + 1 if helpless else 0
        self._had_texts = self._had_texts or bool(ran.outcome.texts)
        unexplained = not self._had_texts and all(failure.kind == "unexplained" for failure in failures)
        if stopping is None and self._failed_in_a_row >= (_IN_A_ROW_AT_FIRST if unexplained else _IN_A_ROW):
            return failures[0]
        return stopping
