"""Makes model calls: one retry loop, the prompt-cache warm-up, what counts as an answer."""
