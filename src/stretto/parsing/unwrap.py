"""Writes a plan again without what a model put around it, or in place of its brackets. No I/O.

Each of these is only tried when the text as it is holds no plan.
"""

import re
from collections.abc import Iterator

from stretto.parsing.markup.entities import unescape, without_cdata_marks

_TAGS = "(?:sub[_-]?)?tasks?|type|description|plan|analysis|任务列表|子?任务|类型|描述"
_BRACKETED = re.compile(rf"[\[【](?P<tag>[/／]?(?:{_TAGS}))[\]】]", re.IGNORECASE)
_DOUBLED = re.compile(rf"<<(?P<tag>/?(?:{_TAGS}))>>", re.IGNORECASE)
_PARAMETER = re.compile(
    r"<(?P<close>/)?(?:\w{1,20}:)?parameter(?:(?:\s+name\s*+=|\s*+=)\s*+[\"']?(?P<name>\w{1,40})[\"']?)?\s*+>",
    re.IGNORECASE,
)
_WRAPPED = re.compile(r"<tasks>(?P<inside>(?:\s*+<(?P<name>[^\W\d][\w\-]*+)>[^<>]++</(?P=name)>)++)\s*+</tasks>")
_NAMED = re.compile(r"<(?P<name>[^\W\d][\w\-]*+)>(?P<text>[^<>]++)</(?P=name)>")
_ANALYSIS_TAG = re.compile(r"</?analysis>", re.IGNORECASE)
_ANALYSIS = re.compile(r"<analysis>(?:[^<]|<(?!/analysis>))*+</analysis>", re.IGNORECASE)
_ANALYSIS_END = re.compile(r"</analysis>", re.IGNORECASE)
_WIDE_OPEN = re.compile(r"[｛［【](?=\s*+[\"'“‘{\[｛［【])")
_WIDE_CLOSE = re.compile(r"[\"'”’}\]][\s,，}\]｝］】]*")
_OPENED = str.maketrans("｛［【", "{[[")
_CLOSED = str.maketrans("｝］】", "}]]")
_HTML_LIST = re.compile(r"<(?:li|td)[ >]", re.IGNORECASE)
_ATTRS = r"(?:\s[^<>]*+)?>"
_HTML = (
    (re.compile(rf"</?(?:b|strong){_ATTRS}", re.IGNORECASE), "**"),
    (re.compile(rf"<li{_ATTRS}\s*+", re.IGNORECASE), "\n- "),
    (re.compile(rf"<tr{_ATTRS}\s*+", re.IGNORECASE), "\n| "),
    (re.compile(r"</t[dh]>\s*+", re.IGNORECASE), " | "),
    (re.compile(rf"</?(?:t[dh]|p|span|div|em|i|code){_ATTRS}", re.IGNORECASE), ""),
    (re.compile(rf"<h[1-6]{_ATTRS}\s*+", re.IGNORECASE), "\n## "),
    (re.compile(rf"</?(?:[uo]l|li|table|thead|tbody|tr|h[1-6]|br/?|tasks|plan){_ATTRS}", re.IGNORECASE), "\n"),
)


def with_single_brackets(text: str) -> str:
    """Return a text whose tags were written in doubled brackets, <<task>>, with single ones."""
    return _DOUBLED.sub(r"<\g<tag>>", text) if "<<" in text else text


def rewritten_markup(text: str) -> Iterator[str]:
    """Give the text as markup, once for each disguise that it seems to have."""
    low = text.lower()
    if "<![cdata[" in low:
        yield without_cdata_marks(text)
    if any(sign in low for sign in ("&lt;", "&#60;", "&#x3c;")):
        yield unescape(text)
    if "\\u003c" in low:
        yield text.replace("\\u003c", "<").replace("\\u003C", "<").replace("\\u003e", ">").replace("\\u003E", ">")
    if re.search(r"[\[【][/／](?:sub[_-]?)?(?:task|任务)", low):
        yield _BRACKETED.sub(r"<\g<tag>>", text)
    if "parameter" in low:
        yield _with_named_parameters(text)
    if _WRAPPED.search(text):
        yield _WRAPPED.sub(lambda match: f"<tasks>{_NAMED.sub(_subtask, match['inside'])}</tasks>", text)


def _subtask(match: re.Match[str]) -> str:
    """Return <formal>Write …</formal> as the subtask that it stands for."""
    return f"<task><type>{match['name']}</type><description>{match['text']}</description></task>"


def _with_named_parameters(text: str) -> str:
    """Return the parameters of tool calls as tags of their own name."""
    names: list[str] = []

    def tag(match: re.Match[str]) -> str:
        if match["close"]:
            return f"</{names.pop()}>" if names else match[0]
        names.append(match["name"] or "parameter")
        return f"<{names[-1]}>"

    return _PARAMETER.sub(tag, text)


def rewritten_json(text: str) -> Iterator[str]:
    """Give the text as JSON, once for each disguise that it seems to have."""
    if "&quot;" in text:
        yield unescape(text)
    if re.search(r"\{\{\s*[\"']", text):
        yield text.replace("{{", "{").replace("}}", "}")
    if _WIDE_OPEN.search(text):
        narrow = _WIDE_OPEN.sub(lambda match: match[0].translate(_OPENED), text)
        yield _WIDE_CLOSE.sub(lambda match: match[0].translate(_CLOSED), narrow)


def html_as_markdown(text: str) -> str | None:
    """Return the lists and tables of a text in HTML as those of Markdown; None when it has none."""
    if not _HTML_LIST.search(text):
        return None
    for pattern, instead in _HTML:
        text = pattern.sub(instead, text)
    return unescape(text)


def opened_analysis(text: str) -> str:
    """Return a text with the tags of its analysis taken out, for a plan that stands inside."""
    return _ANALYSIS_TAG.sub("", text)


def without_analysis(text: str) -> str:
    """Return a text without its analysis, whose lists are no plan."""
    # Past the last closer no analysis ends, and each opener there would be followed to the end of the text in vain.
    end = max((closer.end() for closer in _ANALYSIS_END.finditer(text)), default=0)
    return _ANALYSIS.sub("\n", text[:end]) + text[end:]
