"""Notebooks run from the first cell to the last: ours, and those that people wrote against the original names."""

import asyncio
import contextlib
import io
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

EXAMPLE = Path(__file__).parents[1] / "examples" / "orchestrator_workers.ipynb"

HELPERS = """
from stretto.cookbook import extract_xml, llm_call
"""

OWN_CLASS = '''
class LineReader:
    """Plans by one call, then asks for each text in turn, as people write it themselves."""

    def __init__(self, plan_prompt, text_prompt, model="google/gemini-3-flash-preview"):
        self.plan_prompt, self.text_prompt, self.model = plan_prompt, text_prompt, model

    def process(self, task, context=None):
        plan = llm_call(self.plan_prompt.format(task=task, **(context or {})), model=self.model)
        found, entry = [], {}
        for line in map(str.strip, extract_xml(plan, "tasks").splitlines()):
            for tag in ("type", "description"):
                if line.startswith(f"<{tag}>"):
                    entry[tag] = extract_xml(line, tag)
            if line == "</task>":
                found.append(entry)
                entry = {}
        results = []
        for number, entry in enumerate(found, 1):
            print(f"{number} of {len(found)}: {entry['type']}")
            asked = self.text_prompt.format(
                original_task=task, task_type=entry["type"], task_description=entry["description"], **(context or {})
            )
            results.append({**entry, "result": extract_xml(llm_call(asked, model=self.model), "response")})
        return {"analysis": extract_xml(plan, "analysis"), "worker_results": results}


FlexibleOrchestrator = LineReader
'''

THEIR_CLASS = """
from stretto.cookbook import FlexibleOrchestrator
"""

PROMPTS_AND_RUN = '''
PLAN = """
Think of two or three ways to do this, each for other readers.

Task: {task}

Write it down like this:

<analysis>
What the task is about.
</analysis>

<tasks>
    <task>
    <type>sober</type>
    <description>Say what it is</description>
    </task>
    <task>
    <type>lively</type>
    <description>Say what it is like</description>
    </task>
</tasks>
"""

TEXT = """
Write this text.
Task: {original_task}
Style: {task_type}
Guidelines: {task_description}

Write it down like this:

<response>
The text itself.
</response>
"""

orchestrator = FlexibleOrchestrator(PLAN, TEXT)
results = orchestrator.process(
    "Write a product description for a steel travel mug",
    {"audience": "commuters", "features": ["leakproof", "12 oz"]},
)
'''

VERIFY = """
assert sorted(results) == ["analysis", "worker_results"] and results["analysis"].strip()
assert len(results["worker_results"]) >= 2
for outcome in results["worker_results"]:
    assert sorted(outcome) == ["description", "result", "type"]
    assert outcome["result"].strip() and not outcome["description"].startswith(">")
assert len({outcome["result"] for outcome in results["worker_results"]}) == len(results["worker_results"])
"""

SEQUENTIAL = (HELPERS, OWN_CLASS, PROMPTS_AND_RUN, VERIFY)
PARALLEL = (THEIR_CLASS, PROMPTS_AND_RUN, VERIFY)

both = pytest.mark.parametrize("cells", [SEQUENTIAL, PARALLEL], ids=["own class", "class of stretto"])


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the demo model in every model's place, in kernels too."""
    monkeypatch.setenv("STRETTO_MODEL", "demo:delay=0")


def run_cells(cells: tuple[str, ...]) -> str:
    """Run cells as a script does and return what they printed."""
    printed, namespace = io.StringIO(), {"__name__": "__main__"}
    with contextlib.redirect_stdout(printed):
        for cell in cells:
            exec(compile(cell, "cell", "exec"), namespace)
    return printed.getvalue()


def run_in_kernel(notebook: nbformat.NotebookNode) -> str:
    """Run a notebook in a kernel of its own and return what its cells printed and showed."""
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(output.get("text") or output["data"].get("text/markdown", "") for output in outputs)


@both
def test_cells_run_in_a_plain_script(cells: tuple[str, ...]):
    """With the import changed, or the class's cell replaced, a script runs to its end."""
    assert run_cells(cells)


@both
def test_cells_run_in_a_running_event_loop(cells: tuple[str, ...]):
    """The same cells run where an event loop is running already."""

    async def main() -> str:
        return run_cells(cells)

    assert asyncio.run(main())


@both
def test_cells_run_in_a_kernel(cells: tuple[str, ...]):
    """The same cells run in a notebook, and their printout is shown there."""
    shown = run_in_kernel(new_notebook(cells=[new_code_cell(cell) for cell in cells]))
    assert "1 of " in shown or "[1/" in shown
    assert "not a language model" in shown


def test_the_example_notebook_runs():
    """Every cell of the example runs, shows texts, says whose they are, and shows a worker that failed."""
    shown = run_in_kernel(nbformat.read(EXAMPLE, as_version=4))
    assert "the plan is complete" in shown
    assert "by demo" in shown
    assert "partial" in shown
    assert "IDENTIFIED" in shown


def test_the_example_notebook_is_kept_without_outputs():
    """The stored notebook has no outputs and no counts, so that a change of it can be read."""
    for cell in nbformat.read(EXAMPLE, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
