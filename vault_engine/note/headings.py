"""Finding a heading by the chain of its own name and those above it, and what stands below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import normalize

from vault_engine.note.model import Heading, Note

_SPECIAL = re.compile(r"%%|\[\[|\]\]|[:|#^]")
_LINE = re.compile(r"[^\n]*+(?:\n|\Z)")
_HASHES = re.compile(r"(?:[ \t>]|(?:[-+*]|[0-9]{1,9}[.)])[ \t])*+#{1,6}(?:[ \t]|[^\S\n]*+(?:\n|\Z))")
_UNDERLINE = {1: re.compile(r"[ \t>]*+=++\s*+"), 2: re.compile(r"[ \t>]*+-++\s*+")}


def simplify(heading: str) -> str:
    """The form in which two headings are compared: no case, no characters that links lack, single blanks."""
    folded = normalize("NFC", normalize("NFC", heading).casefold())
    return " ".join(_SPECIAL.sub(" ", folded).split())


def find_heading(headings: Sequence[Heading], chain: Sequence[str]) -> Heading | None:
    """The heading that a link's chain means, outermost first: of several the first."""
    return next(iter(find_headings(headings, chain)), None)


def find_headings(headings: Sequence[Heading], chain: Sequence[str]) -> tuple[Heading, ...]:
    """Every heading that a chain could mean, in order of appearance.

    Each part of the chain lies in the section of the part before it, not necessarily right below.
    """
    parts = [simplify(part) for part in chain]
    found: list[Heading] = []
    above: list[tuple[int, int]] = []  # level of each heading around this one, parts found down to it
    for heading in headings:
        while above and above[-1][0] >= heading.level:
            above.pop()
        met = above[-1][1] if above else 0
        name = simplify(heading.text)
        if parts and name == parts[-1] and met >= len(parts) - 1:
            found.append(heading)
        above.append((heading.level, met + (met < len(parts) and name == parts[met])))
    return tuple(found)


def content_start(text: str, heading: Heading) -> int:
    """Offset of the first character below a heading: after its line, or after the line that underlines it."""
    lines = _LINE.finditer(text, heading.start)
    end = next(lines).end()
    if heading.level not in _UNDERLINE or _HASHES.match(text, heading.start):
        return end
    for line in lines:
        if _UNDERLINE[heading.level].fullmatch(line[0]):
            return line.end()
        if not line[0].strip():
            break
    return end


def section_end(note: Note, heading: Heading) -> int:
    """Offset of the next heading of the same or a higher level, or of the end of the text."""
    ends = (other.start for other in note.headings if other.start > heading.start and other.level <= heading.level)
    return next(ends, len(note.text))
