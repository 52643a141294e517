"""Prompts are data: a recipe of your own is a Markdown file beside your program."""

from pathlib import Path

from stretto import Orchestrator

RECIPE = Path(__file__).with_name("own_recipe.md")


def main() -> None:
    orchestrator = Orchestrator(model="demo", recipe=RECIPE)
    # `{product}` in the recipe takes its value from here; the change reaches every prompt as a block of its own.
    context = {"product": "Tidewatch", "change": ["alerts can be snoozed", "the old alert API goes in March"]}
    result = orchestrator.run_sync("Write the release notes for version 4", context=context)
    for outcome in result.results:
        print(f"## {outcome.type}\n\n{outcome.text}\n")


if __name__ == "__main__":
    main()
