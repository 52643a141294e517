"""Many rows through the same task: tables, runs, queue."""
