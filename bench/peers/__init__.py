"""What the index is measured beside, one process a step: the same notes, the same questions, one thread."""
