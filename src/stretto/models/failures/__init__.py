"""What goes wrong in a call, as our errors: kind, cause, how long to wait, what to do."""
