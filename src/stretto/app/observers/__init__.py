"""Observers of every run: the log, and OpenTelemetry where it is configured."""
