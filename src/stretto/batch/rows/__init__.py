"""One row of a batch: its job, its run over the journal, and its state; the same on every machine."""
