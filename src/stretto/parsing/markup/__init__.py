"""Reads plans in XML-like markup."""
