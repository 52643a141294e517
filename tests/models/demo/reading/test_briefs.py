"""The demo model writes about the brief it was given, and about nothing else."""

import re
from difflib import SequenceMatcher
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stretto.checks import open_checks
from stretto.core.checks import Answer
from tests.models.demo.asking import BOTTLE_CONTEXT, Job, job

pytestmark = pytest.mark.anyio

# Task, context, recipe, a name that must be in the plan, one that must not.
BRIEFS = [
    ("Write a product description for a new eco-friendly water bottle", {}, "Sustainability story", "Parent to parent"),
    ("Write a product description for a backpack for kids", {"features": "reflective strips"}, "Parent to parent",
     "Sustainability story"),
    ("Write a landing page for Ledgerly, invoicing software", {"audience": "small companies"}, "Landing page",
     "Tasting note"),
    ("Write copy for a gift box of tea for Mother's Day", {}, "Gift guide entry", "Business case"),
    ("Describe our single-origin coffee", {"features": "dark roast"}, "Tasting note", "Parent to parent"),
    ("Write an announcement email for our new lamp", {}, "Launch email", "Tasting note"),
    ("Sell a used car", {"price": "$4,500", "features": ["low mileage"]}, "Straight talk on value", "Parent to parent"),
    ("Write the documentation for the Parcely REST API", {"features": "OAuth login, webhooks"}, "Reference",
     "Minimal social post"),
    ("Write a getting started guide for new users of our CLI", {}, "Quickstart", "Pre-mortem"),
    ("Analyse the market for electric cargo bikes in small cities", {}, "Competition lens", "Minimal social post"),
    ("Should we store customer data abroad under GDPR? Assess it.", {}, "Rules and duties lens", "Unsent letter"),
    ("How can we reduce churn in our meal-kit subscription?", {}, "Find the cause first", "Minimal social post"),
    ("Research how remote work affects young employees", {}, "Who is affected, and how?", "Launch email"),
    ("Write a short story about a lighthouse keeper", {}, "Unsent letter", "Technical data sheet"),
    ("Write a poem about rain on the sea", {}, "Short poem", "Technical data sheet"),
    ("为儿童书包写产品文案，特点：反光条、加厚肩带", {}, "家长对家长", "品鉴笔记"),
    ("分析小城市电动货运自行车的市场", {}, "竞争视角", "极简社交短文"),
    ("写一首关于雨的诗", {}, "短诗", "参考手册"),
]  # fmt: skip


@pytest.mark.parametrize(("task", "context", "fits", "misses"), BRIEFS)
async def test_angles_fit_the_brief(task: str, context: dict[str, object], fits: str, misses: str) -> None:
    """The angles are those of this brief, under the recipe for copy too, where nobody chose a recipe."""
    types = [subtask.type for subtask in (await job(task, context, subtasks=(3, 3)).plan()).subtasks]
    assert fits in types
    assert misses not in types


@pytest.mark.parametrize(
    ("recipe", "a_type"),
    [
        ("documentation", "Quickstart"),
        ("creative-writing", "Unsent letter"),
        ("analysis-lenses", "Customer lens"),
        ("problem-solving", "Find the cause first"),
        ("research-brief", "What exactly is meant?"),
    ],
)
async def test_the_recipe_decides_where_the_task_does_not(recipe: str, a_type: str) -> None:
    """A task of no special kind is handled as the chosen recipe means it."""
    plan = await job("Bicycles in the city", {}, recipe=recipe, subtasks=(3, 6)).plan()
    assert a_type in [subtask.type for subtask in plan.subtasks]


async def test_the_analysis_names_what_was_found() -> None:
    """The analysis says what the product is, who it is for, what is known and what is not."""
    context = BOTTLE_CONTEXT | {"price": "€35", "tone": "playful", "colours": "sand and slate"}
    analysis = (await job(context=context).plan()).analysis
    for found in ("water bottle", "environmentally conscious millennials", "insulated", "€35", "playful", "slate"):
        assert found in analysis
    assert "Nothing is said" not in analysis
    assert "Nothing is said about readers, a price, features" in (await job(context={}).plan()).analysis


