"""The check for answers that give back what they were given."""

import pytest

TASK = "Write a product description for a new eco-friendly water bottle"
COPY = "Carry your day in one bottle. No plastic, no leaks, no second thoughts."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TASK, "repeats the task"),
        (f"**{TASK.upper()}!**", "repeats the task"),
        ("Write a friendly version for the shop.", "repeats the description"),
        (f"Task: {TASK}", "repeats the task or the description"),
        (f"{TASK}\n\nWrite a friendly version for the shop", "repeats the task and the description"),
    ],
)
def test_an_answer_that_repeats_its_brief_is_rejected(ask, text: str, said: str):
    """Task or description, word for word and little else, is no answer."""
    finding = ask("echo", text)
    assert finding.action == "reject"
    assert said in finding.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{COPY}\n</response>", "</response>"),
        (f"<analysis>Two ways.</analysis>\n{COPY}", "<analysis>"),
        ("<tasks><task><type>a</type></task></tasks>", "<tasks>"),
        (f"<TASK id='1'>{COPY}", "<TASK id='1'>"),
        ("```xml\n<tasks><task>a</task></tasks>\n```", "<tasks>"),
        (f"[task 0123abcd]\nx\n[/task 0123abcd]\n{COPY}", "[task 0123abcd]"),
        (f"{COPY} [context: key features 0123abcd]", "[context: key features 0123abcd]"),
        (f"[/result 3: warm 0123abcd] {COPY}", "[/result 3: warm 0123abcd]"),
        ('{"analysis": "x", "tasks": []}', "a plan in JSON"),
        ('```json\n{"tasks": [{"type": "x"}]}\n```', "a plan in JSON"),
    ],
)
def test_markup_of_ours_in_an_answer_is_rejected(ask, text: str, said: str):
    """Tags, block marks and plans that leak from the prompts never reach the user's text."""
    finding = ask("echo", text)
    assert finding.action == "reject"
    assert said in finding.message


@pytest.mark.parametrize(
    "text",
    [
        COPY,
        f'"{TASK}" was the brief. {COPY} {COPY} {COPY}',
        "An eco-friendly water bottle: plastic-free, insulated.",
        "Use `<task>` for each entry, and close it.",
        "Mark it up so:\n```xml\n<response>\n</response>\n```\nand send it.",
        "See [task list], [result 3] and commit [fix 0123abcd].",
        "a <tasker> is no tag of ours",
    ],
)
def test_a_text_that_quotes_is_fine(ask, text: str):
    """Quoting the brief, and writing about markup in code, is a text of its own."""
    assert ask("echo", text) is None


def test_a_brief_about_such_markup_gets_it(ask):
    """Tags, marks and JSON that the brief asks for are its content, not a leak."""
    assert ask("echo", "<response>Hi</response>", task="Explain the <response> tag") is None
    assert ask("echo", "<analysis>Hi</analysis>", task="Explain", context={"format": "</analysis>"}) is None
    assert ask("echo", "See [task 0123abcd].", task="What is [task 0123abcd]?") is None
    assert ask("echo", '{"tasks": []}', task="Give my tasks as JSON") is None


def test_a_short_source_counts_only_as_the_whole_answer(ask):
    """A one-word task may stand in its answer."""
    assert ask("echo", "Haiku: old pond", task="Haiku") is None
    assert ask("echo", "Haiku.", task="Haiku").action == "reject"


def test_working_on_a_text_in_the_task_is_no_echo(ask):
    """An answer that gives the task's own material back, corrected or extracted, stands."""
    story = "The ship left the harbour at dawn and nobody on board had slept. " * 5
    assert ask("echo", story, task=f"Proofread this text: {story}") is None
