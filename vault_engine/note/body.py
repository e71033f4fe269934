"""Edits of a body as splices: a block at the end, an exact text, a section.

Each takes the whole note and gives it back with every byte outside the splice as it was. The new text is read
again: frontmatter, headings, links, tags and block ids outside the splice must be what they were, else the edit
is refused. Line breaks in what is added become those of the note, and blank lines around it are dropped.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from vault_engine.note.edit import Edited, Refused, newline_of
from vault_engine.note.headings import content_start, find_headings, section_end, simplify
from vault_engine.note.model import Heading, LinkKind, Note
from vault_engine.note.names import path_key
from vault_engine.note.parser import parse

MIN_HASH_DIGITS = 8

Within = Callable[[int], bool]  # whether an offset lies in what an edit replaces

_MAX_NAMED = 10
_BLANK_LINES = re.compile(r"(?:[ \t]*+\r?\n)*+")
_LINE_END = re.compile(r"\r?\n")
_LINE = re.compile(r"[^\n]*+\n?")
_MAY_SWALLOW = re.compile(r"[`~<$%]")  # with these begins all that goes on over blank lines
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ITEM = re.compile(r"(?P<indent>[ \t]*+)(?:[0-9]{1,9})?+(?P<mark>(?<=[0-9])[.)]|(?<![0-9])[-+*])(?=[ \t]|\Z)")

_BEFORE_LINK = re.compile(r"[ \t]*+[-+*][ \t]++")
_RELATION = re.compile(r"[ \t]++\(([^()\r\n]++)\)[ \t]*+(?=\r*+(?:\n|\Z))")
_NO_TARGET = re.compile(r"\[\[|\]\]|[|\r\n]")
_NO_LABEL = re.compile(r"\[\[|\]\]|[\r\n]")
_NO_RELATION = re.compile(r"[()\r\n]")


@dataclass(frozen=True, slots=True)
class TypedLink:
    """One line ``- [[target|label]] (relation)`` below the heading ``## Links``."""

    target: str  # as written, with its subpath
    label: str | None
    relation: str
    line: int


def is_hash_of(sha256: str, named: str) -> bool:
    """Say whether ``named`` is this SHA-256, in hexadecimal: all of it, or its first `MIN_HASH_DIGITS` or more."""
    return len(named) >= MIN_HASH_DIGITS and sha256.startswith(named.lower())


def append(text: str, addition: str) -> Edited | Refused:
    """Add a block at the end of a note, below one blank line unless it continues the list that ends there.

    Everything up to the last visible line and the blanks at its end stays in front. The line breaks and blank
    lines after that go behind the addition: a note without a final line break stays without. A body without
    visible text stays in front as a whole, and the addition ends in a line break.
    """
    note, block = parse(text), _as_block(addition, text)
    if isinstance(block, Refused):
        return block
    return _text_of(_appended(note, block)) if block else Edited(text)


def replace_once(text: str, old: str, new: str, expected_count: int = 1) -> Edited | Refused:
    """Replace an exact text in the body, refusing unless it stands there as often as expected.

    In a note with CRLF a line feed in ``old`` or ``new`` means CRLF. What follows may change its meaning.
    """
    note = parse(text)
    start = note.frontmatter.body_start
    if newline_of(text) == "\r\n":
        old, new = _LINE_END.sub("\r\n", old), _LINE_END.sub("\r\n", new)
    if not old or expected_count < 1:
        return Refused("there is no text to replace")
    if _SURROGATE.search(new):
        return Refused("the new text holds half a character")
    count = text.count(old, start)
    if count != expected_count:
        return Refused(f"the text stands {count} times in the body, not {expected_count}")
    first = text.index(old, start)
    if _overlaps(text, old, first):
        return Refused("the text overlaps itself where it stands in the body")
    after = parse(text[:start] + text[start:].replace(old, new))
    if not _same_head(note, after):
        return Refused("the change would alter the frontmatter")
    if _headings_above(note, first) != _headings_above(after, first):
        return Refused("the change would alter the headings above it")
    return Edited(after.text)


