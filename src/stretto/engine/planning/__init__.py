"""Gets one whole plan: the orchestrator's answer, its retries, its one repair or continuation."""
