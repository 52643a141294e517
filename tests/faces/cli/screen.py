"""A small terminal: takes what a program writes and knows what a person would see."""

import re
import unicodedata

_PIECES = re.compile(r"\x1b\[(?P<arguments>[?0-9;]*)(?P<command>[A-Za-z])|(?P<control>[\r\n])|(?P<text>[^\x1b\r\n]+)")


class Screen:
    """Rows of cells under a cursor, as high as needed. A newline begins a new row, as terminals in cooked mode do."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.rows: list[list[str]] = [[]]
        self.wrapped: list[bool] = [False]
        """Whether a row goes on in the next one."""
        self.row = 0
        self.column = 0
        self.cursor_shown = True

    def feed(self, text: str) -> None:
        """Take what was written."""
        assert "".join(match[0] for match in _PIECES.finditer(text)) == text, "unknown control"
        for match in _PIECES.finditer(text):
            if match["text"]:
                for character in match["text"]:
                    self._put(character)
            elif match["control"] == "\r":
                self.column = 0
            elif match["control"] == "\n":
                self.wrapped[self.row] = False
                self._down()
            else:
                self._command(match["command"], match["arguments"])

    def resize(self, width: int) -> None:
        """Break the lines anew, as terminals do whose window was made narrower or wider."""
        lines: list[list[str]] = [[]]
        for row, wrapped in zip(self.rows, self.wrapped, strict=True):
            lines[-1] += row
            if not wrapped:
                lines.append([])
        below = len(self.rows) - 1 - self.row
        assert below == 0, "the cursor stands in the last row"
        self.__init__(width)
        for number, line in enumerate(lines[:-1]):
            if number:
                self._down()
            for character in line:
                if character:
                    self._put(character)

    @property
    def lines(self) -> list[str]:
        """What stands on the screen, without trailing spaces."""
        return ["".join(row).rstrip() for row in self.rows]

    @property
    def text(self) -> str:
        """What stands on the screen, as one text."""
        return "\n".join(self.lines)

    def _put(self, character: str) -> None:
        cells = (
            0
            if unicodedata.category(character) in ("Mn", "Me", "Cf")
            else 2
            if unicodedata.east_asian_width(character) in "WF"
            else 1
        )
        if self.column + cells > self.width:
            self.wrapped[self.row] = True
            self._down()
        row = self.rows[self.row]
        row += [" "] * (self.column - len(row))
        row[self.column : self.column + cells] = [character, ""][:cells]
        self.column += cells

    def _down(self) -> None:
        self.row += 1
        self.column = 0
        if self.row == len(self.rows):
            self.rows.append([])
            self.wrapped.append(False)

    def _command(self, command: str, arguments: str) -> None:
        match command:
            case "A":
                self.row = max(0, self.row - int(arguments or 1))
            case "K":
                del self.rows[self.row][self.column :]
                self.wrapped[self.row] = False
            case "J":
                self._command("K", "")
                del self.rows[self.row + 1 :]
                del self.wrapped[self.row + 1 :]
            case "h" | "l" if arguments == "?25":
                self.cursor_shown = command == "h"
            case "m" | "h" | "l":
                pass
            case _:
                raise AssertionError(f"unknown command {command!r}")
