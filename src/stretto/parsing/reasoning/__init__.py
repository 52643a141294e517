"""Tells what a model thought from what it said, by the marks of model families."""
