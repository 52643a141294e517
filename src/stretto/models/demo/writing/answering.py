"""Answers one request: finds out what kind of work it is, in which language, and has it written. No I/O."""

from stretto.models.demo.library import Genre, frames
from stretto.models.demo.reading.briefs import Brief, make_brief
from stretto.models.demo.reading.language import LANGUAGES, Language, asked_language, language_of, material_language
from stretto.models.demo.reading.prompts import Reading
from stretto.models.demo.reading.topics import find_topic
from stretto.models.demo.writing.angle_choice import find_angle, find_genre, has_genre, named_angle, rank
from stretto.models.demo.writing.planning import write_plan
from stretto.models.demo.writing.synthesis import compare, merge
from stretto.models.demo.writing.working import write_text

_MOST_NUMBERED = 40


def answer(reading: Reading) -> str:
    """Return the whole answer to a request, in the markup it asks for."""
    language = _language(reading)
    genre = find_genre(reading.task, reading.instructions if reading.marked else "")
    if reading.kind == "work" and (known := named_angle(reading.type, language)):
        genre = known.angle.genre
    brief = make_brief(reading, language, genre)
    if reading.kind in ("plan", "continue", "repair"):
        return write_plan(reading, brief, genre)
    text = _text(reading, brief, genre)
    asked = "\n".join((reading.instructions, *reading.message))
    return f"<response>\n{text}\n</response>" if "<response>" in asked.lower() else text


def _text(reading: Reading, brief: Brief, genre: Genre) -> str:
    if reading.kind == "merge":
        return merge(reading, brief, genre)
    if reading.kind == "compare":
        return compare(reading, brief, genre)
    if not reading.type and not reading.description:
        if not reading.marked and not has_genre(reading.task):
            return str(frames(brief.language)["bare"]).strip()
        return write_text(rank(brief, genre, 1)[0], brief, (reading.task, *reading.message))
    choice = find_angle(reading.type, reading.description, genre, brief.language)
    return write_text(choice, brief, (reading.task, reading.description, *reading.message))


def worker_number(reading: Reading) -> int:
    """Return which subtask of the plan for its brief a worker has, from 1; 0 when that plan has no such subtask."""
    for language in LANGUAGES:
        if known := named_angle(reading.type, language):
            brief = make_brief(reading, language, known.angle.genre)
            names = [choice.name for choice in rank(brief, known.angle.genre, _MOST_NUMBERED)]
            return names.index(reading.type) + 1 if reading.type in names else 0
    return 0


def _language(reading: Reading) -> Language:
    """Return the language to write in: the one asked for last, or that of what is to be done."""
    for message in reversed(reading.message):
        if asked := asked_language(message):
            return asked
    if asked := asked_language(reading.instructions) or asked_language(reading.task, of_task=True):
        return asked
    # A stranger's worker prompt seldom repeats the language: there, the words of its subtask tell.
    told = language_of(reading.description) if reading.foreign else None
    name = find_topic(reading.task).name
    asking = language_of(reading.task.replace(name, " ")) if name else language_of(reading.task)
    # An English task over a table of Chinese products wants Chinese texts.
    if asking != "zh" and material_language((name, *reading.context.values())) == "zh":
        return told or "zh"
    return told or asking or language_of(reading.task) or "en"
