"""Shows a number as a sheet's number format does: sections, percent, scale, literal words, fractions. No I/O.

ECMA-376, part 1, 18.8.31. Two things differ from a spreadsheet on purpose: no separators of thousands, no blanks that
only align. A format that is not understood shows the number plainly: `None`.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache

from stretto.batch.tables.readers.cell_formatting import format_number
from stretto.batch.tables.workbooks.format_codes import Section, Token, read_sections

_EXACT = Context(prec=600)
_MOST = 30
"""Digits or percent signs of a format."""
_DENOMINATOR = 4
"""Digits of a denominator that is searched; more is no fraction that anybody reads."""


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A number format that was read."""

    sections: tuple[Section, ...]
    words: Section | None
    """The section for cells that hold text."""

    def section(self, value: float) -> tuple[Section, bool]:
        """Return the section for a number, and whether a minus sign is to be put before what it shows."""
        first = self.sections[0]
        second = self.sections[1] if len(self.sections) > 1 else None
        if not (first.condition or (second and second.condition)):
            if value < 0 and second:
                return second, False
            return (self.sections[2] if value == 0 and len(self.sections) > 2 else first), value < 0
        last = self.sections[len(self.sections) - 1]
        chosen = _by_condition(self.sections, value)
        return chosen, value < 0 and not (chosen is not last and _only_negative(chosen))

    def show(self, value: float) -> str | None:
        """Return a number as the format shows it; None when the format is not understood."""
        section, minus = self.section(value)
        if not section.understood or section.has("time", "elapsed") or not math.isfinite(value):
            return None
        text = _shown(section, abs(value), minus=minus)
        return None if text is None else " ".join(text.split(" ")).strip()

    def show_text(self, text: str) -> str:
        """Return a cell's text as the format shows it."""
        if self.words is None or not self.words.understood:
            return text
        return "".join(text if token.kind == "text" else token.text for token in self.words.tokens).strip()


@lru_cache(maxsize=1024)
def read_format(code: str) -> NumberFormat:
    """Return a sheet's number format; what cannot be understood of it is marked so."""
    sections = read_sections(code)
    words = sections[-1] if len(sections) > 3 or sections[-1].has("text") else None
    if words and len(sections) > 1:
        sections.pop()
    return NumberFormat(tuple(sections[:3]), words)


def _by_condition(sections: Sequence[Section], value: float) -> Section:
    """Return the section whose condition is met; what has none is for the rest, a second of three for the negative."""
    first = sections[0]
    if first.holds(value) or (first.condition is None and value > 0):
        return first
    if len(sections) > 1:
        second = sections[1]
        if second.holds(value) or (second.condition is None and (len(sections) == 2 or value < 0)):
            return second
    return sections[-1]


def _only_negative(section: Section) -> bool:
    if section.condition is None:
        return True
    sign, limit = section.condition
    return (sign in ("<", "<=") and limit <= 0) or (sign == "=" and limit < 0)


def _shown(section: Section, value: float, *, minus: bool) -> str | None:
    if section.has("general", "text"):
        if section.has("digits", "percent", "exponent"):
            return None
        plain = format_number(value)
        inner = "".join(plain if token.kind in ("general", "text") else token.text for token in section.tokens)
        return f"-{inner}" if minus and value else inner
    if not section.has("digits"):
        return ("-" if minus else "") + "".join(token.text for token in section.tokens)
    shares = sum(token.kind == "percent" for token in section.tokens)
    if max(shares, sum(token.kind == "digits" for token in section.tokens)) > _MOST:
        return None
    # As many digits as a spreadsheet keeps: of 1.005 the binary number is a little less.
    exact = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")
    scaled = _EXACT.multiply(exact, Decimal(100) ** shares)
    if section.has("exponent"):
        text = _scientific(section.tokens, scaled)
    elif any(token.kind == "slash" for token in section.tokens) and (found := _fraction(section.tokens, scaled)):
        text = found
    else:
        text = _decimal(section.tokens, scaled)
    if text is None:
        return None
    return f"-{text}" if minus and re.search("[1-9]", _figures(text, section)) else text


def _figures(text: str, section: Section) -> str:
    """Return a shown number without the digits of literal words, to see whether it is zero."""
    for token in section.tokens:
        if token.kind == "literal" and token.text.strip():
            text = text.replace(token.text, "", 1)
    return text


