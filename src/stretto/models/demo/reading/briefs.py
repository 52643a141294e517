"""Makes a brief out of a task and its context: what there is to say, sorted. No I/O."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from stretto.core.text import strip_control
from stretto.models.demo.library import Genre
from stretto.models.demo.reading.language import Language, other_language
from stretto.models.demo.reading.prompts import Reading
from stretto.models.demo.reading.topics import find_topic

# Matched on the name of a context value.
_FACT_NAMES: Mapping[str, re.Pattern[str]] = {
    slot: re.compile(pattern, re.IGNORECASE)
    for slot, pattern in {
        "features": r"feature|benefit|highlight|selling|\busp|strength|advantage|key[ _-]?point|spec|"
        r"eigenschaft|merkmal|vorteil|caract|"
        r"卖点|特点|特性|功能|亮点|优势|规格",
        "audience": r"audience|customer|reader|persona|target|buyer|user|"
        r"zielgruppe|public|público|cible|受众|用户|人群|客户|读者|顾客",
        "price": r"price|cost|msrp|preis|prix|precio|价格|售价|定价",
        "material": r"material|fabric|made[ _-]?of|ingredient|材质|材料|面料|成分|原料",
        "tone": r"tone|voice|style|mood|语气|风格|调性|口吻",
        "use": r"\buse|usage|occasion|setting|scenario|用途|场景|使用",
        "name": r"^(?:product|brand|product[ _-]?name|name|title|item|article|produkt(?:name)?|artikel|bezeichnung|"
        r"produit|nom|producto|nombre)$|产品名|商品名|品牌|品名|名称|^(?:产品|商品|货品|单品|宝贝)$",
        "task": r"^(?:task|original[ _-]?task|任务)$",
    }.items()
}
_ITEM = re.compile(r"^[ \t]*(?:[-*•·]|\d{1,2}[.)](?=\s))[ \t]*(.+)$", re.MULTILINE)
_QUOTED = re.compile(r"'([^'\n]+)'|\"([^\"\n]+)\"")
_ARTICLE = re.compile(r"(?:a|an|the)\s+", re.IGNORECASE)
# A comma inside a number parts nothing.
_COMMA = re.compile(r"\s*(?:,(?!\d)|(?<!\d),|[，、;；\n])\s*(?:and\s+|以及|和)?|\s+and\s+(?=[^,]*$)")
# What could be read as markup again when it is quoted in an answer.
_TAG_START = re.compile(
    r"[<＜﹤◁](?=\s*\\?[/／]?\s*[A-Za-z/!?_／])|[〈⟨‹《\[](?=\s*[/／]?\s*(?:\w+:)?(?:(?:sub)?[_-]?tasks?|plan|type|description|tier|"
    r"analysis|response|think|thought|reason|reflect|scratchpad))",
    re.IGNORECASE,
)
_UNNAMED: Mapping[Language, str] = {"en": "product", "zh": "产品"}
_LONGEST_FACT = 160
_MOST_FEATURES = 12
_MOST_FACTS = 12
_SAMPLE = 6_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Brief:
    """Everything the demo model knows about one task."""

    task: str
    """In one line, shortened where it is long."""
    text: str
    """The beginning of the task as it was given."""
    language: Language
    """What is to be written in."""
    topic: str
    """A product's name or a matter, without its article where it is a product."""
    whole: str
    """The topic as it is best mentioned first."""
    product: bool
    """Whether the topic is a product."""
    features: tuple[str, ...]
    facts: Mapping[str, str]
    """audience, price, material, tone, use and name, where the brief has them."""
    others: tuple[tuple[str, str], ...]
    """Every other context value under the user's own name for it."""
    foreign: str = ""
    """The language that the brief is in, where it is one that cannot be written."""

    @property
    def words(self) -> str:
        """All of the brief as one text, for looking for signs in it."""
        others = (f"{name} {value}" for name, value in self.others)
        return "\n".join((self.text, *self.features, *self.facts.values(), *others))


def make_brief(reading: Reading, language: Language, genre: Genre) -> Brief:
    """Sort what `reading` says of a task of this genre."""
    product = genre == "copy"
    topic = find_topic(reading.task)
    facts: dict[str, str] = {}
    features: list[str] = []
    others: list[tuple[str, str]] = []
    for name, value in list(reading.context.items())[: 4 * _MOST_FACTS]:
        slot = next((slot for slot, pattern in _FACT_NAMES.items() if pattern.search(name)), "")
        if slot == "features":
            features += split_list(value)
        elif slot and slot not in facts:
            facts[slot] = tidy(", ".join(split_list(value)) if _is_list(value) else value)
        elif slot != "task":
            others.append(
                (tidy(name.replace("_", " ")), tidy(", ".join(split_list(value)) if _is_list(value) else value))
            )
    if topic.audience and genre in ("copy", "documentation"):
        facts.setdefault("audience", tidy(topic.audience))
    if not features:
        features = split_list(topic.features)
    # Where the task names no product, one word fits them all.
    name = (tidy(topic.name) or _UNNAMED[language]) if product else tidy(topic.subject) or tidy(reading.task)
    return Brief(
        task=tidy(reading.task),
        text=reading.task[:_SAMPLE],
        language=language,
        topic=facts.get("name") or name,
        whole=(tidy(topic.whole) if product and "name" not in facts else "") or facts.get("name") or name,
        product=product,
        features=tuple(dict.fromkeys(feature for feature in features if feature))[:_MOST_FEATURES],
        facts={slot: value for slot, value in facts.items() if value and slot != "task"},
        others=tuple((name, value) for name, value in others if name and value)[:_MOST_FACTS],
        foreign=other_language("\n".join((reading.task[:_SAMPLE], *reading.context.values()))),
    )


def split_list(value: str) -> list[str]:
    """Return the items of a list that is written in any of the usual ways."""
    text = value.strip()[:_SAMPLE]
    if _is_list(text) and (items := _literal(text)) is not None:
        return [tidy(item) for item in items]
    if listed := _ITEM.findall(text):
        return [tidy(item) for item in listed]
    return [item for part in _COMMA.split(text.strip("[]")) if (item := tidy(_ARTICLE.sub("", part.strip("'\" "))))]


def _is_list(text: str) -> bool:
    return text.lstrip()[:1] in ("[", "(", "-", "{") and len(text) > 1


def _literal(text: str) -> list[str] | None:
    """Return the items of a JSON or Python list, as prompts carry them; None when it is neither."""
    try:
        data: object = json.loads(text)
    except (ValueError, RecursionError):
        return [first or second for first, second in _QUOTED.findall(text)] or None
    if isinstance(data, dict):
        return [f"{key}: {item}" for key, item in cast("Mapping[str, object]", data).items()]
    return [str(item) for item in cast("Iterable[object]", data)] if isinstance(data, list) else None


def tidy(text: str) -> str:
    """Return a value as one line that is safe to quote: no controls, no markup, of bounded length."""
    line = " ".join(strip_control(text[: 4 * _LONGEST_FACT]).split())
    line = _TAG_START.sub("(", line).replace("||", "|")
    if len(line) > _LONGEST_FACT:
        # Half a number would be another number.
        line = line[:_LONGEST_FACT].rsplit(" ", 1)[0].rstrip("0123456789.,，%") + " …"
    return line.strip(" \t,;，；")
