"""Looks at a worker's answer before it counts."""
