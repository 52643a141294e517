"""Many rows through the same task: tables, a runner in this process, a queue for many machines."""
