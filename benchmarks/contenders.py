"""Who is compared: each with its script, and a virtual environment of its own that is made when it is missing."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
PEERS = ROOT / "benchmarks" / "peers"
ENVIRONMENTS = ROOT / ".benchmarks"


@dataclass(frozen=True, kw_only=True, slots=True)
class Contender:
    """One way to do the work."""

    name: str
    """As tables have it."""
    script: str
    """The file in `peers/` that carries it out."""
    requirements: str = ""
    """The file in `peers/requirements/`; empty for the project's own environment."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    waits_for_plan: bool = True
    """Whether workers start only once the plan is whole."""


EARLY_LOOP = Contender(
    name="early-dispatch loop, OpenAI SDK", script="early_loop", requirements="openai", waits_for_plan=False
)
GATHER = Contender(name="asyncio.gather, OpenAI SDK", script="gather", requirements="openai")
PYDANTIC_AI = Contender(name="pydantic-ai agents, gather", script="pydantic_ai_gather", requirements="pydantic_ai")
LANGGRAPH = Contender(name="LangGraph, Send", script="langgraph_send", requirements="langgraph")
OPENAI_AGENTS = Contender(name="OpenAI Agents SDK, gather", script="openai_agents", requirements="openai_agents")
MCP_AGENT = Contender(name="mcp-agent Orchestrator", script="mcp_agent_orchestrator", requirements="mcp_agent")
NOTEBOOK = Contender(name="the notebook's loop", script="notebook", requirements="openai")
PEER_CONTENDERS = (EARLY_LOOP, GATHER, PYDANTIC_AI, LANGGRAPH, OPENAI_AGENTS, MCP_AGENT)


def stretto(journal_name: str = "memory", address: str = "") -> Contender:
    """Return stretto with a journal: its name for tables, and its path or address."""
    name = "stretto" if journal_name == "memory" else f"stretto, {journal_name}"
    return Contender(name=name, script="stretto_run", environment={"BENCH_JOURNAL": address}, waits_for_plan=False)


STRETTO_HEDGED = Contender(
    name="stretto, hedging", script="stretto_run", environment={"BENCH_HEDGE": "1"}, waits_for_plan=False
)
STRETTO_ANALYSIS_LAST = Contender(
    name="stretto, analysis last", script="stretto_run", environment={"BENCH_ANALYSIS": "last"}, waits_for_plan=False
)


def interpreter(contender: Contender) -> Path:
    """Return the Python of its environment, made if need be; raises `CalledProcessError`."""
    if not contender.requirements:
        return Path(sys.executable)
    wanted = PEERS / "requirements" / f"{contender.requirements}.txt"
    folder = ENVIRONMENTS / contender.requirements
    python, mark = folder / "bin" / "python", folder / "installed.txt"
    if not mark.exists() or mark.read_text() != wanted.read_text():
        _install(folder, python, wanted)
        mark.write_text(wanted.read_text())
    return python


def _install(folder: Path, python: Path, wanted: Path) -> None:
    uv = shutil.which("uv")
    make = (
        [uv, "venv", "--quiet", "--clear", str(folder)]
        if uv
        else [sys.executable, "-m", "venv", "--clear", str(folder)]
    )
    installer = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    for command in (make, [*installer, "--quiet", "-r", str(wanted)]):
        subprocess.run(command, check=True, capture_output=True, text=True)
