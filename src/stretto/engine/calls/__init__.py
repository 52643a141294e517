"""Makes model calls: the retry loop, fallbacks, the prompt-cache warm-up, what counts as an answer."""
