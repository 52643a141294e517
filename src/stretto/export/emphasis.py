"""Emphasis beside Chinese, Japanese and Korean signs, which CommonMark's rule leaves raw: **标题：**正文. No I/O.

The rule takes a mark between a sign and a letter for no mark, as words end at spaces; these scripts have none. Models
write it all the time.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline.state_inline import Scanned, StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType

_EAST_ASIAN = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fdf\u3001-\u303f\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
)


class _State(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        """Say whether a run of marks may open and close; beside East Asian signs, more than CommonMark says."""
        plain = super().scanDelims(start, canSplitWord)
        before = self.src[start - 1] if start > 0 else " "
        end = start + plain.length
        after = self.src[end] if end < self.posMax else " "
        strong = plain.length > 1
        if not (_is_east_asian(before) or _is_east_asian(after) or (strong and self.src[start] == "*")):
            return plain
        if isWhiteSpace(ord(before)) or isWhiteSpace(ord(after)):
            return plain
        if self.src[start] == "_" and not strong and not (_is_sign(before) or _is_sign(after)):
            # As in names of files: 产品_介绍_说明.
            return plain
        return Scanned(True, True, plain.length)


class _Parser(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        """Parse one run of inline text into tokens."""
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def with_east_asian_emphasis(markdown: MarkdownIt) -> None:
    """Make a parser read emphasis beside East Asian signs; for `MarkdownIt.use`, before rules are switched."""
    markdown.inline = _Parser()


def _is_east_asian(sign: str) -> bool:
    return _EAST_ASIAN.match(sign) is not None


def _is_sign(sign: str) -> bool:
    return isMdAsciiPunct(ord(sign)) or isPunctChar(sign)