def replace_section(text: str, chain: Sequence[str], content: str, expected: str | None) -> Edited | Refused:
    """Put other content below a heading, in place of its sub-sections too.

    The heading stays, and so do the blank lines after it and before the next one; empty content leaves only
    the latter.

    Args:
        text: the whole note.
        chain: the names of the headings from the outermost to the one meant.
        content: Markdown without a heading of the same or a higher level.
        expected: the SHA-256 of what stands below the heading as read, in UTF-8, or at least its first 8 digits; None
            does not check.
    """
    note = parse(text)
    aim = _aim(note, chain, content)
    if isinstance(aim, Refused):
        return aim
    heading, block = aim
    top, start, end = heading.start, content_start(text, heading), section_end(note, heading)
    section = text[start:end]
    digest = sha256(section.encode("utf-8", "surrogatepass")).hexdigest()
    if expected is not None and not is_hash_of(digest, expected):
        return Refused(f"the section is not the one that was read: its SHA-256 is {digest}")
    if not section.strip():
        return _text_of(_insert(note, top, end, block, heading) if block else note)
    start = start + _blank_lines(section) if block else _content_end(text, top, start)
    return _text_of(_splice(note, start, _content_end(text, top, end), block, heading))


def append_to_section(text: str, chain: Sequence[str], addition: str) -> Edited | Refused:
    """Add a block at the end of a section, sub-sections included, as ``append`` adds one to a note.

    The blank lines before the next heading stay before it.
    """
    note = parse(text)
    aim = _aim(note, chain, addition)
    if isinstance(aim, Refused):
        return aim
    heading, block = aim
    if not block:
        return Edited(text)
    return _text_of(_insert(note, heading.start, section_end(note, heading), block, heading))


def typed_links(note: Note) -> tuple[TypedLink, ...]:
    """The links with a relation below ``## Links``; lines of any other shape are no such links."""
    return tuple(typed for typed, _, _ in _typed_lines(note))


def typed_relations(note: Note) -> dict[int, str]:
    """The relations of the links that `typed_links` gives, by where the links begin."""
    return {start: typed.relation for typed, start, _ in _typed_lines(note)}


def add_link(text: str, target: str, relation: str, label: str | None = None) -> Edited | Refused:
    """Add the line ``- [[target|label]] (relation)`` to the list under ``## Links``.

    Without that heading both go to the end of the note. A link to the same target, whatever its case, with the
    same relation is enough: nothing changes then.
    """
    if problem := _link_problem(target, relation, label):
        return Refused(problem)
    note = parse(text)
    typed = typed_links(note)
    if any(_is_link(one, target, relation) for one in typed):
        return Edited(text)
    shown = "" if label is None else f"|{label}"
    result = _with_link_line(note, f"- [[{target}{shown}]] ({relation})")
    if isinstance(result, Refused):
        return result
    read = sum((one.target, one.label, one.relation) == (target, label, relation) for one in typed_links(result))
    if read != 1 or len(typed_links(result)) != len(typed) + 1:
        return Refused(f"a link to {target!r} as {relation!r} would not read back")
    return Edited(result.text)


def remove_link(text: str, target: str, relation: str | None = None) -> Edited | Refused:
    """Remove the lines under ``## Links`` that link a target, whatever its case, with that relation or any.

    Where a line stood alone between blank lines, the one before it goes too.
    """
    note = parse(text)
    lines = [(start, end) for typed, start, end in _typed_lines(note) if _is_link(typed, target, relation)]
    if not lines:
        return Refused(f"no line under '## Links' links {target!r}" + (f" as {relation!r}" if relation else ""))
    tops = {heading.start for heading in note.headings}
    pieces, position = [], 0
    for start, end in lines:
        begin = _removal_start(text, start, end, tops)
        if begin is None:
            return Refused(f"the link to {target!r} has text below it that belongs to it")
        pieces.append(text[position:begin])
        position = end
    after = parse("".join(pieces) + text[position:])
    if not _same_outside(note, _in_any(lines), after, range(0).__contains__):
        return Refused(f"removing the link to {target!r} would alter what the text around it means")
    return Edited(after.text)


def _as_block(content: str, text: str) -> str | Refused:
    """What is to be added to a text, with that text's line breaks and without blank lines around it."""
    if _SURROGATE.search(content):
        return Refused("the new text holds half a character")
    if not content.strip():
        return ""
    return _LINE_END.sub(newline_of(text), content[_blank_lines(content) :].rstrip("\r\n"))


def _content_end(text: str, start: int, end: int) -> int:
    """Where the last visible line between two offsets ends, before its line break."""
    last = start + len(text[start:end].rstrip())
    line_end = text.find("\n", last, end)
    return last + len(text[last : end if line_end < 0 else line_end].rstrip("\r"))


def _appended(note: Note, block: str) -> Note | Refused:
    text, newline = note.text, newline_of(note.text)
    if note.body.strip():
        return _insert(note, note.frontmatter.body_start, len(text), block)
    lead = "" if not text or text[-1] in "\n\ufeff" else newline
    return _splice(note, len(text), len(text), lead + block + newline)


