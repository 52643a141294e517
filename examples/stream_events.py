"""Watch a run: every step is one event, and workers start before the plan is complete."""

import asyncio

from stretto import Orchestrator

TASK = "Write a product description for a travel mug"
CONTEXT = {"audience": "commuters", "features": ["steel", "leakproof", "12 oz"]}


async def main() -> None:
    orchestrator = Orchestrator(model="demo")
    names: dict[str, str] = {}
    # Leaving this block early would cancel every call under way.
    async with orchestrator.stream(TASK, context=CONTEXT) as events:
        async for event in events:
            match event.kind:
                case "run_started":
                    print(*event.labels)
                case "subtask_sealed":
                    names[event.subtask.id] = event.subtask.type
                case "worker_started":
                    print(f"{event.at:5.2f}s  {names[event.subtask_id]}: started")
                case "plan_completed":
                    print(f"{event.at:5.2f}s  the plan is complete: {len(event.plan.subtasks)} subtasks")
                case "worker_completed" | "worker_failed":
                    print(f"{event.at:5.2f}s  {event.result.type}: {event.result.status}")
                case "run_completed":
                    print(f"{event.at:5.2f}s  {event.result.status}, {event.result.usage.calls} calls")
                case _:
                    pass


if __name__ == "__main__":
    asyncio.run(main())
