"""The check "language": is the answer in the script of the language it should be in? No I/O."""

from collections.abc import Mapping

from stretto.checks.brief import brief_of
from stretto.checks.scripts import SCRIPT_NAMES, named_scripts, script_of_language, script_shares
from stretto.core.checks import Answer, Finding

_FEWEST_WORDS = 4
"""A shorter answer may be a name."""

_LITTLE = 0.2
"""Names and terms in another script are fine: only an answer with less than this in the right one is remarked on."""

_PART_OF_BRIEF = 0.3
"""A script with at least this share of the task is one that the task is written in."""


def check_language(answer: Answer) -> Finding | None:
    """Ask for the answer anew when hardly any of it is in the right script.

    It distinguishes scripts, not languages: French for English passes, English for Chinese does not.
    """
    asked = script_of_language(answer.language) if answer.language else None
    if answer.language and asked is None:
        return None
    right = frozenset({asked}) if asked else _scripts_of_brief(answer)
    words, shares = script_shares(answer.text)
    if not right or words < _FEWEST_WORDS or _share(shares, right) >= _LITTLE:
        return None
    # Looked for last: the context may be long, and nearly every answer is right without it.
    if not asked and _share(shares, named_scripts(brief_of(answer))) >= _LITTLE:
        return None
    main = max(shares, key=lambda script: shares[script])
    # A short text can be good Japanese without any kana.
    if main == "Chinese" and "Japanese" in right and words < 20:
        return None
    if asked:
        should = f"it must be in {answer.language}. Write all of it in that language."
    else:
        names = " or ".join(sorted(SCRIPT_NAMES[script] for script in right))
        should = f"the task asks for {names}. Write all of it in the language of the task."
    message = f"The text is mainly in {SCRIPT_NAMES[main]}, but {should}"
    return Finding(check="language", message=message, action="repair")


def _share(shares: Mapping[str, float], scripts: frozenset[str]) -> float:
    return sum(shares.get(script, 0.0) for script in scripts)


def _scripts_of_brief(answer: Answer) -> frozenset[str]:
    """Return every script that the task or the description is written in."""
    if not script_shares(answer.task.text)[0]:
        return frozenset()  # a task without letters says nothing about the language
    texts = (answer.task.text, answer.subtask.description)
    shares = [share for text in texts for share in script_shares(text)[1].items()]
    return frozenset(script for script, share in shares if share >= _PART_OF_BRIEF)
