"""Who watches every run: the log, and OpenTelemetry where it is configured."""