def _decimal(tokens: Sequence[Token], value: Decimal) -> str | None:
    """Lay the digits out in the places that the format has for them; what stands between is kept where it is."""
    split = next((place for place, token in enumerate(tokens) if token.kind == "point"), len(tokens))
    places = [place for place, token in enumerate(tokens) if token.kind == "digits"]
    before = [place for place in places if place < split]
    after = [place for place in places if place > split]
    bare = any(token.kind == "literal" and token.text in "123456789" and not token.quoted for token in tokens)
    if bare or sum(token.kind == "point" for token in tokens) > 1:
        return None
    thousands = 0
    for place, token in enumerate(tokens):
        if token.kind != "comma":
            continue
        if place > places[-1] or (before and before[-1] < place < split):
            thousands += 1
        elif not (before and before[0] < place < before[-1]):
            return None
    scaled = _EXACT.scaleb(value, -3 * thousands)
    rounded = scaled.quantize(Decimal(1).scaleb(-len(after)), rounding=ROUND_HALF_UP, context=_EXACT)
    whole, _, part = format(rounded, "f").partition(".")
    filled = _whole_digits(tokens, before, whole.lstrip("0")) | _part_digits(tokens, after, part)
    return _laid_out(tokens, filled, lone="" if before else whole.lstrip("0"), point=any(filled[at] for at in after))


def _whole_digits(tokens: Sequence[Token], places: Sequence[int], digits: str) -> dict[int, str]:
    filled: dict[int, str] = {}
    for place in reversed(places):
        taken = digits if place == places[0] else digits[-1:]
        digits = digits[: len(digits) - len(taken)]
        filled[place] = taken or ("0" if tokens[place].text == "0" else "")
    return filled


def _part_digits(tokens: Sequence[Token], places: Sequence[int], digits: str) -> dict[int, str]:
    filled = dict(zip(places, digits, strict=True))
    for place in reversed(places):
        if filled[place] != "0" or tokens[place].text == "0":
            break
        filled[place] = ""
    return filled


def _laid_out(tokens: Sequence[Token], filled: dict[int, str], *, lone: str, point: bool) -> str:
    pieces: list[str] = []
    for place, token in enumerate(tokens):
        match token.kind:
            case "digits":
                pieces.append(filled[place])
            case "point":
                pieces.append(lone + ("." if point else ""))
            case "comma":
                pass
            case _:
                pieces.append(token.text)
    return "".join(pieces)


def _scientific(tokens: Sequence[Token], value: Decimal) -> str | None:
    split = next(place for place, token in enumerate(tokens) if token.kind == "exponent")
    mantissa, tail = tokens[:split], tokens[split + 1 :]
    step = 0
    for token in mantissa:
        if token.kind == "point":
            break
        step += token.kind == "digits"
    width = sum(token.kind == "digits" for token in tail)
    if not step or not width or any(token.kind == "comma" for token in tokens):
        return None
    power = value.adjusted() if value else 0
    power -= power % step
    decimals = sum(token.kind == "digits" for token in mantissa) - step
    if round(value.scaleb(-power, _EXACT), decimals) >= Decimal(10) ** step:
        power += step  # 9.96 is rounded to 10.0
    text = _decimal(mantissa, value.scaleb(-power, _EXACT))
    if text is None:
        return None
    sign = "-" if power < 0 else "+" if tokens[split].text[1] == "+" else ""
    exponent = f"E{sign}{abs(power):0{width}d}"
    rest = "".join(token.text for token in tail if token.kind != "digits")
    return f"{text}{exponent}{rest}"


def _fraction(tokens: Sequence[Token], value: Decimal) -> str | None:
    """Return a number as a whole and a fraction; None when the slash is a mere word of the format."""
    slash = next(place for place, token in enumerate(tokens) if token.kind == "slash")
    over = [place for place in range(slash) if tokens[place].kind == "digits"]
    start = slash
    while start and tokens[start - 1].kind == "digits":
        start -= 1
    end = slash + 1
    while end < len(tokens) and (tokens[end].kind == "digits" or tokens[end].text.isdecimal()):
        end += 1
    under = "".join(token.text for token in tokens[slash + 1 : end])
    if start == slash or not under or any(token.kind in ("point", "comma", "percent") for token in tokens):
        return None
    whole_places = [place for place in over if place < start]
    exact = Fraction(value)
    whole = int(exact) if whole_places else 0
    # A denominator that is written out is kept; 0 and # are places for one that is searched.
    named = int(under) if under.isdecimal() and under.strip("0") else None
    if named:
        numerator, denominator = int((exact - whole) * named + Fraction(1, 2)), named
    else:
        numerator, denominator = _near(exact - whole, 10 ** min(len(under), _DENOMINATOR) - 1)
    if whole_places and numerator >= denominator:
        whole, numerator = whole + 1, 0
    first = "".join(token.text for token in tokens[: (whole_places[0] if whole_places else start)])
    last = "".join(token.text for token in tokens[end:])
    part = f"{numerator}/{denominator}" if numerator or not whole_places else ""
    middle = f"{whole} {part}" if whole and part else part or str(whole)
    return f"{first}{middle}{last}"


def _near(value: Fraction, most: int) -> tuple[int, int]:
    """Return the last convergent of a number's continued fraction whose denominator is no greater: 1/7, not 14/99."""
    before, now, rest = (0, 1), (1, 0), value
    while True:
        digit = rest.numerator // rest.denominator
        after = (digit * now[0] + before[0], digit * now[1] + before[1])
        if after[1] > most:
            return now
        before, now = now, after
        if rest == digit:
            return now
        rest = 1 / (rest - digit)
