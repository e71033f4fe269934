"""Marks that nobody sees: they can hide words from people that a model reads, or show people another order. Pure."""

import re

# Zero-width marks, those that turn the direction of writing, and tags, but for the flag of a region, which is made of
# tags. Joiners and plain direction marks are left out: emoji, Persian and Hebrew need them.
_FLAG = r"\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
_INVISIBLE = re.compile(rf"{_FLAG}|([\u200b\u2060-\u2064\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f])")


def invisible_marks(text: str) -> tuple[str, ...]:
    """Name each mark of a text that nobody sees, once, by its code point as in ``U+202E``, in their order."""
    found = {match[1] for match in _INVISIBLE.finditer(text) if match[1]}
    return tuple(f"U+{ord(mark):04X}" for mark in sorted(found))
