"""Prompts as data: loading recipes and filling their templates."""
