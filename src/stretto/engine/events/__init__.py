"""Numbers a run's events and keeps them for late readers."""
