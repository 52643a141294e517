"""A worker's answer is what stands in <response>, unaltered."""

from html import escape

import pytest

from stretto.core.errors import ModelError
from stretto.parsing import TakenAnswer, left_marks, read_answer

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
    assert read_answer(text).text == want


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
        "<answer>It stops in the",
    ],
)
def test_an_answer_without_its_end_is_malformed(text: str) -> None:
    """What was opened and never closed is no answer."""
    with pytest.raises(ModelError) as caught:
        read_answer(text)
    assert caught.value.kind == "malformed"
    assert caught.value.retryable


THOUGHT = "The user wants <response> tags, maybe."


@pytest.mark.parametrize(
    "text",
    [
        "<|start|>assistant<|channel|>analysis<|message|>{t}<|end|>"
        "<|start|>assistant<|channel|>final<|message|>{c}<|return|>",
        "{t}<|end|><|start|>assistant<|channel|>final<|message|>{c}",
        "analysis<|message|>{t}<|end|><|start|>assistant<|channel|>final<|message|>{c}",
        "<|channel|>analysis {t} <|channel|>final {c}",
        "<|channel|>analysis<|message|>{t}<|end|>{c}",
        "<|channel|>commentary to=functions.x <|constrain|>json<|message|>{t}<|call|><|channel|>final<|message|>{c}",
        "<|channel|>final <|constrain|>text<|message|>{c}<|return|>",
        "<|start|>assistant<|message|>{c}<|end|>",
        "final<|message|>{c}",
        "analysis{t}assistantfinal{c}",
        "{t}assistantfinal{c}",
        "analysis{t}assistantcommentary{t}assistantfinal{c}",
        "<|start|>assistant to=self<|message|>{t}<|eom|><|start|>assistant to=user<|message|>{c}<|eot|>",
        "<|channel>thought\n{t}<channel|>{c}",
        "thought\n{t}<channel|>{c}<turn|>",
        "<|turn>model\n<|channel>thought\n<channel|>{c}<turn|>",
        "<think>{t}</think><|begin_of_box|>{c}<|end_of_box|>",
        "<think>{t}</think>\nHere:\n<|begin_of_box|>{c}<|end_of_box|>",
        "[gMASK]<sop><|assistant|>\n<think></think>\n{c}<|user|>",
        "/nothink\n{c}",
        "{c}\n/no_think",
        "<|START_THINKING|>{t}<|END_THINKING|><|START_RESPONSE|>{c}<|END_RESPONSE|><|END_OF_TURN_TOKEN|>",
        "{t}<|END_THINKING|>{c}",
        "<think>{t}</think><response>{c}</response>",
        "Here is my thought process:\n{t}\nHere is my response:\n{c}",
        "Here's my thought process: {t}\n**Here's my response:**\n{c}",
        "<|inner_prefix|>{t}<|inner_suffix|>{c}<|assistant_end|>",
        "<seed:think>{t}<seed:cot_budget_reflect>x</seed:cot_budget_reflect></seed:think>{c}<seed:eos>",
        "{t}[/THINK]{c}</s>",
        "<|open|>think<|sep|>{t}<|close|>think<|sep|><|open|>response<|sep|>{c}<|close|>response<|sep|>",
        "<mm:think>{t}</mm:think>{c}",
        "<thought>{t}</thought>{c}[|endofturn|]",
        "<think>\n{t}\n</think>\n<answer>\n{c}\n</answer>",
        "<think>{t}</think>{c}</answer>",
        "<longcat_think>{t}</longcat_think>{c}",
        "<|begin_of_thought|>{t}<|end_of_thought|><|begin_of_solution|>{c}<|end_of_solution|>",
        "<|think|>{t}<|/think|>{c}",
        "[unused16]{t}[unused17]{c}",
        "<|im_start|>assistant/think\n{t}<|im_end|>\n<|im_start|>assistant\n{c}<|im_end|>",
        "<|start_header_id|>assistant<|end_header_id|>\n\n{c}<|eot_id|>",
        "<start_of_turn>model\n{c}<end_of_turn>",
        "[INST] Write. [/INST] {c}</s>",
        "<s>{c}</s>",
        "<|im_start|>{c}<|im_end|>",
        "assistant\n\n{c}",
        "[think]{t}[/think]{c}",
        "&lt;think&gt;{t}&lt;/think&gt;{c}",
        "<Think >{t}</THINK>{c}",
        "{c}\n<|channel|>analysis<|message|>{t}<|end|>",
        "<|channel|>assistant<|message|>{c}<|end|>",
        "<think>{t}</think><|begin_of_box|>{c}",
        "{c}[/INST]",
        "{c}<|some_new_end|>",
        "<response>{c}<|im_end|></response>",
        "<response><think>{t}</think>{c}</response>",
        "<response><response>{c}</response></response>",
        "<|channel|>analysis<|message|><response>draft</response><|end|>"
        "<|start|>assistant<|channel|>final<|message|><response>{c}</response>",
        "<\u200b|inner_prefix|>{t}<|inner_\u2060suffix|>{c}",
    ],
)
def test_the_marks_of_model_families_are_read(text: str) -> None:
    """Whatever a family puts around thinking, with parts missing, only the answer is left, without a remark."""
    filled = text.replace("{t}", THOUGHT).replace("{c}", COPY)
    assert read_answer(filled) == TakenAnswer(COPY)
    assert left_marks(COPY).used == ()


