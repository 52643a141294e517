"""One task in, every variant out. Runs on the offline demo model; leave `model` out to use the key you have."""

from stretto import Orchestrator

context = {"audience": "commuters", "features": ["steel", "leakproof", "12 oz"]}
result = Orchestrator(model="demo").run_sync("Write a product description for a travel mug", context=context)
for outcome in result.results:
    print(f"## {outcome.type}\n\n{outcome.text}\n")
