"""Values and ports that every other folder uses. Pure: no I/O, standard library only."""
