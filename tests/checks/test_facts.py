"""The check for claims that the brief does not make."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.checks import numbers
from stretto.checks.certificates import NAMED, marks_in


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Keeps cold for 24 hours.", "24 hours"),
        ("Keeps cold for twenty-four hours.", "twenty-four hours"),
        ("Made of 100% recycled steel.", "100%"),
        ("Since 1998.", "1998"),
        ("Only $29.99!", "$29.99"),
        ("Loved by 10k customers.", "10k customers"),
        ("Weighs 0.3 kg", "0.3 kg"),
        ("保温24小时", "24小时"),
        ("保温二十四小时", "二十四小时"),
        ("保温２４小时", "24小时"),
        ("节能百分之九十五", "百分之九十五"),
        ("减少百分之30的塑料", "百分之30"),
        ("三年质保", "三年"),
        ("仅售199元", "199元"),
        ("Open 8:30 to late", "8:30"),
        ("ISO 9001 quality", "ISO 9001"),
        ("Rated IP67", "IP67"),
        ("符合GB 4806.9标准", "GB 4806.9"),
        ("FDA approved", "FDA"),
        ("通过FDA认证", "FDA"),
        ("BPA-free", "BPA"),
        ("不含双酚A", "双酚A"),
        ("CE certified", "CE"),
        ("通过CE认证", "CE"),
        ("A certified bottle", "certified"),
        ("国际认证", "认证"),
        ("award-winning design", "award"),
        ("clinically proven", "clinical"),
        ("食品级不锈钢", "食品级"),
        ("carbon neutral", "carbon neutral"),
        ("OEKO-TEX fabric", "OEKO-TEX"),
    ],
)
def test_a_claim_that_the_brief_does_not_have_is_remarked_on(ask, text: str, said: str):
    """Numbers with their units, percentages, prices, years, standards and marks are named in a warning."""
    finding = ask("facts", text)
    assert finding.action == "warn"
    assert said in finding.message


@pytest.mark.parametrize(
    ("brief", "text"),
    [
        ("24 hours cold", "Cold for 24 hours, a full 24-hour day."),
        ("24 hours cold", "保温24小时，整整二十四个小时。"),
        ("保温二十四小时", "Cold for 24 h"),
        ("keeps cold twenty-four hours", "24 hours"),
        ("1,000 bottles", "1000 bottles and 1 000 stories, 一千个故事"),
        ("10 000 km", "10,000 km"),
        ("1万用户", "10,000 people, 10k users"),
        ("2 million users", "2,000,000 users"),
        ("1.5 L", "1,5 litres"),
        ("price: 1.299,00 €", "1299 €"),
        ("750ml", "７５０毫升"),
        ("95%", "百分之九十五，95 percent, 95％"),
        ("capacity: 500", "500 ml"),
        ("lifetime, 18/8 steel", "18/8 steel"),
        ("ISO-9001", "ISO 9001 certified"),
        ("iso 9001", "ISO 9001"),
        ("FDA-approved", "通过FDA认证"),
        ("不含BPA", "BPA-free"),
        ("we hold a certificate", "certified quality"),
        ("三年质保", "3-year warranty"),
        ("a dozen colours", "12 colours"),
        ("٢٤ ساعة", "24 h"),
    ],
)
def test_a_claim_of_the_brief_passes_in_any_spelling(ask, brief: str, text: str):
    """The same number, unit or mark counts as the same in digits, words and scripts."""
    assert ask("facts", text, context={"facts": brief}) is None


@pytest.mark.parametrize("where", ["task", "description"])
def test_task_and_description_count_as_the_brief(ask, where: str):
    """A fact may come from anything the worker was given."""
    assert ask("facts", "Cold for 24 hours.", **{where: "Say that it keeps cold for 24 hours"}) is None


@pytest.mark.parametrize(
    "text",
    [
        "1. First\n2. Second\n10. Tenth\n- 11) Eleventh",
        "12、第十二",
        "## 10 Reasons\n\nText",
        "3 reasons to love it, and 2 more",
        "Step 12: pour. Chapter 10. Day 14. Version 12",
        "第12章，第二种，第三年",
        "[12] and (13) and（14）",
        "CO2, H2O, COVID-19, A4, MP3, x86_64",
        "24/7, all day, for the 21st century #2024goals",
        "See https://example.com/2024/11/page?id=99",
        "```\nretries = 42\n```",
        "One bottle, two hands, a thousand stories",
        "一只水瓶，一年四季，三心二意，千万别错过，十分好用",
        "CE is a pair of letters; ice and science",
        "organisation, vegetable",
    ],
)
def test_what_only_looks_like_a_claim_passes(ask, text: str):
    """Numbering, names, code, addresses, idioms and small bare numbers claim nothing."""
    assert ask("facts", text) is None


def test_the_same_number_with_another_unit_is_another_claim(ask):
    """24 oz in the brief does not make 24 hours true; a bare 24 may be anything."""
    assert "24 hours" in ask("facts", "24 hours", context={"size": "24 oz"}).message
    assert ask("facts", "24 hours", context={"size": "24"}) is None
    assert ask("facts", "the 24", context={"size": "24 oz"}) is None


def test_the_general_word_is_not_remarked_on_beside_the_exact_mark(ask):
    """With ISO 9001 named, "certified" adds nothing."""
    assert ask("facts", "ISO 9001 certified").message == "The brief does not say: ISO 9001. Confirm or leave out."


def test_many_claims_are_counted(ask):
    """A remark lists some claims, each once, and counts the rest."""
    message = ask("facts", ", ".join(f"{n} kg" for n in [*range(11, 31), 11])).message
    assert "11 kg, 12 kg" in message
    assert message.count("11 kg") == 1
    assert "and 8 more" in message


@pytest.mark.parametrize(
    ("text", "label"),
    [
        *(("TÜV tested", "TÜV"), ("TUEV", "TÜV"), ("不含双酚A", "BPA"), ("Bisphenol", "BPA"), ("oekotex", "OEKO-TEX")),
        *(
            ("公平贸易", "Fairtrade"),
            ("Fair-trade", "Fairtrade"),
            ("B-Corp", "B Corp"),
            ("3C认证", "3C"),
            ("CCC认证", "3C"),
        ),
        *(("PCI-DSS", "PCI DSS"), ("ENERGY STAR", "Energy Star"), ("climate-neutral", "carbon-neutral")),
        *(("lab-tested", "laboratory test"), ("第三方检测", "laboratory test"), ("医疗级", "medical-grade")),
    ],
)
def test_a_mark_is_found_in_every_spelling(text: str, label: str):
    """The signs that are looked for first stand in whatever the pattern finds."""
    assert list(marks_in(text).values()) == [NAMED[label]]


@given(st.lists(st.sampled_from(["ten", "five-one", "twenty", "Forty", "éone", "two_", "x7", "7", "hours", " ", "-"])))
def test_words_for_numbers_are_found_where_the_whole_pattern_finds_them(pieces: list[str]):
    """Looking only at words that are numbers finds the same as looking everywhere."""
    text = "".join(pieces)
    found = [number.text for number in numbers.find_numbers(re.sub("[0-9]", "", text))]
    assert found == [match[0] for match in numbers._ENGLISH.finditer(re.sub("[0-9]", "", text))]
