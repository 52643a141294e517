"""A report as one HTML page that needs nothing else: no script, no image, nothing from another place. No I/O."""

import base64
import hashlib
from collections.abc import Iterator
from html import escape

import nh3
from markdown_it import MarkdownIt

from stretto.core.result import WorkerResult
from stretto.core.text import for_file
from stretto.export.emphasis import with_east_asian_emphasis
from stretto.export.languages import attributes, language_of
from stretto.export.report import Report, headline, missing, remarks, usage_facts

# Line breaks stay: those of a post are meant.
_MARKDOWN = (
    MarkdownIt("commonmark", {"html": False, "breaks": True})
    .use(with_east_asian_emphasis)
    .configure("commonmark", {"html": False, "breaks": True})
    .enable(["table", "strikethrough"])
)

_TAGS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td"),
}

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --line: #d8dee4; --page: #fff; --accent: #0b6e4f;
  --warn: #8a4600; --warn-page: #fff4e5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --soft: #9aa4af; --line: #343b43; --page: #14171a;
  --accent: #5ed3a6; --warn: #ffc37a; --warn-page: #33240f; } }
body { margin: 0 auto; max-width: 44rem; padding: 2.5rem 1.25rem 4rem; background: var(--page); color: var(--ink);
  font: 1.0625rem/1.65 system-ui, "Noto Sans", "Noto Sans SC", sans-serif; overflow-wrap: break-word; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 1.6em 0 .5em; }
h1 { font-size: 1.7rem; margin-top: 0; }
h2 { font-size: 1.3rem; }
a { color: var(--accent); }
blockquote { margin: 0; padding: .1rem 1rem; border-inline-start: 3px solid var(--accent); white-space: pre-wrap; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: 6px; font-size: .9em; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: start; }
article { border-top: 1px solid var(--line); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; color: var(--soft); font-size: .9rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.brief { color: var(--soft); }
.notice { padding: .6rem .9rem; border-radius: 6px; color: var(--warn); background: var(--warn-page); }
"""

_PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def to_html(report: Report) -> str:
    """Return the report as one page. Markdown is rendered; HTML that a model wrote is shown as text."""
    texts = "\n".join(item.text for item in report.result.results) or report.task.text
    return render_page(_shorten(report.task.text), "\n".join(_parts(report)), lang=language_of(texts) or "en")


def render_page(title: str, body: str, *, lang: str = "en") -> str:
    """Return a page of its own that may load and run nothing; `title` is text, `body` markup."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return _PAGE.format(
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        title=_text(title),
        lang=lang,
        style=_STYLE,
        body=body,
    )


def _parts(report: Report) -> Iterator[str]:
    result = report.result
    yield '<h1 lang="en">Result</h1>'
    for label in report.labels:
        yield f'<p class="notice" lang="en"><strong>{_text(label)}</strong></p>'
    yield f"<blockquote{attributes(report.task.text)}>{_text(report.task.text)}</blockquote>"
    yield f'<p lang="en"><strong>{_text(headline(result))}</strong></p>'
    yield from _notices([f"Missing: {line}" for line in missing(result)] + [f"Note: {w}" for w in result.warnings])
    yield (
        '<dl lang="en">'
        + "".join(f"<dt>{name}</dt><dd>{_text(value)}</dd>" for name, value in usage_facts(report))
        + "</dl>"
    )
    if result.analysis:
        yield f'<section{attributes(result.analysis)}><h2 lang="en">Analysis</h2>'
        yield f"{_rendered(result.analysis)}</section>"
    for number, item in enumerate(result.results, 1):
        yield from _variant(number, item)
    if synthesis := result.synthesis:
        yield f'<article{attributes(synthesis.text)}><h2 lang="en">Synthesis ({synthesis.strategy})</h2>'
        if synthesis.text:
            yield _rendered(synthesis.text)
        else:
            yield from _notices([f"No synthesis: {synthesis.error or synthesis.status}"])
        yield "</article>"


def _variant(number: int, item: WorkerResult) -> Iterator[str]:
    done = item.status == "completed"
    yield f"<article{attributes(item.text)}>"
    yield f"<h2>{number}. {_text(item.type)}{'' if done else f' ({item.status})'}</h2>"
    yield f'<p class="brief">{_text(item.description)}</p>'
    if done:
        yield _rendered(item.text)
    else:
        yield from _notices([f"No text: {item.error or item.status}"])
    yield from _notices([f"Check this: {remark}" for remark in remarks(item)])
    yield "</article>"


def _notices(lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield f'<p class="notice" lang="en">{_text(line)}</p>'


def _rendered(markdown: str) -> str:
    tokens = _MARKDOWN.parse(for_file(markdown))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            # The page's own headings are the first two levels.
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
    rendered = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return nh3.clean(
        rendered,
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def _text(text: str) -> str:
    return escape(for_file(text).strip())


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"
