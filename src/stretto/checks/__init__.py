"""The built-in checks on a worker's answer, and how checks are opened by name."""

from stretto.checks.registry import DEFAULT_CHECKS, open_checks

__all__ = ["DEFAULT_CHECKS", "open_checks"]
