"""What providers send back, put right before an SDK makes something of it: bodies, metadata, ends."""
