"""The vault for other programs."""
