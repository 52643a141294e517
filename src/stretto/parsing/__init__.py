"""Reads plans as models write them: feed chunks, get subtasks as they close. Pure, no I/O."""
