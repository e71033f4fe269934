"""Whether a program has written a text from its memory over what somebody else had changed meanwhile. Pure.

A program that holds a page in memory writes all of it after an edit. What was written to the file in between is gone
then, though nobody has deleted it.
"""

from collections import Counter
from difflib import SequenceMatcher

from vault_engine.sync.merge import Merged, Overlapping, merge

IN_MEMORY_NS = 60_000_000_000  # after a change for so long; a program that runs has taken in a changed file by then

_MUCH = 100  # lines; of more that were changed no likeness is looked for
_ALIKE = 0.85  # of two lines; one that was edited is hardly less


def is_written_over(before: str, ours: str, now: str) -> bool:
    """Say whether a text has nothing of a change, and looks as if who wrote it had not seen the change.

    Args:
        before: the text before the change.
        ours: the text with the change.
        now: the text that somebody has written since.
    """
    had, has, holds = (Counter(filter(None, map(str.strip, text.split("\n")))) for text in (before, ours, now))
    added, gone = has - had, had - has
    if not added and not gone:
        return False
    if added & (holds - had) or (not added and gone & (had - holds)):
        return False
    return not _has_alike(list(added), list(holds - had))


def merge_additions(base: str, ours: str, theirs: str) -> str | None:
    """Bring together what differs only in lines that both added in one place, theirs first; else give None."""
    result = merge(base, ours, theirs)
    if isinstance(result, Overlapping):
        for place in result.overlaps:
            both = place.theirs + place.ours
            is_addition = not place.base and place.theirs.endswith("\n") and place.ours.endswith("\n")
            if not is_addition or ours.count(place.ours) != 1 or theirs.count(place.theirs) != 1:
                return None
            ours, theirs = ours.replace(place.ours, both), theirs.replace(place.theirs, both)
        result = merge(base, ours, theirs)
    return result.text if isinstance(result, Merged) else None


def _has_alike(lines: list[str], others: list[str]) -> bool:
    """Say whether one of the lines was edited into one of the others: then it was seen."""
    if len(lines) > _MUCH or len(others) > _MUCH:
        return True
    return any(
        matcher.quick_ratio() > _ALIKE and matcher.ratio() > _ALIKE
        for line in lines
        for other in others
        if (matcher := SequenceMatcher(None, line[:1000], other[:1000]))
    )
