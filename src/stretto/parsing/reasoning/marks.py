"""The marks in which families of models set thinking apart from an answer, as data: the one place that knows them."""

import re
from dataclasses import dataclass

THINKING = (
    *("think", "thinking", "thought", "thoughts", "reasoning", "reflection", "scratchpad", "inner_monologue"),
    *("antthinking", "ant_thinking", "longcat_think", "redacted_thinking", "redacted_reasoning"),
    *("chain_of_thought", "thought_process", "thinking_process"),
)
"""Names of tags around thinking: Qwen, DeepSeek, MiniMax, GLM, EXAONE, Granite, Phi, Nemotron, ERNIE, Step, …"""
ANSWERS = ("answer", "output", "result", "final", "final_answer", "solution")
"""Names of tags that may stand around a whole answer: Hunyuan, Reflection."""


@dataclass(frozen=True, slots=True)
class Family:
    """The marks of one family, each as it stands in the text."""

    name: str
    opens: tuple[str, ...] = ()
    """Behind these there is thinking."""
    closes: tuple[str, ...] = ()
    """The thinking ends; where none was opened, all before was thinking."""
    answers: tuple[str, ...] = ()
    """What follows is the answer, and all before is none."""
    ends: tuple[str, ...] = ()
    """A message or a turn ends."""
    turns: tuple[str, ...] = ()
    """The model's own message begins."""
    others: tuple[str, ...] = ()
    """A message of somebody else begins, such as a user's that the model made up."""
    bodies: tuple[str, ...] = ()
    """A message's head ends and its text begins; without a head before it, the answer."""
    nothing: tuple[str, ...] = ()
    """Marks without a meaning for the text."""


FAMILIES = (
    Family(
        "gpt-oss (harmony)",
        opens=(
            *("<|channel|>analysis", "<|channel|>commentary", "<|channel|>thought", "<|channel|>reasoning"),
            *("analysis<|message|>", "commentary<|message|>", "assistantanalysis", "assistantcommentary"),
            *("<|start|>assistant to=self", "<|start|>assistant to=functions"),
        ),
        answers=("<|channel|>final", "final<|message|>", "assistantfinal"),
        bodies=("<|message|>",),
        ends=("<|end|>", "<|return|>", "<|call|>", "<|eom|>", "<|eot|>"),
        turns=("<|start|>assistant", "<|start|>"),
        others=("<|start|>user", "<|start|>system", "<|start|>developer", "<|start|>functions"),
        nothing=("<|startoftext|>",),
    ),
    Family(
        "Gemma",
        opens=("<|channel>",),
        closes=("<channel|>",),
        ends=("<end_of_turn>", "<turn|>", "<eos>"),
        turns=("<start_of_turn>model", "<|turn>model", "<start_of_turn>", "<|turn>"),
        others=("<start_of_turn>user", "<|turn>user", "<|turn>system"),
        nothing=("<bos>", "<pad>"),
    ),
    Family("GLM", nothing=("[gMASK]", "<sop>", "<eop>"), turns=("<|assistant|>",), others=("<|user|>", "<|system|>")),
    Family(
        "Cohere",
        opens=("<|START_THINKING|>", "<|START_ACTION|>"),
        closes=("<|END_THINKING|>", "<|END_ACTION|>"),
        answers=("<|START_RESPONSE|>", "<|START_TEXT|>"),
        ends=("<|END_RESPONSE|>", "<|END_TEXT|>", "<|END_OF_TURN_TOKEN|>"),
        turns=("<|CHATBOT_TOKEN|>",),
        others=("<|USER_TOKEN|>", "<|SYSTEM_TOKEN|>"),
        nothing=("<|START_OF_TURN_TOKEN|>",),
    ),
    Family(
        "Apertus",
        opens=("<|inner_prefix|>",),
        closes=("<|inner_suffix|>",),
        ends=("<|assistant_end|>",),
        turns=("<|assistant_start|>",),
        others=("<|user_start|>", "<|system_start|>"),
    ),
    Family("Mistral", opens=("[THINK]",), closes=("[/THINK]",), others=("[INST]",), turns=("[/INST]",)),
    Family(
        "Kimi",
        opens=("◁think▷", "<|open|>think<|sep|>"),
        closes=("◁/think▷", "<|close|>think<|sep|>"),
        answers=("<|open|>response<|sep|>",),
        ends=("<|close|>response<|sep|>", "<|close|>message<|sep|>", "<|end_of_msg|>", "[EOS]", "[EOT]"),
        turns=("<|im_assistant|>assistant", "<|im_middle|>"),
        others=("<|im_user|>", "<|im_system|>"),
    ),
    Family("Seed-OSS", ends=("<seed:eos>",), nothing=("<seed:bos>",)),
    Family("openPangu", opens=("[unused16]",), closes=("[unused17]",), ends=("[unused10]",)),
    Family(
        "OpenThoughts",
        opens=("<|begin_of_thought|>",),
        closes=("<|end_of_thought|>",),
        answers=("<|begin_of_solution|>",),
        ends=("<|end_of_solution|>",),
    ),
    Family(
        "thinking between bars",
        opens=("<|think|>", "<|thinking|>", "<|redacted_reasoning|>", "<|thought|>", "<|reasoning|>"),
        closes=("<|/think|>", "<|end_think|>", "<|/thinking|>", "<|/redacted_reasoning|>", "<|/thought|>"),
    ),
    Family(
        "ChatML",
        opens=("<|im_start|>assistant/think",),
        ends=("<|im_end|>", "<|endoftext|>"),
        turns=("<|im_start|>assistant", "<|im_start|>"),
        others=("<|im_start|>user", "<|im_start|>system", "<|im_start|>tool"),
    ),
    Family(
        "Llama",
        ends=("<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|end_of_turn|>"),
        turns=("<|start_header_id|>assistant<|end_header_id|>",),
        others=("<|start_header_id|>user<|end_header_id|>", "<|start_header_id|>system<|end_header_id|>"),
        nothing=("<|begin_of_text|>",),
    ),
    Family(
        "DeepSeek",
        ends=("<｜end▁of▁sentence｜>",),
        turns=("<｜Assistant｜>",),
        others=("<｜User｜>",),
        nothing=("<｜begin▁of▁sentence｜>",),
    ),
    Family("EXAONE", ends=("[|endofturn|]",), turns=("[|assistant|]",), others=("[|user|]", "[|system|]")),
    Family("ERNIE, Step", ends=("<|end_of_sentence|>", "<|EOT|>"), nothing=("<|begin_of_sentence|>",)),
)

