"""The check for limits of length."""

import pytest


def words(count: int) -> str:
    """Return a text of so many words."""
    return " ".join(["word"] * count)


@pytest.mark.parametrize(
    "limit",
    [
        "under 50 words",
        "Fewer than 50 words.",
        "in no more than 50 words",
        "at most 50 words, please",
        "maximum 50 words",
        "Max: 50 words",
        "50 words max",
        "50 words or less",
        "a 50-word limit",
        "limited to 50 words",
        "must not exceed 50 words",
        "each variant under 50 words",
        "不超过50个单词",
        "50个词以内",
    ],
)
def test_a_limit_of_words_is_held(ask, limit: str):
    """One word more than the limit is asked for again, the limit itself is fine."""
    assert ask("length", words(50), task=f"Describe it, {limit}") is None
    finding = ask("length", words(51), task=f"Describe it, {limit}")
    assert finding.action == "repair"
    assert finding.message == "The text has 51 words; the brief allows at most 50. Shorten it to fit."


@pytest.mark.parametrize(
    "limit", ["不超过100字", "100字以内", "最多一百个字", "控制在100字", "不到100字", "１００字之内"]
)
def test_a_limit_of_chinese_characters_is_held(ask, limit: str):
    """Chinese characters are counted without punctuation; a Latin word or a number counts as one."""
    assert ask("length", "好，" * 97 + "Eco Bottle 2026", task=f"写文案，{limit}") is None
    assert "101 字" in ask("length", "好，" * 101, task=f"写文案，{limit}").message


@pytest.mark.parametrize("limit", ["max 280 characters", "up to 280 chars", "280 characters or fewer", "280个字符以内"])
def test_a_limit_of_characters_is_held(ask, limit: str):
    """Characters are counted with blanks and without Markdown's marks."""
    assert ask("length", f"**{'x' * 280}**\n", task=limit) is None
    assert "281 characters" in ask("length", "x" * 281, task=limit).message


def test_thousands_are_read(ask):
    """1,000 words are a thousand."""
    assert ask("length", words(1_000), task="under 1,000 words") is None
    assert ask("length", words(1_001), task="under 1,000 words") is not None


@pytest.mark.parametrize(
    "task",
    [
        "Write about 5 words",
        "Write 3-5 words",
        "Between 3 and 5 words",
        "At least 5 words",
        "A text with a headline under 5 words",
        "5 words max per sentence",
        "Each bullet at most 5 words",
        "标题不超过5字",
        "每句不超过五个字",
        "3-5字以内",
        "under 0 words",
        "underline 5 words",
        "a 5-word text",
    ],
)
def test_what_is_no_limit_of_the_whole_text_is_none(ask, task: str):
    """Rough numbers, ranges and limits of a part do not shorten the text."""
    assert ask("length", words(60), task=task, description="d") is None


def test_the_nearest_limit_counts(ask):
    """The description's limit comes before the task's, the task's before the context's."""
    context = {"length": "max 10 words"}
    assert ask("length", words(11), context=context) is not None
    assert ask("length", words(11), task="under 20 words", context=context) is None
    assert ask("length", words(11), task="under 20 words", description="under 5 words", context=context) is not None


def test_of_several_limits_in_one_place_the_widest_counts(ask):
    """It cannot be told which of two limits is this text's, so none is held against it wrongly."""
    task = "An email under 50 words and a post under 20 words"
    assert ask("length", words(50), task=task) is None
    assert ask("length", words(51), task=task) is not None


def test_two_units_are_both_held(ask):
    """A limit of characters stands beside one of words."""
    task = "under 50 words, max 100 characters"
    assert "characters" in ask("length", words(30), task=task).message


def characters(count: int) -> str:
    """Return a text of so many characters."""
    return "x" * count


