"""The check for the script of an answer."""

import pytest

ENGLISH = "A bottle that keeps up with your day and leaves no plastic behind."
CHINESE = "一只陪你度过每一天的水瓶，不含塑料，保温耐用。"
JAPANESE = "毎日に寄り添うボトルです。プラスチックを使わず、ずっと長持ちします。"
RUSSIAN = "Бутылка на каждый день: без пластика и надолго."
TASK_ZH = "为一款新的环保水瓶写一段产品描述"
DESCRIPTION_ZH = "写一个亲切的版本"


@pytest.mark.parametrize(
    ("text", "task", "description", "said"),
    [
        (CHINESE, "Describe a bottle", "Be warm", "mainly in Chinese characters"),
        (ENGLISH, TASK_ZH, DESCRIPTION_ZH, "mainly in the Latin alphabet"),
        (JAPANESE, TASK_ZH, DESCRIPTION_ZH, "mainly in Japanese characters"),
        (RUSSIAN, "Describe a bottle", "Be warm", "mainly in the Cyrillic alphabet"),
    ],
)
def test_an_answer_in_another_script_is_asked_for_again(ask, text: str, task: str, description: str, said: str):
    """Without a language asked for, the task's script is the right one."""
    finding = ask("language", text, task=task, description=description)
    assert finding.action == "repair"
    assert said in finding.message


@pytest.mark.parametrize(
    ("language", "text", "fine"),
    [
        ("zh", CHINESE, True),
        ("zh-CN", ENGLISH, False),
        ("Chinese", ENGLISH, False),
        ("中文", ENGLISH, False),
        ("en_GB", CHINESE, False),
        ("fr", ENGLISH, True),
        ("ja", JAPANESE, True),
        ("ja", CHINESE * 2, False),
        ("ja", "環境保護水筒新発売", True),
        ("ko", "매일 함께하는 물병입니다. 플라스틱이 없습니다.", True),
        ("ru", RUSSIAN, True),
        ("th", ENGLISH, False),
        ("Klingon", CHINESE, True),
    ],
)
def test_the_language_asked_for_decides(ask, language: str, text: str, fine: bool):
    """A language asked for outweighs the task's; one whose script is not known is not judged."""
    finding = ask("language", text, task="Describe a bottle in Chinese or English", language=language)
    assert (finding is None) is fine
    assert fine or language in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "EcoBottle Pro 采用 BPA-free 设计，stainless steel 瓶身，陪你 outdoor 每一天。",
        f"{CHINESE} {ENGLISH[:30]}",
        "EcoBottle Pro",
        "2026",
    ],
)
def test_names_and_terms_in_another_script_are_fine(ask, text: str):
    """Chinese copy may name products and terms in Latin letters, and a name may be all there is."""
    assert ask("language", text, task=TASK_ZH, description=DESCRIPTION_ZH) is None


@pytest.mark.parametrize(
    ("task", "text"),
    [
        ("Translate into Chinese: a bottle for every day", CHINESE),
        ("把这段话翻译成英文：一只陪你度过每一天的水瓶", ENGLISH),
        ("Write it in Japanese, please", JAPANESE),
        ("1 + 1 = ?", CHINESE),
    ],
)
def test_a_language_that_the_task_names_is_right(ask, task: str, text: str):
    """A task may ask for another language than its own, or be in none."""
    assert ask("language", text, task=task, description=task) is None


def test_the_description_may_bring_the_language(ask):
    """An orchestrator told to plan in Chinese gives Chinese descriptions, and Chinese answers are right."""
    assert ask("language", CHINESE, description=DESCRIPTION_ZH) is None
    assert ask("language", CHINESE, context={"output": "in Mandarin"}) is None


def test_french_for_english_is_not_seen(ask):
    """The check tells scripts apart, not languages, and does not pretend otherwise."""
    assert ask("language", "Une bouteille qui vous accompagne toute la journée.") is None