async def test_the_bottle_has_three_variants_with_every_feature() -> None:
    """Each variant of the water bottle names all three features, word for word."""
    texts = await job().texts()
    assert len(texts) == 3
    for text in texts.values():
        for feature in BOTTLE_CONTEXT["key_features"]:
            assert feature in text
        assert "environmentally conscious millennials" in text.lower()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("brief", [BRIEFS[0], BRIEFS[2], BRIEFS[7], BRIEFS[9], BRIEFS[11], BRIEFS[12], BRIEFS[13]])
async def test_variants_differ(brief: tuple[str, dict[str, object], str, str], language: str) -> None:
    """No two variants of a brief read like each other, and they are not of one length."""
    texts = list((await job(brief[0], brief[1], language=language, subtasks=(4, 4)).texts()).values())
    assert len(texts) == 4
    for one, other in combinations(texts, 2):
        # Words in English, characters in Chinese.
        pair = [re.findall(r"[\u4e00-\u9fff]|\w+", text) for text in (one, other)]
        assert SequenceMatcher(None, *pair, autojunk=False).ratio() < 0.6
    assert len({len(text) for text in texts}) == 4


async def test_without_context_the_task_is_enough() -> None:
    """A task that names its features itself needs no context."""
    texts = await job("Write copy for a tent with a double floor, steel pegs and a lifetime warranty", {}).texts()
    for text in texts.values():
        assert "double floor" in text.lower()
        assert "lifetime warranty" in text.lower()
        assert "tent" in text.lower()


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ("Write copy for our wireless headphones", "these wireless headphones"),
        ("Write copy for an umbrella", "an umbrella"),
        ("Write copy for a unicorn lamp", "a unicorn lamp"),
        ("Please draft ad copy about the new Aurora X2 headphones", "Aurora X2 headphones"),
        ("介绍我们的新款台灯", "这款台灯"),
    ],
)
async def test_products_stand_in_sentences(task: str, message: str) -> None:
    """A product keeps its number and gets its article, wherever it is mentioned."""
    plan = await job(task, {}, subtasks=(17, 17), spec="demo:delay=0").plan()
    work = job(task, {})
    assert any([message in await work.work(subtask) for subtask in plan.subtasks])


async def test_features_of_every_form_make_a_sentence() -> None:
    """Adjectives, things and verbs are put together as English has it."""
    features = ["plastic-free", "keeps tea hot", "a lid", "steel cap", "extra straps", "very quiet"]
    plan = await job(subtasks=(4, 4)).plan()
    argument = next(subtask for subtask in plan.subtasks if subtask.type == "Buy-once argument")
    text = await job(context={"features": features}).work(argument)
    assert (
        "This eco-friendly water bottle is plastic-free and very quiet, and it comes with a lid, a steel cap and extra "
        "straps, and it keeps tea hot." in text
    )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("task", "most"), [("Write copy for a lamp", 17), ("Write the documentation for a lamp", 7)])
async def test_no_angle_drops_a_feature(task: str, most: int, language: str) -> None:
    """Whatever the angle, copy and documentation name every feature of the brief."""
    features = ["solar", "zigzag cord", "no flicker", "hums softly", "Ω mode", "a spare bulb"]
    work = job(task, {"features": features}, language=language, subtasks=(most, most))
    texts = await work.texts()
    assert len(texts) == most
    for type_, text in texts.items():
        assert not [feature for feature in features if feature.lower() not in text.lower()], type_