LIMITS = [
    *("at most 150 characters", "up to 150 characters", "no more than 150 characters", "under 150 characters"),
    *("fewer than 150 characters", "less than 150 chars", "within 150 characters", "not to exceed 150 characters"),
    *("must not exceed 150 characters", "shouldn't exceed 150 characters", "max 150 characters", "max. 150 characters"),
    *("maximum 150 characters", "maximum length: 150 characters", "limited to 150 characters", "character limit: 150"),
    *(
        "a 150-character limit",
        "150 characters or less",
        "150 characters max",
        "150 characters (max)",
        "≤ 150 characters",
    ),
    *(
        "<= 150 chars",
        "< 150 characters",
        "For Instagram (150 characters)",
        "120–155 characters",
        "120 to 155 characters",
    ),
    *("between 120 and 155 characters", "höchstens 150 Zeichen", "maximal 150 Zeichen", "max. 150 Zeichen"),
    *("bis zu 150 Zeichen", "unter 150 Zeichen", "weniger als 150 Zeichen", "nicht mehr als 150 Zeichen"),
    *("150 Zeichen maximal", "darf 150 Zeichen nicht überschreiten", "zwischen 120 und 155 Zeichen"),
    *("au plus 150 caractères", "maximum 150 caractères", "max. 150 caractères", "moins de 150 caractères"),
    *("150 caractères maximum", "pas plus de 150 caractères", "ne doit pas dépasser 150 caractères"),
    *("jusqu’à 150 caractères", "entre 120 et 155 caractères", "máximo 150 caracteres", "como máximo 150 caracteres"),
    *(
        "hasta 150 caracteres",
        "menos de 150 caracteres",
        "no más de 150 caracteres",
        "que no supere los 150 caracteres",
    ),
    *("150 caracteres como máximo", "al massimo 150 caratteri", "massimo 150 caratteri", "meno di 150 caratteri"),
    *("non più di 150 caratteri", "no máximo 150 caracteres", "até 150 caracteres", "não mais de 150 caracteres"),
    *(
        "不超过150个字符",
        "150字符以内",
        "最多150字符",
        "控制在150字符以内",
        "不得超過150字元",
        "限150字符",
        "120-155字符",
    ),
]


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_is_read_in_the_words_that_people_use(ask, limit: str):
    """In many languages: the limit itself is fine, what is longer is asked for again."""
    assert ask("length", characters(150), description=f"Write it. {limit}") is None
    finding = ask("length", characters(156), description=f"Write it. {limit}")
    assert (finding.action, finding.message[:27]) == ("repair", "The text has 156 characters")


@pytest.mark.parametrize(
    "limit",
    [
        *(
            "moins de 50 mots",
            "50 mots maximum",
            "menos de 50 palabras",
            "como máximo 50 palabras",
            "al massimo 50 parole",
        ),
        *(
            "até 50 palavras",
            "höchstens 50 Wörter",
            "unter 50 Wörtern",
            "不超过50个词",
            "40-50 words",
            "word limit: 50",
        ),
        *(
            "50字以内",
            "最多50个字",
            "字数不超过50",
            "控制在50字以内",
            "不要超过五十字",
            "限制在50字",
            "（50字）",
            "不超過50字",
        ),
    ],
)
def test_a_limit_of_words_is_read_in_many_languages(ask, limit: str):
    """Words, and Chinese characters, where each is the unit."""
    assert ask("length", words(50), description=limit) is None
    assert ask("length", words(51), description=limit).action == "repair"


@pytest.mark.parametrize("limit", ["1.000 Zeichen maximal", "max 1,000 characters", "au plus 1 000 caractères"])
def test_thousands_are_read_as_each_language_writes_them(ask, limit: str):
    """A point, a comma or a blank between the thousands."""
    assert ask("length", characters(1_000), description=limit) is None
    assert ask("length", characters(1_001), description=limit) is not None


@pytest.mark.parametrize(
    "description",
    [
        *(
            "at least 150 characters",
            "(at least 150 characters)",
            "no less than 150 characters",
            "150 characters or more",
        ),
        *(
            "150 words of context",
            "within 150 words of context",
            "up to 5 words of background",
            "about 120-155 characters",
        ),
        *("around 150 characters", "a 150-character headline AND a long text", "more than 150 characters"),
        *("mindestens 150 Zeichen", "nicht weniger als 150 Zeichen", "etwa 120 bis 155 Zeichen", "rund 150 Zeichen"),
        *(
            "au moins 150 caractères",
            "pas moins de 150 caractères",
            "environ 150 caractères",
            "dépasser 150 caractères",
        ),
        *("al menos 150 caracteres", "no menos de 150 caracteres", "almeno 150 caratteri", "non meno di 150 caratteri"),
        *(
            "pelo menos 150 caracteres",
            "não menos de 150 caracteres",
            "不少于150字",
            "不低于150字",
            "150字左右",
            "150字以上",
        ),
        *(
            "控制在150字左右",
            "约100-150字",
            "150字内容",
            "超过150字",
            "Version 3.150 words",
            "in 2050 words will be few",
        ),
        *("Headline: max 60 characters", "a headline (max 60 characters)", "a headline, at most 60 characters"),
        *("Überschrift: höchstens 60 Zeichen", "titre de 60 caractères maximum", "título: máximo 60 caracteres"),
        *("标题不超过20字", "标题（20字以内）", "max 8 words per sentence", "| Headline | max 60 characters |"),
    ],
)
def test_what_is_no_upper_limit_of_the_text_is_none(ask, description: str):
    """Lower limits, rough numbers, limits of a part and numbers of something else."""
    assert ask("length", words(300), description=description) is None
    assert ask("length", "字" * 300, description=description) is None