@pytest.mark.parametrize(
    "text",
    [
        "<think>{t}</think>",
        "{t}</think>",
        "<|channel|>analysis<|message|>{t}<|end|>",
        "<|channel|>analysis<|message|>{t}",
        "<|channel|>analysis<|message|>{t}<|end|><|start|>assistant",
        "<|channel|>analysis<|message|>{t}<|end|><|start|>assistant<|channel|>final<|message|><|return|>",
        "analysis{t}",
        "analysis用户要求。",
        "thought\n{t}",
        "<|channel>thought\n{t}",
        "<|channel>thought\n{t}<channel|>",
        "[THINK]{t}",
        "[THINK]{t}[/THINK]",
        "◁think▷{t}",
        "<|START_THINKING|>{t}<|END_THINKING|>",
        "{t}<|inner_suffix|>",
        "Here is my thought process: {t}",
        "<seed:think>{t}</seed:think>",
        "<response><think>{t}</think></response>",
    ],
)
def test_thinking_alone_is_malformed(text: str) -> None:
    """Where there is nothing but thinking, whole or cut, there is no answer: it is asked for again."""
    with pytest.raises(ModelError) as caught:
        read_answer(text.replace("{t}", "The user wants copy."))
    assert caught.value.kind == "malformed"


@pytest.mark.parametrize(
    ("text", "want", "remarks"),
    [
        ("<response>A b c</response>\n<response>D e</response>", "A b c\n\nD e", 1),
        ("<response>A  b</response> better: <response>A b\nc</response>", "A b\nc", 0),
        ("<response>A b\nc</response> in short: <response>A b</response>", "A b\nc", 0),
        ("<response>A</response><response>B</response><response>A</response>", "A\n\nB", 1),
        ("<response></response><response>A</response>", "A", 0),
        ("<response>A</response><response/>", "A", 0),
        ("<response>…</response><response>A</response>", "A", 0),
        ("<response>\nA\n<response>\nB\n</response>", "A\n\nB", 1),
        ("<response><response>A</response> and <response>B</response></response>", "A\n\nB", 1),
        ("<think><response>A</response></think><response>B</response>", "B", 0),
        ("[response]A[/response]\n[response]B[/response]", "A\n\nB", 1),
        ("<answer>A</answer>\n<answer>B</answer>", "A\n\nB", 1),
        ("<response>Short</response>\nAnd then it goes on at length.", "Short", 1),
        ("<response>Long enough.</response>\nAnything?", "Long enough.", 0),
        ("<|channel|>final<|message|>A a<|end|><|start|>assistant<|channel|>final<|message|>B b", "B b", 1),
        ("<|channel|>final<|message|>A a<|end|><|start|>assistant<|channel|>final<|message|><|return|>", "A a", 0),
        ("A a<|im_end|>\n<|im_start|>user\nMore<|im_end|>\n<|im_start|>assistant\nB b", "A a", 1),
        ("A a<|im_end|>\n<|im_start|>assistant\nB b<|im_end|>", "A a\n\nB b", 1),
        ("It costs <|begin_of_box|>5<|end_of_box|> euros a day.", "It costs 5 euros a day.", 0),
        ("Once <s>7</s>", "Once <s>7</s>", 0),
        ("<s>7</s> now <s>5</s>", "<s>7</s> now <s>5</s>", 0),
        ("<s>7</s> 5", "<s>7</s> 5", 0),
    ],
)
def test_nothing_written_as_the_answer_is_dropped_without_a_word(text: str, want: str, remarks: int) -> None:
    """Of several answers the one that contains the others counts, else all of them; what is left out is said."""
    taken = read_answer(text)
    assert (taken.text, len(taken.remarks)) == (want, remarks)


def test_marks_that_a_text_is_about_stay() -> None:
    """In code, and inside of a whole <response>, a mark is text; those outside of code are told apart."""
    text = "Use `<|channel|>analysis<|message|>`:\n\n```\n<|channel|>final<|message|>Hi<|end|>\n```\n\nDone."
    assert read_answer(text) == TakenAnswer(text)
    assert left_marks(text).used == ()
    assert left_marks(text).quoted == ("<|channel|>analysis", "<|message|>", "<|channel|>final", "<|end|>")
    assert read_answer("<response>Say <|im_end|> last.</response>").text == "Say <|im_end|> last."
    assert left_marks("Say <|im_end|> and </think> last; <s>x</s>.").used == ("<|im_end|>", "</think>")


def test_an_emoji_keeps_its_joiners() -> None:
    """Characters of no width inside tags are nothing; inside the text they stay."""
    family = "👨\u200d👩\u200d👧 ❤\ufe0f"
    for tag in ("<resp\u200bonse>", "<\u200bresponse\ufeff>", "<response\u200d >", "<\u2060\u200bresponse\u00ad>"):
        assert read_answer(f"{tag}{family}<\u200b/response\u2060>").text == family
    assert read_answer(f"<th\u200bink>no</think\u200b>{family}").text == family
    assert read_answer(f"\u200b``\u200b`text\n{family}\n\u2060```").text == family