BOX = ("<|begin_of_box|>", "<|end_of_box|>")
"""GLM: around a final answer, and at times around one word of it."""
PREFACES = (
    re.compile(r"\s*+[*_#\s]{0,6}here(?:'s|’s| is) my thought process:", re.IGNORECASE),
    re.compile(r"[*_#\s]{0,6}here(?:'s|’s| is) my response:[*_]{0,3}", re.IGNORECASE),
)
"""Granite 3: the sentences before thinking and before the answer."""
STRIPPED = re.compile(r"\s*+(?:analysis|commentary)(?=[A-Z\"“‘]|[^\x00-\u02ff\s])|\s*+thought\n")
"""Beginnings of an answer whose special marks a server took out (gpt-oss, Gemma): thinking, and no end of it."""
SWITCHES = re.compile(r"\A\s*+/(?:no_?)?think\b[ \t]*\n?|\s/(?:no_?)?think\s*\Z")
"""Qwen, GLM: what turns thinking on or off, repeated at an end of the answer."""
SPECIAL = re.compile(
    r"<[|｜][^<>|｜\s]{1,40}[|｜]>|<\|[a-z_]{1,30}>|<[a-z_]{1,30}\|>|\[\|[a-z]{1,20}\|\]|<(?:unused|reserved_special_token_)\d{1,4}>"
)
"""The shape of marks that no list names."""


def _kinds() -> dict[str, str]:
    fields = ("opens", "closes", "answers", "ends", "turns", "others", "bodies", "nothing")
    return {mark: field for family in FAMILIES for field in fields for mark in getattr(family, field)}


KINDS = _kinds()
"""What each mark does, by the mark."""
LONGEST = max(len(mark) for mark in KINDS)
MARK = re.compile("|".join(re.escape(mark) for mark in sorted(KINDS, key=len, reverse=True)))
"""Any of these marks."""
PREFIXES = frozenset(mark[:length] for mark in KINDS for length in range(1, len(mark)))
"""What may become a mark when more of the text arrives."""
