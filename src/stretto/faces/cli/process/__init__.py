"""What the command line has from the operating system: streams and their encoding, terminals, signals, exit codes."""
