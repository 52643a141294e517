"""Reads a sheet's number formats: their sections, and what each piece of them does. No I/O."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "literal", "digits", "point", "comma", "percent", "exponent", "slash", "text", "general", "time", "elapsed"
]

_TOKEN = re.compile(
    r"""
      "(?P<quoted>[^"]*)" | \\(?P<escaped>.) | _. | \*.
    | \[(?P<bracket>[^\]]*)\]
    | (?P<general>general)
    | (?P<exponent>E[+-])
    | (?P<time>am/pm|a/p|y+|m+|d+|h+|s+|aaa+|b+|e+|g+)
    | (?P<digit>[0\#?]) | (?P<end>;) | (?P<point>\.) | (?P<comma>,) | (?P<percent>%) | (?P<text>@)
    | (?P<other>[^A-Za-z"\\\[_*])
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9]+(?:\.[0-9]+)?)")
_COLOUR = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|color ?[0-9]{1,2}", re.IGNORECASE)
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda value, limit: value < limit,
    ">": lambda value, limit: value > limit,
    "<=": lambda value, limit: value <= limit,
    ">=": lambda value, limit: value >= limit,
    "<>": lambda value, limit: value != limit,
    "=": lambda value, limit: value == limit,
}


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a section: what it does, and how it is written."""

    kind: Kind
    text: str
    quoted: bool = False
    """Whether a literal stands in quotes or after a backslash."""


@dataclass(frozen=True, slots=True)
class Section:
    """One of the parts of a format that semicolons separate."""

    tokens: tuple[Token, ...]
    condition: tuple[str, float] | None = None
    understood: bool = True

    def has(self, *kinds: Kind) -> bool:
        """Whether it holds a token of one of these kinds."""
        return any(token.kind in kinds for token in self.tokens)

    def holds(self, value: float) -> bool:
        """Whether its condition is met."""
        return self.condition is not None and _COMPARISONS[self.condition[0]](value, self.condition[1])

    @property
    def is_time(self) -> bool:
        """Whether it shows a date, a time or a duration."""
        # Digits beside the parts of a date are no format at all, but for those of a second.
        kinds = [token.kind for token in self.tokens]
        digits = [place for place, kind in enumerate(kinds) if kind == "digits"]
        fractions = all(place and kinds[place - 1] in ("point", "digits") for place in digits)
        return self.understood and self.has("time", "elapsed") and fractions


def read_sections(code: str) -> list[Section]:
    """Return the sections of a format; what cannot be understood is marked so."""
    return [_section(part) for part in _parts(code.strip() or "General")]


def _parts(code: str) -> list[list[re.Match[str] | None]]:
    """Return the pieces of each section; None stands for what is no piece of any format."""
    parts: list[list[re.Match[str] | None]] = [[]]
    place = 0
    while place < len(code):
        piece = _TOKEN.match(code, place)
        place = piece.end() if piece else place + 1
        if piece and piece["end"]:
            parts.append([])
        else:
            parts[-1].append(piece)
    return parts


def _section(pieces: Sequence[re.Match[str] | None]) -> Section:
    tokens: list[Token] = []
    condition: tuple[str, float] | None = None
    understood = True
    for piece in pieces:
        if piece is None:
            understood = False
            continue
        bracket = piece["bracket"]
        if bracket is None:
            tokens.extend(_token(piece))
        elif found := _CONDITION.fullmatch(bracket.strip()):
            condition = (found[1], float(found[2]))
        elif bracket.startswith("$"):
            tokens.append(Token("literal", bracket[1:].rpartition("-")[0] or ("" if "-" in bracket else bracket[1:])))
        elif bracket and bracket.lower().strip(bracket[0].lower()) == "" and bracket[0] in "hmsHMS":
            tokens.append(Token("elapsed", bracket.lower()))
        elif not _COLOUR.fullmatch(bracket.strip()):
            understood = False
    return Section(tuple(tokens), condition, understood)


def _token(piece: re.Match[str]) -> list[Token]:
    kind, text = piece.lastgroup, piece[0]
    match kind:
        case "quoted" | "escaped":
            return [Token("literal", piece[kind], quoted=True)]
        case "digit":
            return [Token("digits", text)]
        case "general" | "exponent" | "time" | "point" | "comma" | "percent" | "text":
            return [Token(kind, text.lower())]
        case "other":
            return [Token("slash" if text == "/" else "literal", text)]
        case _:  # what only makes room
            return []
