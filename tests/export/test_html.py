"""The HTML page: whole in itself, and nothing that a model wrote can act in it."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from stretto.core.task import Task
from stretto.export.html import to_html


def with_text(report, text):
    """Return the report with another text of its first variant."""
    first, *others = report.result.results
    return replace(report, result=replace(report.result, results=(replace(first, text=text), *others)))


class Elements(HTMLParser):
    """Collects every element with its attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Note one element."""
        self.found.append((tag, dict(attrs)))

    def of(self, name):
        """Return the attributes of every element of this name."""
        return [attributes for tag, attributes in self.found if tag == name]


def test_a_partial_run_says_everything(report):
    """Label, task, what is missing, remarks, failures and cost are on the page, as text."""
    page = to_html(report)
    for said in (
        "<strong>demo model, not a language model</strong>",
        "Write copy\nfor &lt;a bottle&gt;.",
        "Partial: 2 of 3 variants; something is missing.",
        "Missing: type 3: The answer was empty. Run it again.",
        "Note: 3 variants were planned",
        "<dt>Cost</dt><dd>at least $0.0036</dd>",
        "<dt>Run</dt><dd>run-1</dd>",
        "<dt>Superseded</dt>",
        "<p>The <em>reader</em> matters.</p>",
        "<h2>1. type 1</h2>",
        "<p>Text <strong>1</strong>.</p>",
        "Check this: The brief has no 50%.",
        "<h2>3. type 3 (failed)</h2>",
        "No text: The answer was empty. Run it again.",
        "No synthesis: The answer was empty. Run it again.",
        "<title>Write copy for &lt;a bottle&gt;.</title>",
    ):
        assert said in page


def test_a_complete_run(whole):
    """A complete run shows its synthesis and no notice."""
    page = to_html(whole)
    assert "Complete: 1 of 1 variants." in page
    assert "<p>The <strong>first</strong>.</p>" in page
    assert 'class="notice"' not in page


def test_the_page_needs_nothing_else(report):
    """The policy lets nothing in but the page's own style, and the page has no script and no remote part."""
    page = to_html(report)
    elements = Elements(page)
    (policy,) = [meta["content"] for meta in elements.of("meta") if meta.get("http-equiv")]
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not any("src" in attributes or tag in ("script", "link", "img") for tag, attributes in elements.found)
    assert elements.of("html") == [{"lang": "en"}]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src="https://evil.example/x.png" onerror="alert(1)">',
        "![pixel](https://evil.example/x.png)",
        "[click](javascript:alert(1))",
        "[click](data:text/html;base64,PHNjcmlwdD4=)",
        "<https://evil.example/<script>>",
        '<p style="position:fixed" class="notice">x</p>',
        "<form action=https://evil.example><input></form>",
        "<iframe src=https://evil.example></iframe><video src=x></video>",
        '[a](https://x.example "t\\" onmouseover=alert(1)")',
        "</article></main><base href=https://evil.example>",
    ],
)
def test_nothing_a_model_writes_acts(whole, text):
    """Markup, images and strange links from a model become text or vanish."""
    elements = Elements(to_html(with_text(whole, text)))
    tags = {tag for tag, _ in elements.found}
    assert not tags & {"script", "img", "form", "input", "iframe", "video", "base"}
    for tag, attributes in elements.found:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert tag == "p" or "class" not in attributes
    assert all(link.get("href", "https:").startswith("https:") for link in elements.of("a"))
    assert elements.of("p") == [p for p in elements.of("p") if p.get("class") != "notice"]


def test_a_link_keeps_its_place_and_tells_nobody(whole):
    """An ordinary link works and passes on neither window nor address."""
    (link,) = Elements(to_html(with_text(whole, "[shop](https://shop.example/a?b=c)"))).of("a")
    assert link == {"href": "https://shop.example/a?b=c", "rel": "noopener noreferrer nofollow"}


