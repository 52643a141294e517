"""Everything that can be set, and where: flags, environment, files; keys and folders."""
