"""Reads a prompt as the demo model must: the task, its product, the facts, the language."""
