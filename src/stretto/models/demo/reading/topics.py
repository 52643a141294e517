"""Finds what a task is about: the product or the subject, and what the task itself says of it. No I/O."""

import re
from dataclasses import dataclass

from stretto.models.demo.reading.language import language_of
from stretto.models.demo.reading.products_en import find_product as find_english_product
from stretto.models.demo.reading.products_en import trim
from stretto.models.demo.reading.products_zh import find_product as find_chinese_product

_SAMPLE = 2_000
_LONGEST_WORDS = 14
_LONGEST_HAN = 30
_EDGES = " ，。：:,.;“”\"'的"

_DELIVERABLE = (
    r"(?:copy|description|descriptions|text|texts|post|posts|page|ad|ads|advert|email|e-mail|newsletter|"
    r"article|blurb|slogan|"
    r"tagline|story|stories|poem|scene|song|documentation|docs|guide|manual|tutorial|reference|readme|"
    r"analysis|report|"
    r"review|brief|study|overview|summary|plan|campaign|announcement|press release|essay|assessment|"
    r"evaluation|variants?|versions?)"
)
_EN_ASK = re.compile(
    r"(?:please |can you |could you |i need you to |i want you to |we need (?:to )?|help (?:me|us) (?:to )?)*"
    r"(?:(?:write|create|draft|make|produce|generate|compose|prepare|develop|design|do|give (?:me|us)|"
    r"provide|tell(?: me)?)\s+)?",
    re.IGNORECASE,
)
_EN_MADE = re.compile(
    rf"(?:[\w'’&/,-]+[ \t]+){{0,7}}?{_DELIVERABLE}[ \t]+(?:for|about|of|on|describing|introducing|"
    rf"announcing|promoting|to (?:promote|sell|launch))[ \t]+",
    re.IGNORECASE,
)
_EN_VERB = re.compile(
    r"(?:analy[sz]e|assess|evaluate|research|investigate|explore|study|review|compare|document|describe|"
    r"explain|promote|"
    r"sell|advertise|launch|introduce|announce|present|pitch|look (?:into|at)|examine|summari[sz]e|"
    r"(?:how (?:can|do|could|might|should) (?:we|i|you) |how to )?(?:solve|fix|reduce|improve|increase|"
    r"stop|cut|lower|raise|prevent|avoid|speed up)|"
    r"how (?:can|do|could|might|should) (?:we|i|you)|how to)[ \t]+",
    re.IGNORECASE,
)
_EN_QUESTION = re.compile(
    r"(?:should|is|are|do|does|did|what|why|which|can|could|will|would|who|when|where)\b", re.IGNORECASE
)
_DETERMINER = re.compile(
    r"(?:(?:a|an|the|our|my|your|this|its|their|some|new|brand[- ]new|upcoming|latest)[ \t]+)+", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.!?;。！？；](?=\s|$|[\u4e00-\u9fff])|[:：](?=\s)|\n")
_EN_TAIL = re.compile(
    r"(?:,[ \t]*|[ \t]+)(?:with|featuring|that|which|who|made|including|priced|costing|aimed|targeting|"
    r"in (?:simplified |traditional )?(?:english|chinese))\b",
    re.IGNORECASE,
)
_EN_AUDIENCE = re.compile(r"[ \t]+(?:for|aimed at|targeting)[ \t]+(.+)", re.IGNORECASE)
_EN_LIST = re.compile(r"\b(?:with|featuring|including)[ \t]+(.+)", re.IGNORECASE)
_EN_IS = re.compile(r"\b(?:(?:it|that|which)(?:'s|[ \t]+is))[ \t]+(.+)", re.IGNORECASE)

