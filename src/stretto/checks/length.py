"""The check "length": a limit that the brief sets, such as "at most 50 words". No I/O."""

import re
from collections.abc import Sequence

from stretto.checks.length_limits import Limit, Unit, read_limits
from stretto.checks.text_kinds import kinds_of_text, names_in
from stretto.core.checks import Answer, Finding, FindingAction

# A limit in such a clause is one of a part of the text.
_EACH = re.compile(
    r"\b(?:each|every|per)(?! (?:variant|version|text|answer|copy|description|piece|post|ad|tweet|email))\b"
    r"|每[句段条行点个]|正文以外",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\b(?:headlines?|titles?|subject(?: lines?)?|taglines?|slogans?|sentences?|paragraphs?|bullets?|headings?|"
    r"subheads?|hooks?|intro(?:duction)?|summary|cta|call to action|lines?|points?|names?|keywords?|slugs?|"
    r"alt[ -]texts?|"
    r"überschrift(?:en)?|titel|betreff(?:zeile)?|sätze?|satz|absatz|absätze|zeilen?|"
    r"titres?|objet|phrases?|paragraphes?|accroche|lignes?|títulos?|titular(?:es)?|asunto|assunto|frases?|"
    r"oraci(?:ón|ones)|párrafos?|parágrafos?|líneas?|linhas?|titol[oi]|oggetto|fras[ei]|paragraf[oi]|rig[ah]e?)\b"
    r"|标题|標題|题目|副标题|段落|句子|口号|标语|主题|开头|结尾|摘要|要点",
    re.IGNORECASE,
)

_SPACED = re.compile(r"[^\W_\u3040-\u30ff\u3400-\u9fff]+(?:['’.-][^\W_\u3040-\u30ff\u3400-\u9fff]+)*")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_MARKDOWN = re.compile(r"[*_`#>]+")


def check_length(answer: Answer) -> Finding | None:
    """Ask for a shorter text when it is longer than its own description, or a task for one text, allows.

    Only upper limits for the whole text count: "about 50 words" and "a headline under 8 words" set none. A limit that
    stands anywhere else, or beside other texts, is at the most remarked on: where it names texts of this type, or all.
    """
    if own := _of_the_description(answer):
        return _finding(answer, own, "repair")
    task = answer.task.text
    limits = [limit for limit in read_limits(task) if not (_is_of_a_part(limit) or limit.of_a_range)]
    if limits and _speaks_of_one_text(task, limits):
        return _finding(answer, limits, "repair")
    if limits and _all_are_limited(task, limits):
        return _finding(answer, limits, "warn")
    # The task is nearer to the work than its context.
    for name, source in (("", task), *answer.task.context.items()):
        if limits := [limit for limit in read_limits(source) if _applies(limit, name, answer.subtask.type)]:
            return _finding(answer, limits, "warn")
    return None


def _of_the_description(answer: Answer) -> list[Limit]:
    description, type_ = answer.subtask.description, answer.subtask.type
    alone = len(kinds_of_text(description)) <= 1
    return [
        limit
        for limit in read_limits(description)
        if not _is_of_a_part(limit, type_)
        and (alone or not kinds_of_text(limit.clause) or _is_named(limit.clause, type_))
    ]


def _speaks_of_one_text(task: str, limits: Sequence[Limit]) -> bool:
    """Whether what a task limits can only be the text that every subtask writes."""
    units = [unit for unit, _ in {(limit.unit, limit.value) for limit in limits}]
    return len(units) == len(set(units)) and len(kinds_of_text(task)) <= 1


def _all_are_limited(task: str, limits: Sequence[Limit]) -> bool:
    """Whether each kind of text that a task speaks of has a limit: then no text may be longer than the widest."""
    limited = {name for limit in limits for name in names_in(limit.clause)}
    kinds = kinds_of_text(task)
    return bool(kinds) and all(kind <= limited for kind in kinds)


def _is_of_a_part(limit: Limit, type_: str = "") -> bool:
    if _EACH.search(limit.clause):
        return True
    return any(part.lower() not in type_.lower() for part in _PART.findall(limit.clause))


def _applies(limit: Limit, name: str, type_: str) -> bool:
    """Whether a limit in the task, or in the context of this name, is clearly one of texts of this type."""
    if limit.alone and name and not _names(name):
        return True
    return _is_named(f"{name if limit.alone else ''} {limit.clause}", type_)


def _is_named(clause: str, type_: str) -> bool:
    """Whether a clause is about texts of this type, by every name in it."""
    names = _names(clause)
    return bool(names) and all(name in type_.lower() for name in names) and not _EACH.search(clause)


def _names(clause: str) -> list[str]:
    return [*names_in(clause), *(part.lower() for part in _PART.findall(clause))]


def _finding(answer: Answer, limits: Sequence[Limit], action: FindingAction) -> Finding | None:
    """Return the finding for a text that is too long; of several limits the widest counts for each unit."""
    widest: dict[Unit, int] = {}
    for limit in limits:
        widest[limit.unit] = max(limit.value, widest.get(limit.unit, 0))
    for unit, most in widest.items():
        count = _count(answer.text, unit)
        if count > most:
            message = f"The text has {count} {unit}; the brief allows at most {most}. Shorten it to fit."
            return Finding(check="length", message=message, action=action)
    return None


def _count(text: str, unit: Unit) -> int:
    plain = _MARKDOWN.sub("", text).strip()
    if unit == "characters":
        return len(plain)
    # Where Chinese is counted, a word or a number in Latin letters is one; punctuation is none.
    return len(_SPACED.findall(plain)) + len(_UNSPACED.findall(plain))
