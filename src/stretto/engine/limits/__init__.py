"""Limits on calls: a rate limiter for each model, a concurrency limit for each caller, circuit breakers."""
