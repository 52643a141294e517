"""The commands about runs that the journal has."""
