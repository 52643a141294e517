"""What is shown: progress, results, timelines, the live view, JSON lines."""
