"""mcp-agent: its Orchestrator with one writer; it plans, runs the step, asks whether all is done, and synthesises."""

import os

from mcp_agent.agents.agent import Agent
from mcp_agent.app import MCPApp
from mcp_agent.config import LoggerSettings, OpenAISettings, Settings
from mcp_agent.workflows.llm.augmented_llm import RequestParams
from mcp_agent.workflows.llm.augmented_llm_openai import OpenAIAugmentedLLM
from mcp_agent.workflows.orchestrator.orchestrator import Orchestrator
from runner import MODEL, SUBTASKS, TASK, URL, serve

settings = Settings(
    execution_engine="asyncio",
    logger=LoggerSettings(transports=["none"], type="none", progress_display=False),
    openai=OpenAISettings(api_key=os.environ["OPENAI_API_KEY"], base_url=URL, default_model=MODEL),
)
app = MCPApp(name="bench", settings=settings)


async def run() -> int:
    """Run its orchestrator once."""
    async with app.run():
        writer = Agent(name="writer", instruction="You write the text that is asked for.", server_names=[])
        orchestrator = Orchestrator(llm_factory=OpenAIAugmentedLLM, available_agents=[writer], plan_type="full")
        text = await orchestrator.generate_str(message=TASK, request_params=RequestParams(model=MODEL, maxTokens=4096))
    return SUBTASKS if text else 0


serve(run)