def _insert(note: Note, start: int, end: int, block: str, heading: Heading | None = None) -> Note | Refused:
    """Add a block after the last visible line between two offsets, inside the section of a heading if given."""
    newline = newline_of(note.text)
    at = _content_end(note.text, start, end)
    above = note.text[:at]
    joins = _continues_list(note.text[start:at], block) and _is_read(above + newline, block)
    gap = newline if joins else newline * 2
    if not _is_read(above + gap, block):
        return Refused("the text before ends in code, HTML or math that is not closed")
    return _splice(note, at, at, gap + block, heading)


def _splice(note: Note, start: int, end: int, new: str, heading: Heading | None = None) -> Note | Refused:
    """Replace a span of a body and prove that nothing else changed.

    With a heading, the new text must stay in its section: no heading of the same or a higher level.
    """
    after = parse(note.text[:start] + new + note.text[end:])
    span = range(start, start + len(new))
    if not _same_outside(note, range(start, end).__contains__, after, span.__contains__):
        return Refused("the change would alter what the text around it means")
    level = heading.level if heading else 0
    if leaving := next((one for one in after.headings if one.level <= level and one.start in span), None):
        return Refused(f"{leaving.text!r} is a heading that would end the section")
    return after


def _same_outside(before: Note, left: Within, after: Note, came: Within) -> bool:
    """Whether two notes have the same frontmatter and, but for what left and what came, hold the same."""
    return _same_head(before, after) and _held(before, left) == _held(after, came)


def _same_head(before: Note, after: Note) -> bool:
    """Whether the frontmatter is the same bytes; the line break after it may be new."""
    old, new = before.frontmatter, after.frontmatter
    head = before.text[: old.end]
    return (old.state, old.start, old.end) == (new.state, new.start, new.end) and after.text.startswith(head)


def _held(note: Note, without: Within) -> list[tuple[object, ...]]:
    """What a note holds, as written. A definition added elsewhere may make a reference, which does not count."""
    return [
        *((one.level, one.text) for one in note.headings if not without(one.start)),
        *(
            (one.kind, note.text[one.start : one.end])
            for one in note.links
            if not without(one.start) and one.kind is not LinkKind.REFERENCE
        ),
        *((one.name,) for one in note.inline_tags if not without(one.start)),
        *((one.id,) for one in note.blocks if not without(one.start)),
    ]


def _headings_above(note: Note, offset: int) -> list[Heading]:
    return [heading for heading in note.headings if content_start(note.text, heading) <= offset]


def _text_of(result: Note | Refused) -> Edited | Refused:
    return Edited(result.text) if isinstance(result, Note) else result


def _blank_lines(text: str) -> int:
    """How many characters the blank lines at the beginning take."""
    blank = _BLANK_LINES.match(text)
    return blank.end() if blank else 0


def _overlaps(text: str, old: str, position: int) -> bool:
    """Whether two occurrences of a text, from its first one on, share characters."""
    while position >= 0:
        end = position + len(old)
        if text.find(old, position + 1, end + len(old) - 1) >= 0:
            return True
        position = text.find(old, end)
    return False


def _aim(note: Note, chain: Sequence[str], content: str) -> tuple[Heading, str] | Refused:
    """The heading meant and the text for its section, if both are fit."""
    heading, block = _find(note, chain), _as_block(content, note.text)
    if isinstance(heading, Refused):
        return heading
    return block if isinstance(block, Refused) else (heading, block)


def _find(note: Note, chain: Sequence[str]) -> Heading | Refused:
    found = find_headings(note.headings, chain)
    if len(found) == 1:
        return found[0]
    name = " > ".join(chain)
    if found:
        return Refused(f"{name!r} could be {_named(found)}; name the headings above it too")
    return Refused(f"there is no heading {name!r}; the note has {_named(note.headings)}")


def _named(headings: Sequence[Heading]) -> str:
    named = [f"{heading.text[:80]!r} (line {heading.line})" for heading in headings[:_MAX_NAMED]]
    more = [f"{len(headings) - _MAX_NAMED} more"] if len(headings) > _MAX_NAMED else []
    return ", ".join(named + more) or "none"


def _is_read(above: str, block: str) -> bool:
    """Whether a block below a text would be read as Markdown, not swallowed by code, HTML or math."""
    indent = min(len(block) - len(block.lstrip(" ")), 3)
    if not indent and not _MAY_SWALLOW.search(above):
        return True
    headings = parse(f"{above}{' ' * indent}# x").headings
    return bool(headings) and headings[-1].start == len(above)


