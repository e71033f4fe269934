"""Small values that agents keep beside the notes for a while: keys, JSON, and when each is over."""
