"""The names of the original notebook, on top of the Orchestrator."""
