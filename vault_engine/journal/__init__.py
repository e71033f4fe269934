"""Who changed what, when: an append-only log beside the notes, and the bytes each change replaced."""
