"""The commands about batches and their queue."""
