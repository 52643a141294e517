"""The built-in demo model: offline, deterministic, made of templates. No language model and no pydantic_ai in here."""

from stretto.models.demo.model import LABEL, DemoModel

__all__ = ["LABEL", "DemoModel"]