_ZH_VERB = r"(?:写|撰写|创作|设计|做|制作|生成|编写|准备|起草|策划)"
_ZH_NEW = re.compile(
    r"(?:我们的|我的|这款|这个|一款|一个|一种|一份|一篇|一段|一组|几个|几篇|全新的?|新款的?|最新的?|新推出的|新的?)+"
)
_ZH_FOR = re.compile(rf"(?:请)?(?:帮我|帮忙|帮我们)?(?:为|给|替)(.+?)(?:来)?{_ZH_VERB}")
_ZH_OF = re.compile(
    rf"{_ZH_VERB}(.+?)的(?:产品)?(?:描述|文案|介绍|广告|文档|教程|手册|故事|诗|分析|报告|方案|说明|软文|推文)"
)
_ZH_ABOUT = re.compile(r"(?:关于|以|围绕)(.+?)(?:的|为主题|为题|，|。|$)")
_ZH_ASK = re.compile(
    r"(?:请|帮我|帮忙|麻烦你?|能不能|一下|我们|需要|应该|如何|怎么|怎样|是否|要不要|分析|评估|研究|调研|解决|降低|提高|改进|"
    r"改善|介绍|推广|描述|写|为|给|一首|一篇|一个|诗|故事)+"
)
_ZH_QUESTION = re.compile(r"(?:我们)?(?:是否|要不要|该不该|为什么|应不应该)")
_ZH_LIST = re.compile(r"(?:特点|卖点|特色|亮点|功能)(?:是|有|为|包括)?[：:]?|(?:带有|具有|具备|采用)")
_ZH_TAIL = re.compile(r"(?:，|,|。|；|带有|具有|具备|采用|特点是)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """What a task is about."""

    name: str
    """A product without its article, such as "eco-friendly water bottle"; empty when the task names none."""
    whole: str
    """The name with what follows it after a comma, such as "Ledgerly, invoicing software"."""
    subject: str
    """A matter as the task words it, such as "the market for cargo bikes in small cities"."""
    audience: str = ""
    features: str = ""
    """A list, as the task words it."""


def find_topic(task: str) -> Topic:
    """Return what `task` is about; the matter is its first words when no pattern fits."""
    text = task.strip()[:_SAMPLE]
    return _chinese(text) if language_of(text) == "zh" else _english(text)


def _english(text: str) -> Topic:
    sentence = _SENTENCE_END.split(text, maxsplit=1)[0].strip()
    rest = text[len(sentence) :]
    subject = sentence[_end(_EN_ASK, sentence) :]
    while made := _EN_MADE.match(subject):
        subject = subject[made.end() :]
    subject = subject[_end(_EN_VERB, subject) :].strip(_EDGES)
    tail = _EN_TAIL.search(subject)
    message = (subject[tail.start() :] if tail else "") + rest
    product = subject[: tail.start()] if tail else subject
    audience = _EN_AUDIENCE.search(product)
    if audience and audience.start() > 2:
        product = product[: audience.start()]
    listed = _EN_LIST.search(message) or _EN_IS.search(message)
    product = _clip_words(product[_end(_DETERMINER, product) :].strip(_EDGES))
    product = find_english_product(text) or find_chinese_product(text) or trim(product)
    return Topic(
        name=product.partition(",")[0] or product,
        whole=product,
        subject=f"the question “{_clip_words(sentence)}”" if _EN_QUESTION.match(sentence) else _clip_words(subject),
        audience=_clip_words(audience[1].strip(" ,.")) if audience else "",
        features=_SENTENCE_END.split(listed[1], maxsplit=1)[0] if listed else "",
    )


def _chinese(text: str) -> Topic:
    sentence = _SENTENCE_END.split(text, maxsplit=1)[0].strip()
    found = _ZH_FOR.search(sentence) or _ZH_OF.search(sentence) or _ZH_ABOUT.search(sentence)
    subject = found[1] if found else sentence[_end(_ZH_ASK, sentence) :] or sentence
    tail = _ZH_TAIL.search(subject)
    subject = subject[: tail.start()] if tail and tail.start() else subject
    subject = subject.lstrip(_EDGES)
    subject = (subject[_end(_ZH_NEW, subject) :] or subject).strip(_EDGES)[:_LONGEST_HAN].rstrip("0123456789")
    question = f"“{sentence[:_LONGEST_HAN]}”这个问题" if _ZH_QUESTION.match(sentence) else subject
    listed = _ZH_LIST.search(text)
    features = _SENTENCE_END.split(text[listed.end() :].strip(), maxsplit=1)[0] if listed else ""
    # An English task may be about a product with a Chinese name, and the other way round.
    name = find_chinese_product(text) or find_english_product(text)
    return Topic(name=name, whole=name, subject=question, features=features)


def _end(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(text)
    return match.end() if match else 0


def _clip_words(text: str) -> str:
    return " ".join(text.split()[:_LONGEST_WORDS])
