"""Writes a run's result as a file."""