GUIDE = "Voice: warm.\nInstagram caption: at most 150 characters.\nMeta description: at most 155 characters.\n"


def test_a_brand_guide_asks_for_no_text_again_and_leaves_no_false_remark(ask):
    """Limits of other channels, in the context, are nothing to a shop text; to their own text they are a remark."""
    shop, context = characters(647), {"brand": GUIDE}
    for type_ in ("shop text", "friendly", "商品描述", "long-form story"):
        assert ask("length", shop, type=type_, context=context) is None
    assert ask("length", characters(150), type="instagram-caption", context=context) is None
    for type_, limit in (("instagram-caption", 150), ("Meta description", 155)):
        finding = ask("length", characters(156), type=type_, context=context)
        assert (finding.action, f"at most {limit}" in finding.message) == ("warn", True)


@pytest.mark.parametrize(
    "guide",
    [
        *(
            GUIDE,
            "Captions\n- at most 150 characters",
            "| Instagram caption | 120–155 characters |",
            "小红书：不超过150字",
        ),
        *("Instagram (150 characters)", "Bildunterschrift: höchstens 150 Zeichen", "Légende : 150 caractères maximum"),
        *("Titles up to 60 characters.", "Each caption at most 150 characters", "We ship within 150 words of Berlin"),
    ],
)
@pytest.mark.parametrize("place", ["context", "task"])
def test_no_limit_that_stands_elsewhere_asks_for_a_text_again(ask, guide: str, place: str):
    """Whatever a guide or a task for several texts limits, another text is neither asked for again nor remarked on."""
    given = {"context": {"guide": guide}} if place == "context" else {}
    task = "Write a shop text and a newsletter" + ("" if given else f". {guide}")
    assert ask("length", words(300), type="shop text", task=task, **given) is None


@pytest.mark.parametrize(
    ("task", "action"),
    [
        ("Write an Instagram post about our mug, at most 150 characters", "repair"),
        ("Write a product description. The description must not exceed 150 characters.", "repair"),
        ("Three variants of a text, each variant under 150 characters", "repair"),
        ("Write an email under 150 characters and a post under 90 characters", "warn"),
        ("Write a product text, an Instagram caption (max 150 characters) and a newsletter", None),
        ("Write website copy and an Instagram text of at most 150 characters", None),
        ("Write a shop text. For Instagram at most 150 characters.", None),
        ("写一条小红书笔记，不超过100字，再写一段详情页文案", None),
    ],
)
def test_a_task_counts_where_it_speaks_of_one_text(ask, task: str, action: str | None):
    """Its limit is every text's when it names one kind of text, and of none when it cannot be told whose it is."""
    finding = ask("length", characters(151) + "字" * 151, task=task, type="friendly")
    assert (finding.action if finding else None) == action


def test_a_limit_of_a_part_is_the_text_s_where_the_text_is_that_part(ask):
    """A subtask whose type is the headline is held to the headline's limit."""
    description = "A headline, at most 60 characters"
    assert ask("length", characters(61), description=description, type="headline").action == "repair"
    assert ask("length", characters(61), description=description, type="shop text") is None


def test_a_context_that_is_nothing_but_a_limit_is_remarked_on(ask):
    """A field such as `length: max 10 words` is every text's; one that is named for a channel is the channel's."""
    assert ask("length", words(11), context={"length": "max 10 words"}).action == "warn"
    assert ask("length", words(11), context={"instagram_caption": "max 10 words"}) is None
    assert ask("length", words(11), context={"instagram_caption": "max 10 words"}, type="instagram caption")