@pytest.mark.parametrize(
    "value",
    [
        ["red lid", "1,000 ml", "cork base"],
        "red lid, 1,000 ml and cork base",
        "- red lid\n- 1,000 ml\n- cork base",
        "1. red lid\n2. 1,000 ml\n3. cork base",
        '["red lid", "1,000 ml", "cork base"]',
        "['red lid', '1,000 ml', 'cork base']",
        "red lid；1,000 ml；cork base",
        {"lid": "red lid", "size": "1,000 ml", "base": "cork base"},
    ],
)
async def test_lists_are_read_in_every_way_of_writing(value: object) -> None:
    """Features are told apart however they are listed, and a number keeps its comma."""
    plan = await job(context={"features": value}).plan()
    post = next(subtask for subtask in plan.subtasks if subtask.type == "Minimal social post")
    first_block = (await job(context={"features": value}).work(post)).split("\n\n")[0]
    assert [line.split(": ")[-1].lower().rstrip(".") for line in first_block.splitlines()] == [
        "red lid",
        "1,000 ml",
        "cork base",
    ]


async def test_other_facts_are_quoted_under_their_names() -> None:
    """What is known beside the features stands in the data sheet as the user wrote it."""
    context = BOTTLE_CONTEXT | {"price": "$29", "material": "borosilicate glass", "colour_options": ["sand", "slate"]}
    plan = await job(context=context, subtasks=(17, 17)).plan()
    sheet = next(subtask for subtask in plan.subtasks if subtask.type == "Technical data sheet")
    text = await job(context=context).work(sheet)
    assert "- **Price**: $29\n- **Material**: borosilicate glass\n- **Colour options**: sand, slate" in text


@pytest.mark.parametrize("limit", ["in at most 30 words", "with no more than 30 words"])
async def test_a_length_limit_is_kept(limit: str) -> None:
    """A text is as short as the brief wants it."""
    for text in (await job(f"Write a product description for an oak desk {limit}").texts()).values():
        assert len(text.split()) <= 30
    for text in (await job("为一款新的水杯写文案，不超过50字", {"产品特点": "防漏"}).texts()).values():
        assert len(text) <= 50


NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
WORDS = st.sampled_from(
    [
        "plastic-free",
        "holds 750 ml",
        "$19.50",
        "waterproof",
        "12 pockets",
        "weighs 1,200 g",
        "终身质保",
        "3 年保修",
        "for runners",
    ]
)
TASKS = st.sampled_from([brief[0] for brief in BRIEFS] + ["Write copy for the Model 7 lamp", "Plan 25 things"])
NAMES = st.sampled_from(["features", "price", "target_audience", "material", "capacity 2", "产品特点", "notes"])


@settings(max_examples=60)
@given(
    task=TASKS,
    context=st.dictionaries(NAMES, st.one_of(WORDS, st.lists(WORDS, max_size=5)), max_size=4),
    language=st.sampled_from(["en", "zh", None]),
    recipe=st.sampled_from(["product-copy", "documentation", "analysis-lenses", "problem-solving", "research-brief"]),
)
async def test_only_facts_of_the_brief(
    task: str, context: dict[str, object], language: str | None, recipe: str
) -> None:
    """Plan and texts have no number that the brief does not have, and pass the checks on real answers."""
    brief = job(task, context, recipe=recipe, language=language, subtasks=(4, 4))
    known = set(NUMBER.findall("\n".join([task, *brief.task.context, *brief.task.context.values()])))
    plan = await brief.plan()
    for subtask in plan.subtasks:
        text = await brief.work(subtask)
        without_numbering = re.sub(r"^\d+\. ", "", text, flags=re.MULTILINE)
        assert set(NUMBER.findall(without_numbering + subtask.description)) <= known
        answer = Answer(text=text, task=brief.task, subtask=subtask, language=language)
        assert [check.inspect(answer) for check in open_checks(("empty", "echo", "facts"))] == [None] * 3
    assert set(NUMBER.findall(plan.analysis)) <= known


async def test_the_same_brief_gives_the_same_words() -> None:
    """Two models give the same plan and the same texts."""

    async def all_of(work: Job) -> tuple[str, dict[str, str], str]:
        return await work.plan_text(), await work.texts(), await work.synthesis("compare")

    assert await all_of(job()) == await all_of(job())
