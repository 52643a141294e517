"""The Markdown page."""

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from stretto.core.task import Task
from stretto.export.markdown import to_markdown


def test_a_partial_run_says_everything(report):
    """Label, task, what is missing, cost, every variant with its state and the remarks are on the page."""
    assert to_markdown(report) == snapshot("""\
# Result

> **demo model, not a language model**

> Write copy
> for <a bottle>.

**Partial: 2 of 3 variants; something is missing.**

- Missing: type 3: The answer was empty. Run it again.
- Note: 3 variants were planned where 2 were asked for.

- Cost: at least $0.0036
- Superseded: 1 started early, paid for and not used
- Tokens: 1,400 in, 160 out, 5 calls
- Time: 12.3 s
- Recipe: product-copy
- Run: run-1

## Analysis

The *reader* matters.

## 1. type 1

*Write number 1.*

Text **1**.

## 2. type 2

*Write number 2.*

Text **2**.

- Check this: The brief has no 50%.

## 3. type 3 (failed)

*Write number 3.*

*No text: The answer was empty. Run it again.*

## Synthesis (merge)

*No synthesis: The answer was empty. Run it again.*
""")


def test_a_complete_run(whole):
    """A complete run says so, and a synthesis stands at the end."""
    assert to_markdown(whole) == snapshot("""\
# Result

> Write copy.

**Complete: 1 of 1 variants.**

- Cost: $0.0012
- Tokens: 0 in, 0 out, 0 calls
- Time: 0.0 s
- Run: run-2

## 1. type 1

*Write number 1.*

Text **1**.

## Synthesis (compare)

The **first**.
""")


def test_a_failed_run(failed):
    """A run without a result says that and why."""
    page = to_markdown(failed)
    assert "**Failed: there is no result.**\n\n- Missing: the plan: The provider cannot be reached." in page


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("# Title\n\n## Part\n\ntext", "### Title\n\n#### Part\n\ntext"),
        ("### Low\n\n#### Lower", "### Low\n\n#### Lower"),
        ("# A\n\n###### F", "### A\n\n###### F"),
        ("Title\n=====\n\nPart\n---\n\ntext", "### Title\n\n#### Part\n\ntext"),
        ("text\n\n---\n\ntext", "text\n\n---\n\ntext"),
        ("- item\n---\n", "- item\n---"),
        ("#hashtag and #1\n\n#", "#hashtag and #1\n\n###"),
        ("    # code\n\n# Title", "    # code\n\n### Title"),
        ("x\n\n    # code\n\n# Title", "x\n\n    # code\n\n### Title"),
        ("# A\n```sh\n# comment\n```\n# B", "### A\n```sh\n# comment\n```\n### B"),
        ("~~~~\n# a\n~~~\n# b\n~~~~\n# C", "~~~~\n# a\n~~~\n# b\n~~~~\n### C"),
        ("````\n```\n# a\n```\n````\n# C", "````\n```\n# a\n```\n````\n### C"),
        ("```\n# never closed", "```\n# never closed"),
    ],
)
def test_a_texts_headings_are_below_its_section(whole, text, written):
    """A model's own headings keep their order below the variant's heading; code is left as it is."""

    def page(text: str) -> str:
        variant = replace(whole.result.results[0], text=text)
        return to_markdown(replace(whole, result=replace(whole.result, results=(variant,))))

    assert page(text) == page("A plain text.").replace("A plain text.", written)


def test_control_characters_do_not_reach_the_file(whole):
    """What would drive a terminal that shows the file is taken out; the rest of the text is unaltered."""
    evil = replace(whole, task=Task.of("A \x1b[31mred\x1b[0m\x07 bottle {x} $y </task>"))
    assert "> A red bottle {x} $y </task>\n" in to_markdown(evil)
