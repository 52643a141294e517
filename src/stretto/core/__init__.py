"""Values and ports that every other room speaks in. Pure: no I/O, standard library only."""
