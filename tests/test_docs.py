"""Documentation is executed: blocks of Python run, commands have the options they name, links lead somewhere.

After a change of what the blocks print, `UPDATE_DOCS=1 pytest tests/test_docs.py` writes the new output into the pages.
"""

import ast
import contextlib
import io
import os
import re
import runpy
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

from stretto.faces.cli import main
from stretto.faces.cli.app import SUBCOMMANDS

ROOT = Path(__file__).parents[1]
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
PAGES = (*READMES, *sorted((ROOT / "docs").glob("*.md")))
NOT_RUN = re.compile(r"# Not run in the tests: \S")

_FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SHOWS = "```\n\n```text\n"
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*|-[a-zA-Z])(?![\w-])")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    text: str
    line: int
    start: int
    end: int


def blocks_of(source: str) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    return [
        Block(
            language=match["language"],
            text=match["text"],
            line=source.count("\n", 0, match.start()) + 1,
            start=match.start("text"),
            end=match.end("text"),
        )
        for match in _FENCE.finditer(source)
    ]


def run(block: Block, namespace: dict[str, object], where: Path) -> str:
    """Run a block of Python and return what it printed; a traceback has the page's own line numbers."""
    printed = io.StringIO()
    code = compile("\n" * block.line + block.text, str(where), "exec")
    with contextlib.redirect_stdout(printed):
        exec(code, namespace)
    return "".join(f"{line.rstrip()}\n" for line in printed.getvalue().strip("\n").split("\n"))


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Put the demo model in every model's place, and work in an empty folder."""
    monkeypatch.setenv("STRETTO_MODEL", "demo:delay=0")
    monkeypatch.setenv("STRETTO_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def name(path: Path) -> str:
    """Return a page's name for the tests' list."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_of_python_runs_and_prints_what_the_page_says(page: Path, offline: Path):
    """The blocks of a page run one after another, as one program; the text block after one is what it prints."""
    source = page.read_text(encoding="utf-8")
    blocks, namespace, corrected = blocks_of(source), dict[str, object](__name__="docs"), source
    for number, block in enumerate(blocks):
        if block.language != "python" or NOT_RUN.match(block.text):
            continue
        printed = run(block, namespace, page)
        following = blocks[number + 1] if number + 1 < len(blocks) else None
        if following and source[block.end : following.start] == _SHOWS:
            if os.environ.get("UPDATE_DOCS"):
                corrected = corrected.replace(
                    source[block.start : following.end], f"{block.text}```\n\n```text\n{printed}"
                )
            else:
                assert following.text == printed, "UPDATE_DOCS=1 pytest tests/test_docs.py writes it anew"
    if corrected != source:
        page.write_text(corrected, encoding="utf-8")


MODULES = [path for path in sorted((ROOT / "src").rglob("*.py")) if "```python\n" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_every_example_in_a_docstring_runs(module: Path, offline: Path, capsys: pytest.CaptureFixture[str]):
    """The blocks of Python in a docstring run as one program."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            namespace: dict[str, object] = {"__name__": "docs"}
            for block in blocks_of(ast.get_docstring(node) or ""):
                if block.language == "python":
                    run(block, namespace, module)


def commands(page: Path) -> list[list[str]]:
    """Return the command lines of a page, split into words, without comments and prompts."""
    found: list[list[str]] = []
    for block in blocks_of(page.read_text(encoding="utf-8")):
        if block.language not in ("console", "sh", "bash"):
            continue
        for line in block.text.replace("\\\n", " ").splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            found += [part for part in split_at_pipes(words) if part]
    return found


def split_at_pipes(words: list[str]) -> Iterator[list[str]]:
    """Yield the commands of one line, each without what is set for it and without redirections."""
    part: list[str] = []
    for word in [*words, "|"]:
        if word in ("|", "&&", ";"):
            yield part
            part = []
        elif part or "=" not in word.partition(" ")[0]:
            part.append(word)


@lru_cache
def help_of(*command: str) -> str:
    """Return the help of a command."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        assert main([*command, "--help"]) == 0
    return shown.getvalue()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_exists_with_its_options(page: Path):
    """What a page tells people to type is there: commands, options, targets of make."""
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for words in commands(page):
        if words[0] == "make":
            assert set(words[1:]) <= set(targets), words
        if words[0].rpartition("/")[2] != "stretto":
            continue
        command = [word for word in words[1:2] if not word.startswith("-")]
        if command and ("COMMAND" in help_of(*command) or "".join(words[2:3]) in SUBCOMMANDS.get(command[0], ())):
            command += words[2:3]
        known = set(_OPTION.findall(help_of(*command)))
        assert {word.partition("=")[0] for word in words[1:] if _OPTION.match(word)} <= known, words


@pytest.mark.parametrize("page", READMES, ids=name)
def test_the_commands_of_the_readme_run(page: Path, offline: Path, capsys: pytest.CaptureFixture[str]):
    """Typed one after another, the commands of the README end well."""
    lines = [words for words in commands(page) if words[0] == "stretto"]
    assert lines
    for words in lines:
        code = main(words[1:])
        assert code == 0, (words, capsys.readouterr().err)
    assert (offline / "variants.html").is_file()


EXAMPLES = {
    "five_lines.py": "leakproof",
    "stream_events.py": "the plan is complete: 3 subtasks",
    "review_plan.py": "done:    Packaging line",
    "own_recipe.py": "Tidewatch",
    "own_agent.py": "In stock today, in every size.",
}
"""Every program in the folder, with something it prints."""


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_runs(example: str, offline: Path, capsys: pytest.CaptureFixture[str]):
    """An example runs to its end, wherever it is started, and shows what it is about."""
    runpy.run_path(str(ROOT / "examples" / example), run_name="__main__")
    assert EXAMPLES[example] in capsys.readouterr().out


def test_no_example_is_forgotten():
    """Every program in the folder of examples is run by the test above."""
    assert {path.name for path in (ROOT / "examples").glob("*.py")} == set(EXAMPLES)


def test_both_readmes_have_the_same_parts():
    """The two READMEs show the same things in the same order."""
    shapes = [
        [
            (block.language, block.language != "text" and block.text.count("\n"))
            for block in blocks_of(page.read_text(encoding="utf-8"))
        ]
        for page in READMES
    ]
    headings = [len(re.findall(r"^## ", page.read_text(encoding="utf-8"), re.MULTILINE)) for page in READMES]
    assert shapes[0] == shapes[1]
    assert headings[0] == headings[1]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_to_a_file(page: Path):
    """A link to another page leads to one that is there."""
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" not in target and not target.startswith("#"):
            assert (page.parent / target.partition("#")[0]).exists(), target


def test_the_index_lists_every_page():
    """Whoever opens the index finds every page."""
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    linked = set(_LINK.findall(index))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"} <= linked
