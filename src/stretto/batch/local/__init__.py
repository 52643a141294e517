"""A batch in this process: its rows run side by side over the journal, under one budget."""