def _continues_list(above: str, block: str) -> bool:
    """Whether a block begins with an item of the list that a text ends in."""
    first = _ITEM.match(block.partition("\n")[0].rstrip())
    if first is None:
        return False
    for line in reversed(above.split("\n")):
        indent = _indent(line)
        if line[:indent] == first["indent"]:
            item = _ITEM.match(line.rstrip())
            return item is not None and item["mark"] == first["mark"]
        if indent < len(first["indent"]) or not line.strip():
            return False
    return False


def _typed_lines(note: Note) -> Iterator[tuple[TypedLink, int, int]]:
    """Each link with a relation, where it begins and where its line ends."""
    tops = [heading for heading in note.headings if heading.level <= 2]
    starts, named = [heading.start for heading in tops], [_is_links(heading) for heading in tops]
    if not any(named):
        return
    for link in note.links:
        top = bisect_right(starts, link.start) - 1
        if top < 0 or not named[top] or link.kind is not LinkKind.WIKI or link.embed:
            continue
        relation = _RELATION.match(note.text, link.end)
        if relation and _BEFORE_LINK.fullmatch(note.text, note.text.rfind("\n", 0, link.start) + 1, link.start):
            typed = TypedLink(link.target + link.subpath, link.alias, relation[1].strip(), link.line)
            yield typed, link.start, relation.end()


def _is_links(heading: Heading) -> bool:
    return heading.level == 2 and simplify(heading.text) == "links"


def _is_link(typed: TypedLink, target: str, relation: str | None) -> bool:
    return path_key(typed.target) == path_key(target) and relation in (None, typed.relation)


def _link_problem(target: str, relation: str, label: str | None) -> str | None:
    """Why a link cannot be written, None if it can."""
    if not target.strip() or _NO_TARGET.search(target):
        return f"{target!r} is no target of a link"
    if label is not None and (not label.strip() or _NO_LABEL.search(label)):
        return f"{label!r} is no label of a link"
    if not relation.strip() or _NO_RELATION.search(relation):
        return f"{relation!r} is no relation"
    return "the link holds half a character" if _SURROGATE.search(f"{target}{label}{relation}") else None


def _with_link_line(note: Note, line: str) -> Note | Refused:
    """Put a line last in the list under ``## Links``, or both at the end of the note."""
    found = [heading for heading in note.headings if _is_links(heading)]
    if len(found) > 1:
        return Refused(f"'## Links' could be {_named(found)}")
    newline = newline_of(note.text)
    if not found:
        return _appended(note, f"## Links{newline * 2}{line}")
    start = found[0].start
    end = next((heading.start for heading in note.headings if heading.start > start), len(note.text))
    listed = [last for _, first, last in _typed_lines(note) if start < first < end]
    if not listed:
        return _insert(note, start, end, line)
    at = _list_end(note.text, listed[-1], end)
    return _splice(note, at, at, newline + line)


def _list_end(text: str, position: int, end: int) -> int:
    """Where the last line of a list ends, ``position`` being the end of one of its lines."""
    last, blank = position, False
    for line in _LINE.finditer(text, text.find("\n", position, end) + 1 or end, end):
        content = line[0].rstrip()
        if content and blank and content[0] not in " \t" and not _ITEM.match(content):
            break
        if content:
            last = _content_end(text, line.start(), line.end())
        blank = not content
    return last


def _removal_start(text: str, start: int, end: int, headings: Container[int]) -> int | None:
    """From where to remove a link's line that ends at ``end``; None if text further indented follows.

    That is the line break before it, and that of an empty line before if none of the list would be left there.
    """
    line_start = text.rindex("\n", 0, start) + 1
    below = text.find("\n", end) + 1 or len(text)
    following = text[below : text.find("\n", below) + 1 or len(text)]
    begin = _break_before(text, line_start)
    if not following.strip() or below in headings:
        return _break_before(text, begin) if text[begin - 1] == "\n" else begin
    return None if _indent(following) > _indent(text[line_start:start]) else begin


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _break_before(text: str, line_start: int) -> int:
    """Where the line break before a line begins."""
    end = line_start - 1
    while text[end - 1] == "\r":
        end -= 1
    return end


def _in_any(spans: Sequence[tuple[int, int]]) -> Within:
    """Whether an offset lies in one of some spans, which are in order."""
    starts = [start for start, _ in spans]

    def inside(offset: int) -> bool:
        index = bisect_right(starts, offset) - 1
        return index >= 0 and offset < spans[index][1]

    return inside
