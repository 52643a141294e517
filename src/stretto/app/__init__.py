"""Puts the rooms together: the Orchestrator, settings, keys."""
