"""The demo model writes English and Chinese, and knows which one is wanted."""

import pytest

from stretto.core.models import Turn
from stretto.models.demo import DemoModel
from tests.models.demo.asking import BOTTLE, BOTTLE_CONTEXT, ask, job

pytestmark = pytest.mark.anyio

CHINESE = "为一款新的环保水杯写产品描述"
CHINESE_CONTEXT = {"目标受众": "注重环保的年轻人", "产品特点": ["不含塑料", "保温", "终身质保"]}


def share_of_chinese(text: str) -> float:
    """Return the part of the letters that are Chinese."""
    letters = [character for character in text if character.isalpha()]
    return sum("\u4e00" <= letter <= "\u9fff" for letter in letters) / len(letters)


async def test_a_chinese_brief_gets_chinese_copy() -> None:
    """Plan and texts are in the brief's language, with its features word for word."""
    assert share_of_chinese((await job(CHINESE, CHINESE_CONTEXT).plan()).analysis) > 0.9
    texts = await job(CHINESE, CHINESE_CONTEXT).texts()
    assert len(texts) == 3
    for text in texts.values():
        assert share_of_chinese(text) > 0.9
        assert all(feature in text for feature in CHINESE_CONTEXT["产品特点"])


async def test_the_language_asked_for_wins() -> None:
    """An English brief is answered in Chinese, with each English feature behind its translation, once."""
    texts = await job(language="zh").texts()
    for text in texts.values():
        assert share_of_chinese(text) > 0.4
        assert text.count("不含塑料（plastic-free）") == 1
        assert text.count("lifetime warranty") == 1
    texts = await job(CHINESE, CHINESE_CONTEXT, language="en").texts()
    for text in texts.values():
        assert "lifetime warranty (终身质保)" in text.lower()
        assert share_of_chinese(text) < 0.3


@pytest.mark.parametrize(
    "task",
    [
        f"{BOTTLE}. Answer in Chinese.",
        f"{BOTTLE} in simplified Chinese, please",
        f"{BOTTLE}，用中文写",
    ],
)
async def test_a_task_may_ask_for_a_language(task: str) -> None:
    """A wish in the task itself counts."""
    assert share_of_chinese((await job(task).plan()).subtasks[0].description) > 0.9


async def test_a_language_in_the_matter_is_no_wish() -> None:
    """Kitchens in China do not make the text Chinese."""
    assert share_of_chinese((await job("Write copy for a wok used in Chinese kitchens", {}).plan()).analysis) == 0


async def test_a_remark_about_the_language_is_mended() -> None:
    """A worker that is told to write in another language does."""
    first = await job().plan()
    add_remark = "Your answer cannot be used: it must be in Chinese. Write all of it in Chinese."
    mended = await job().work(first.subtasks[0], [Turn(answer="…", reply=add_remark)])
    assert share_of_chinese(mended) > 0.5


@pytest.mark.parametrize(
    "task", ["これは水筒です。商品説明を書いてください。", "12345 678", "Schreibe einen Text über eine Flasche"]
)
async def test_other_languages_get_english(task: str) -> None:
    """A language it cannot write is answered in English."""
    for text in (await job(task, BOTTLE_CONTEXT).texts()).values():
        assert "lifetime warranty" in text.lower()


async def test_a_foreign_worker_prompt_follows_its_subtask() -> None:
    """A notebook's worker prompt says nothing of the language: the subtask's own words tell."""
    prompt = f"Task: {BOTTLE}\nStyle: 专业技术型\nGuidelines: 撰写一个精确且专业的版本，重点强调材质规格"
    assert share_of_chinese((await ask(DemoModel.from_spec("demo:delay=0"), prompt)).text) > 0.5
