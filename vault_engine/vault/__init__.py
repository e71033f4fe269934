"""The vault's files: which there are, reading them, and changing them atomically under a lock."""
