"""Carries a run or a batch out in front of a person: events shown, Ctrl-C, outputs, exit code."""
