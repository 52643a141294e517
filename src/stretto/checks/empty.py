"""The check "empty": an answer without a word is none. No I/O."""

import re
import unicodedata

from stretto.core.checks import Answer, Finding

_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def check_empty(answer: Answer) -> Finding | None:
    """Reject an answer that holds nothing but blanks, punctuation and markup; emoji count as content."""
    bare = _TAG.sub("", answer.text)
    if any(char.isalnum() or unicodedata.category(char) == "So" for char in bare):
        return None
    return Finding(check="empty", message="There are no words in the text. Write the text itself.", action="reject")
