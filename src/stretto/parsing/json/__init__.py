"""Reads plans in JSON, strict and tolerant."""
