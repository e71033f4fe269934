"""Bringing in what other programs keep: a source yields items, one runner makes notes of them."""
