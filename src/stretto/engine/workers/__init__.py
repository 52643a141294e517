"""Starts a worker for each sealed subtask, runs it and checks its answer."""
