"""Runs a plan: orchestrator, workers, synthesis, as one stream of events."""
