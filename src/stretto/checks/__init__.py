"""Looks at a worker's answer before it counts."""

from stretto.checks.registry import DEFAULT_CHECKS, open_checks

__all__ = ["DEFAULT_CHECKS", "open_checks"]
