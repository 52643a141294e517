"""Look at the plan and its price before anything of it runs, and change it as data."""

from stretto import Orchestrator, Plan

TASK = "Write a product description for a travel mug"
CONTEXT = {"audience": "commuters", "features": ["steel", "leakproof", "12 oz"]}


async def review(plan: Plan, quote) -> Plan | None:
    for subtask in plan.subtasks:
        print(f"planned: {subtask.id} {subtask.type}")
    print(f"to run:  {quote.calls} calls, at most {quote.output_tokens[1]} tokens of output, {quote.cost[1]}")
    # None would decline the plan: nothing runs then.
    first, *rest = plan.subtasks
    for subtask in rest:
        plan = plan.remove(subtask.id)
    plan = plan.change(first.id, description=f"{first.description} Keep it under eighty words.")
    return plan.add("Packaging line", "One line for the lid of the box: steel and leakproof, nothing else.")


def main() -> None:
    result = Orchestrator(model="demo").run_sync(TASK, context=CONTEXT, review=review)
    for outcome in result.results:
        print(f"done:    {outcome.type}")


if __name__ == "__main__":
    main()