def test_tables_lists_and_headings_are_rendered(whole):
    """Markdown that copy really has is rendered; its headings stand below the page's own."""
    page = to_html(with_text(whole, "# Head\n\n###### Deep\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n3. x\n\n~~old~~"))
    for said in ("<h3>Head</h3>", "<h6>Deep</h6>", "<td>1</td>", '<ol start="3">', "<s>old</s>"):
        assert said in page


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("一瓶水,一片绿。", "zh"),
        ("水のボトルです。", "ja"),
        ("물병입니다.", "ko"),
        ("A bottle, named 茶.", ""),
    ],
)
def test_a_text_says_its_language(whole, text, lang):
    """Each text has the language that its script tells; one that is not known is not called English."""
    page = to_html(replace(with_text(whole, text), task=Task.of(text)))
    elements = Elements(page)
    assert elements.of("article")[0] == {"lang": lang}
    assert elements.of("blockquote") == [{"lang": lang}]


def test_a_long_task_is_short_in_the_title(whole):
    """The title is one line that a tab can show."""
    page = to_html(replace(whole, task=Task.of("word " * 100)))
    (title,) = re.findall("<title>(.*?)</title>", page)
    assert len(title) == 80
    assert title.endswith("…")


def test_a_failed_run_says_so(failed):
    """A run without a result says that, and why."""
    page = to_html(failed)
    assert "Failed: there is no result." in page
    assert "Missing: the plan: The provider cannot be reached." in page


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("**标题：**正文", "<strong>标题：</strong>正文"),
        ("前文**“重点”**后文", "前文<strong>“重点”</strong>后文"),
        ("**「重要」**です", "<strong>「重要」</strong>です"),
        ("**제목:**본문", "<strong>제목:</strong>본문"),
        ("*强调。*后文", "<em>强调。</em>后文"),
        ("_强调！_后文", "<em>强调！</em>后文"),
        ("__标题：__正文", "<strong>标题：</strong>正文"),
        ("~~旧价：~~新价", "<s>旧价：</s>新价"),
        ("- **优点：**轻", "<strong>优点：</strong>轻"),
        ("**Title:**text", "<strong>Title:</strong>text"),
        ("**甲**乙**丙**", "<strong>甲</strong>乙<strong>丙</strong>"),
        ("产品_介绍_说明 snake_case_name", "产品_介绍_说明 snake_case_name"),
        ("`**标题：**正文`", "<code>**标题：**正文</code>"),
    ],
)
def test_emphasis_beside_east_asian_signs_is_rendered(whole, text, want):
    """Models set headings as **标题：**正文, which CommonMark's rule leaves raw; names with underscores stay."""
    assert want in to_html(with_text(whole, text))


def test_the_line_breaks_of_a_post_stay(whole):
    """A post's short lines are lines on the page, too."""
    assert "<p>One<br>\nTwo</p>" in to_html(with_text(whole, "One\nTwo"))


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ("这款随行杯轻便好用，早上出门带着走。", {"lang": "zh"}),
        ("このボトルは軽いです。", {"lang": "ja"}),
        ("이 병은 가볍습니다.", {"lang": "ko"}),
        ("زجاجة خفيفة تحفظ الشاي ساخنا", {"lang": "ar", "dir": "auto"}),
        ("Der Becher ist leicht und hält den Tee für den ganzen Tag warm.", {"lang": "de"}),
        ("Le sac est léger et solide, avec une poche pour les clés.", {"lang": "fr"}),
        ("The bottle is light and keeps your tea hot for the day.", {"lang": "en"}),
        ("Leaf 500", {"lang": ""}),
    ],
)
def test_the_page_has_the_language_of_its_texts(whole, text, attributes):
    """The page and the text say their language; a text that runs from the right finds its direction."""
    elements = Elements(to_html(with_text(whole, text)))
    assert elements.of("article")[0] == attributes
    assert elements.of("html") == [{"lang": attributes["lang"] or "en"}]
