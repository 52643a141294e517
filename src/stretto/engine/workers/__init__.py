"""Starts a worker for each sealed subtask and carries each out."""
