"""The live view: takes events as they come and draws at most ten times a second."""

import time
from collections.abc import Callable

from rich.console import Console

from stretto.core.events import Event
from stretto.faces.cli.views.live.frame import Screen, draw
from stretto.faces.cli.views.live.painter import Painter
from stretto.faces.shared.formatting import glyphs_for
from stretto.faces.shared.run_state import RunState


class LiveView:
    """Shows a run on a terminal while it goes on; what stays on the screen afterwards is not its business."""

    moving = True

    def __init__(self, run_state: RunState, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._run_state = run_state
        self._console = console
        self._clock = clock
        self._painter = Painter(console)
        self._glyphs = glyphs_for(console.encoding)
        self._began: float | None = None
        self._turn = 0
        self._open = True

    def see(self, event: Event) -> None:
        """Note when the run began; the run state has taken in the rest."""
        if self._began is None:
            self._began = self._clock() - event.at

    def tick(self) -> None:
        """Draw what the run state says now; to be called about ten times a second."""
        if self._began is None or not self._open:
            return
        self._turn += 1
        screen = Screen(
            console=self._console,
            width=self._console.width - 1,
            height=self._console.height - 1,
            now=self._clock() - self._began,
            turn=self._turn,
            glyphs=self._glyphs,
        )
        self._painter.paint(draw(self._run_state, screen))

    def pause(self) -> None:
        """Take the frame away, for something else to have the terminal."""
        self._painter.clear()
        self._open = False

    def resume(self) -> None:
        """Draw again after a pause."""
        self._open = True

    def close(self) -> None:
        """Leave the terminal as it was."""
        self.pause()
