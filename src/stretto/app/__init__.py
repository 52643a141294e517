"""The application layer: the Orchestrator, resuming, settings, keys, observers."""
