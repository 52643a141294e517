"""A worker's answer is what stands in <response>, unaltered."""

from html import escape

import pytest

from stretto.core.errors import ModelError
from stretto.parsing import read_answer

COPY = "# Leaf\n\nTom &amp; Co: **5 < 6**, `<b>`\n\n```html\n<p>x</p>\n```\n\n- one"


@pytest.mark.parametrize(
    ("text", "want"),
    [
        (f"<response>{COPY}</response>", COPY),
        (f"Sure!\n<response>\n{COPY}\n</response>\nAnything else?", COPY),
        (f'<RESPONSE lang="en" note="x">\n{COPY}\n</Response >', COPY),
        (f"＜response＞{COPY}＜/response＞", COPY),
        (f"< response >{COPY}</ response >", COPY),
        (f"```xml\n<response>{COPY}</response>\n```", COPY),
        (f"<response>\n```markdown\n{COPY}\n```\n</response>", f"```markdown\n{COPY}\n```"),
        (f"<think>no <response>draft</response></think>\n<response>{COPY}</response>", COPY),
        (f"<thinking>a</thinking><reasoning>b</reasoning>{COPY}", COPY),
        (f"so it is.</think>\n<response>{COPY}</response>", COPY),
        (f"so it is.</think>\n{COPY}", COPY),
        (f"<response>draft</response></think><response>{COPY}</response>", COPY),
        (f"<response>draft</think><response>{COPY}</response>", COPY),
        (f"<think>a <response>{COPY}</response>", COPY),
        (f"{COPY}\n<think>done?</think>", COPY),
        (COPY, COPY),
        (f"\ufeff\n{COPY}\n", COPY),
        ("```\nplain\n```", "plain"),
        ("```markdown\n# a\n\nb\n```\n", "# a\n\nb"),
        ("```python\nprint()\n```", "```python\nprint()\n```"),
        ("```\na\n```\nand\n```\nb\n```", "```\na\n```\nand\n```\nb\n```"),
        ("<response>Close with </response> at the end.</response>", "Close with </response> at the end."),
        ("<response>Use <response>x</response> so.</response>", "Use <response>x</response> so."),
        ("<response>Open with <response> first.</response>", "Open with <response> first."),
        ("<response>Write `</response>` last.</response>", "Write `</response>` last."),
        ("<response>Your text here</response> now: <response>Real</response>", "Real"),
        (
            "<response>Say </think> and <think>x</think> and <think>.</response>",
            "Say </think> and <think>x</think> and <think>.",
        ),
        ("<response><![CDATA[a <b> & c]]></response>", "a <b> & c"),
        ("Only the end.</response>", "Only the end."),
        ("<response></response>", ""),
        ("<response> \n\t</response>", ""),
        ("<response/>", ""),
        ("<response lang='x' />", ""),
        ("", ""),
        (" \n", ""),
        ("<think>all</think>", ""),
        ("<response>a\x00b\x1b[31mc\ud800</response>", "abc\ufffd"),
        ("a <responses> tag, <response-x>", "a <responses> tag, <response-x>"),
        (f"&lt;response&gt;{escape(COPY)}&lt;/response&gt;", COPY),
        (f"[response]\n{COPY}\n[/response]", COPY),
        (f"Sure:\n【response】{COPY}【/response】", COPY),
        (f"《response》{COPY}《/response》", COPY),
        (f"<<response>>{COPY}<</response>>", COPY),
        (f"<x:response>{COPY}</x:response>", COPY),
        (f"<answer>\n{COPY}\n</answer>", COPY),
        (f"<output>{COPY}</output>", COPY),
        (f"[THINK]a[/THINK]{COPY}", COPY),
        (f"◁think▷a◁/think▷{COPY}", COPY),
        (f"<scratchpad>a</scratchpad><seed:think>b</seed:think>{COPY}", COPY),
        (f"<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>{COPY}<|return|>", COPY),
        (f"{COPY}<|im_end|>", COPY),
        (f"{COPY}</s>\n", COPY),
        (f"{COPY}<｜end▁of▁sentence｜>", COPY),
        (f"I put it in <response> tags:\n<response>{COPY}</response>", COPY),
        ("Write [response] or [/response].", "Write [response] or [/response]."),
        ("Ask for <answer>yes</answer> or no.", "Ask for <answer>yes</answer> or no."),
        ("It sits in [THINK] and [think].", "It sits in [THINK] and [think]."),
    ],
)
def test_the_answer_is_taken_out(text: str, want: str) -> None:
    """Thinking, a fence around and prose around go; everything inside stays as it was."""
    assert read_answer(text) == want


@pytest.mark.parametrize(
    "text",
    [
        "<response>It stops in the",
        "<response>It stops in the tag </respon",
        "<response>",
        "Fine. <response>A</response> <response>B",
        "<think>It stops while thinking",
        "<think>done</think><response>It stops",
        "<think>a</think><think>b",
        "[response]It stops in the",
    ],
)
def test_an_answer_without_its_end_is_malformed(text: str) -> None:
    """What was opened and never closed is no answer."""
    with pytest.raises(ModelError) as caught:
        read_answer(text)
    assert caught.value.kind == "malformed"
    assert caught.value.retryable
