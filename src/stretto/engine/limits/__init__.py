"""What holds calls back: a rate limiter for each model, a concurrency limit for each caller, circuit breakers."""
