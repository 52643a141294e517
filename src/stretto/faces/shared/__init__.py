"""What every face needs of a run: its state folded from events, the timeline, words, next steps."""
