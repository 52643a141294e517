"""What a terminal shows while a run goes on: the analysis as it comes, and a row per subtask."""
