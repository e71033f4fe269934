"""What a note looks like in a folder that is kept in step: its own text, and below it links that Memwell adds. Pure.

What is added stands between two comments, so that it is recognised and taken out again, and the note's own text is
left, character by character. Nothing else is ever rewritten. A line that a person writes between the comments is
theirs: it becomes part of the note's text.

    <!-- memwell:links -->
    ## Links

    - [[decisions/api-style|API style]] (supersedes)
    <!-- /memwell:links -->

Where the note has a section ``## Links`` of its own, what is added stands at its end, without a heading.
"""

import re
from collections.abc import Callable, Collection, Iterable
from hashlib import sha256
from typing import NamedTuple

from vault_engine.note import Note, parse
from vault_engine.note.body import append_to_section, typed_links
from vault_engine.note.edit import Edited, newline_of
from vault_engine.note.headings import simplify

_OPEN, _CLOSE = "<!-- memwell:links -->", "<!-- /memwell:links -->"
_HEADING = "## Links"
_BLOCK = re.compile(
    rf"(?P<gap>(?:\r?\n){{0,2}})^{re.escape(_OPEN)}[ \t]*\r?\n(?P<inside>(?:.*\n)*?)^{re.escape(_CLOSE)}[ \t]*(?=\r?$)",
    re.MULTILINE,
)
_PLAIN = re.compile(r"- \[\[\w[\w ./-]*\|\w[\w .,:;/-]*\]\] \(\w[\w-]*\)")
_MARK_DIGITS = 16
_NO_BRACKETS = str.maketrans("", "", "[]")


class Related(NamedTuple):
    """One note that another says it is related to."""

    target: str  # as a link names it
    label: str
    relation: str


def link_lines(related: Iterable[Related]) -> tuple[str, ...]:
    """Write a line ``- [[target|label]] (relation)`` for each, sorted; none for what no such line can say."""
    written = {f"- [[{one.target}|{_shown(one.label)}]] ({one.relation})": one for one in related}
    return tuple(sorted(line for line, one in written.items() if _reads_back(line, one)))


def mark_of(line: str) -> str:
    """Give what a line that was added is remembered by."""
    return sha256(line.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK_DIGITS]


def has_links(text: str) -> bool:
    """Say whether links were added to a text, or it says so."""
    return _OPEN in text or _CLOSE in text


def with_links(text: str, lines: Collection[str]) -> str:
    """Add the lines that `link_lines` gave; the text itself where that can't be done without changing what it means."""
    if not lines or has_links(text) or not text.strip():
        return text
    note = parse(text)
    named = [heading for heading in note.headings if simplify(heading.text) == "links"]
    if len(named) > 1 or any(heading.level != 2 for heading in named):
        return text
    if named:
        edited = append_to_section(text, [named[0].text], "\n".join([_OPEN, *lines, _CLOSE]))
        result = edited.text if isinstance(edited, Edited) else text
    else:
        core = text.rstrip()
        newline = newline_of(text)
        block = newline.join([_OPEN, _HEADING, "", *lines, _CLOSE])
        result = f"{core}{newline * 2}{block}{text[len(core) :]}"
    marks = {mark_of(line) for line in lines}
    return result if without_links(result, marks.__contains__) == text and _only_adds(note, result, lines) else text


def without_links(text: str, is_ours: Callable[[str], bool]) -> str:
    """Take out what `with_links` added.

    Args:
        text: the note as the folder has it.
        is_ours: says by its mark, as `mark_of` gives it, whether a line between the comments was added.
    """
    if not has_links(text):
        return text

    def own(block: re.Match[str]) -> str:
        lines = block["inside"].splitlines(keepends=True)
        kept = [line for line in lines if line.rstrip() != _HEADING and not is_ours(mark_of(line.rstrip("\r\n")))]
        left = "".join(kept).strip("\r\n")
        if not left.strip():
            return ""
        gap = newline_of(block["inside"]) * 2
        had_heading = any(line.rstrip() == _HEADING for line in lines)
        return f"{gap}{_HEADING}{gap}{left}" if had_heading else f"{gap}{left}"

    return _BLOCK.sub(own, text)


def marks_between(text: str) -> tuple[str, ...]:
    """Give the marks of the lines of a text that `with_links` may have added."""
    blocks = (block["inside"].splitlines() for block in (_BLOCK.finditer(text) if has_links(text) else ()))
    return tuple(mark_of(line) for lines in blocks for line in lines if line.strip() and line.rstrip() != _HEADING)


def _shown(label: str) -> str:
    """Make a title fit for a link."""
    return " ".join(label.translate(_NO_BRACKETS).split())


def _reads_back(line: str, meant: Related) -> bool:
    if _PLAIN.fullmatch(line):  # as nearly all are: to read them would say nothing new
        return True
    read = typed_links(parse(f"{_HEADING}\n\n{line}\n"))
    return [(meant.target, meant.relation)] == [(one.target, one.relation) for one in read]


def _only_adds(before: Note, after: str, lines: Collection[str]) -> bool:
    """Say whether a text reads as it did, with the lines as links besides."""
    note = parse(after)
    headings = [(one.level, one.text) for one in note.headings]
    for heading in before.headings:
        if (heading.level, heading.text) in headings:
            headings.remove((heading.level, heading.text))
    return (
        note.frontmatter.properties == before.frontmatter.properties
        and headings in ([], [(2, "Links")])
        and len(note.headings) >= len(before.headings)
        and len(typed_links(note)) == len(typed_links(before)) + len(lines)
    )
