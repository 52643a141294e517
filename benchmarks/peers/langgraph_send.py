"""LangGraph: a planning node with a structured output, `Send` to a worker node for each part."""

import operator
from typing import Annotated, TypedDict

from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from pydantic import BaseModel
from runner import LIMIT, MODEL, TASK, WORKER_PROMPT, serve


class Part(BaseModel):
    """One part."""

    type: str
    description: str


class Plan(BaseModel):
    """All parts."""

    analysis: str
    tasks: list[Part]


class State(TypedDict):
    """What the graph carries."""

    task: str
    parts: list[Part]
    texts: Annotated[list[str], operator.add]


class WorkerState(TypedDict):
    """What one worker gets."""

    part: Part


model = ChatOpenAI(model=MODEL)
planner = model.with_structured_output(Plan)


async def plan(state: State) -> dict:
    """Plan."""
    made = await planner.ainvoke(f"Break this task down into parts.\n\nTask: {state['task']}")
    return {"parts": made.tasks}


async def work(state: WorkerState) -> dict:
    """Write one part."""
    part = state["part"]
    answer = await model.ainvoke(WORKER_PROMPT.format(task=TASK, type=part.type, description=part.description))
    return {"texts": [answer.content]}


def assign(state: State) -> list[Send]:
    """Send each part to a worker."""
    return [Send("work", {"part": part}) for part in state["parts"]]


builder = StateGraph(State)
builder.add_node("plan", plan)
builder.add_node("work", work)
builder.add_edge(START, "plan")
builder.add_conditional_edges("plan", assign, ["work"])
builder.add_edge("work", END)
graph = builder.compile()


async def run() -> int:
    """Run the graph."""
    config = {"max_concurrency": LIMIT} if LIMIT else {}
    state = await graph.ainvoke({"task": TASK}, config)
    return len([text for text in state["texts"] if text])


serve(run)
