"""A worker with tools: any pydantic-ai agent does, here one that can look up what is in stock."""

from pydantic_ai import Agent
from pydantic_ai.models.test import TestModel

from stretto import Orchestrator

# TestModel calls every tool once and then gives this text. With a key, name a real model in its place.
worker = Agent(TestModel(custom_output_text="In stock today, in every size."), name="shop-assistant")


@worker.tool_plain
def stock(product: str) -> str:
    """Say how many of a product are there."""
    print("the worker looks up the stock")
    return "plenty"


def main() -> None:
    orchestrator = Orchestrator(model="demo", worker_model=worker)
    print(orchestrator.models)
    result = orchestrator.run_sync("Write a product description for a travel mug", context={"features": ["steel"]})
    for outcome in result.results:
        print(f"{outcome.type}: {outcome.text}")


if __name__ == "__main__":
    main()
