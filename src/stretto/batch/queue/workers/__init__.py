"""Takes rows out of the queue and runs them: leases, heartbeats, the worker registry."""
