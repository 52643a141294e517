"""The demo model's synthesis brings the real results together."""

import pytest

from stretto.models.demo import DemoModel
from tests.models.demo.asking import BOTTLE_CONTEXT, ask, job

pytestmark = pytest.mark.anyio

RECIPES = [
    ("product-copy", "Write copy for a lamp"),
    ("documentation", "Write docs for a tool"),
    ("creative-writing", "Write a story about rain"),
    ("analysis-lenses", "Analyse the market for lamps"),
    ("problem-solving", "How can we reduce churn?"),
    ("research-brief", "Research the effects of noise"),
]


async def test_merging_copy_makes_one_text() -> None:
    """One headline, one list, the features once more, no names of variants."""
    text = await job().synthesis("merge")
    assert text.count("\n# ") + text.startswith("# ") == 1
    assert text.count("- **") == 3
    for feature in BOTTLE_CONTEXT["key_features"]:
        assert feature in text
    for type_ in await job().texts():
        assert type_ not in text


async def test_merging_takes_something_from_every_result() -> None:
    """No result is left out."""
    merged = await job().synthesis("merge")
    for text in (await job().texts()).values():
        assert any(block in merged for block in text.split("\n\n"))


@pytest.mark.parametrize(("recipe", "task"), RECIPES[1:])
async def test_merging_other_work_keeps_every_part(recipe: str, task: str) -> None:
    """Work that is no copy is put together as chapters."""
    work = job(task, {}, recipe=recipe)
    text = await work.synthesis("merge")
    for type_ in await work.texts():
        assert f"## {type_}" in text


@pytest.mark.parametrize(("recipe", "task"), RECIPES)
async def test_what_is_missing_is_said(recipe: str, task: str) -> None:
    """A part that could not be made is named and not made up."""
    assert "could not be written: Story of a king." in await job(task, {}, recipe=recipe).synthesis(
        "merge", ["Story of a king"]
    )
    assert "Not covered" not in await job(task, {}, recipe=recipe).synthesis("merge")


@pytest.mark.parametrize(("recipe", "task"), RECIPES)
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_comparing_names_every_result_and_recommends_one(recipe: str, task: str, language: str) -> None:
    """Every result has its use, and one is recommended."""
    work = job(task, {}, recipe=recipe, language=language)
    text = await work.synthesis("compare")
    types = list(await work.texts())
    for type_ in types:
        assert f"- **{type_}**" in text
    recommended = text.partition("Recommendation:" if language == "en" else "建议：")[2]
    assert any(type_ in recommended for type_ in types)


BLOCK = "[result 1: {0} 12345678]\n{1}\n[/result 1: {0} 12345678]\n"


async def test_a_single_result_is_recommended_as_it_is() -> None:
    """With nothing to compare, it says so."""
    asked = "Compare these and end with a recommendation.\nTask: Write copy for a lamp\n"
    prompt = asked + BLOCK.format("My own", "Some text")
    text = (await ask(DemoModel.from_spec("demo:delay=0"), prompt, role="synthesis")).text
    assert "- **My own**: best judged by its own text." in text
    assert "nothing to weigh it against" in text


async def test_strangers_results_are_compared_by_their_length() -> None:
    """Types that are not its own get a recommendation too."""
    blocks = "".join(BLOCK.format(name, name * 3) for name in ("Short", "Rather long"))
    text = (await ask(DemoModel.from_spec("demo:delay=0"), f"Recommend one.\nTask: x\n{blocks}", role="synthesis")).text
    assert "The shortest is **Short**, the longest **Rather long**." in text
    assert "start with **Short**" in text


async def test_no_results_make_no_text() -> None:
    """Without results there is an honest word instead of a text."""
    for prompt in ("Compare and recommend.", "Merge these."):
        assert "demo model" in (await ask(DemoModel.from_spec("demo:delay=0"), prompt, role="synthesis")).text
