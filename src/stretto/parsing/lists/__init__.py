"""Reads plans written as Markdown lists, tables, or lines of key and value."""
