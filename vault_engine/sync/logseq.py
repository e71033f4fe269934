"""A note as a page of a Logseq graph, and a page as the note it shows. Pure.

Neither is ever written anew as a whole. Each part of a note (`logseq_chunks`) is one block of its page, in the same
order; what is remembered of a page tells which of its blocks somebody has changed since. Those parts of the note
change, the others keep their characters; the other way round it is the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from vault_engine.note import parse
from vault_engine.note.edit import newline_of
from vault_engine.note.frontmatter import body_start
from vault_engine.note.logseq import page_refs
from vault_engine.note.logseq import read_page as read_references
from vault_engine.sync.logseq_chunks import Chunk, chunks_of
from vault_engine.sync.logseq_compose import Wanted, composed
from vault_engine.sync.logseq_head import head_changes, head_lines, with_changes
from vault_engine.sync.logseq_links import Names, note_links, page_links
from vault_engine.sync.logseq_page import (
    PAGE_ONLY,
    Block,
    Page,
    block_lines,
    block_mark,
    block_of,
    head_mark,
    read_page,
)
from vault_engine.sync.merge import changes_between

_HEAD = "head "
_TAB = "\t"


class Base(NamedTuple):
    """A note as its page showed it."""

    note: str
    marks: tuple[str, ...] = ()  # as `marks_of` gave them; without any, as the note is shown now


@dataclass(frozen=True, slots=True)
class Own:
    """The note that a page shows."""

    text: str
    is_sure: bool  # whether every part of the note that was not touched is as it was


def marks_of(page: str) -> tuple[str, ...]:
    """Give what a page is remembered by: its properties, then its blocks."""
    read = read_page(page)
    head = (_HEAD + head_mark(line.key, line.value) for line in read.head if line.key not in PAGE_ONLY)
    return (*head, *map(_mark, read.blocks))


# ---- the note of a page


def note_text(page: str, base: Base | None, names: Names) -> Own:
    """Give the note that a page shows.

    Args:
        page: the text of the page.
        base: the note that it showed; None for a page that somebody made in Logseq.
        names: which pages and notes links mean.
    """
    read = read_page(page)
    if base is None:
        return Own(_new_note(read, names), is_sure=True)
    head = _changed_head(read, base, names)
    body = _changed_body(read, base, names) if head is not None else None
    if head is None or body is None:
        return Own(_new_note(read, names), is_sure=False)
    return Own(_joined(head, body, newline_of(base.note)), is_sure=True)


def _changed_head(read: Page, base: Base, names: Names) -> str | None:
    """Give the frontmatter that a page shows; None if it can't be changed so."""
    head = read.yaml or base.note[: body_start(base.note)]
    note = parse(head)
    shown = () if read.yaml else head_lines(note, names)
    marks = {mark.removeprefix(_HEAD) for mark in base.marks if mark.startswith(_HEAD)}
    return with_changes(head, head_changes(note, shown, read.head, marks, names))


def _changed_body(read: Page, base: Base, names: Names) -> str | None:
    """Give the body that a page shows; None if Markdown can't hold it without changing what nobody touched."""
    linked, were = page_links(base.note, names)
    body = base.note[body_start(base.note) :]
    old = chunks_of(body)
    marks = [mark for mark in base.marks if not mark.startswith(_HEAD)]
    if len(marks) != len(old.chunks):
        marks = [_mark(block_of(chunk)) for chunk in _body_chunks(linked)]
    wanted = list(_wanted(read.blocks, marks, old.chunks, were, names))
    if all(one.is_kept for one in wanted) and len(wanted) == len(old.chunks):
        return body
    newline = newline_of(base.note)
    for as_list in (False, True):
        text = composed(old.chunks, wanted, newline, as_list=as_list)
        if text is None:
            continue
        body = _joined(old.lead, text, newline)
        if chunks_of(body).chunks != chunks_of(text).chunks:  # a dash without a text has got something below it
            body = _blank_lines(old.lead) + text
        if not body_start(body):  # else it would begin with frontmatter
            return body
    return None


def _joined(above: str, below: str, newline: str) -> str:
    """Put a text below another, whose last line may have no end."""
    is_ended = not above or not below or above.endswith("\n")
    return above + below if is_ended else f"{above}{newline}{below}"


def _wanted(
    blocks: Sequence[Block], marks: list[str], old: Sequence[Chunk], were: Mapping[str, str], names: Names
) -> Iterator[Wanted]:
    """Say what the note is to hold for each block of a page."""
    for now, before, is_same in _matched(marks, list(map(_mark, blocks))):
        if now is None:
            continue
        block = blocks[now]
        if before is not None and is_same and before < len(old):
            yield Wanted(block.chunk.depth, old[before].content, before, is_kept=True)
            continue
        content = note_links(block.content, were, names)
        own = block_of(old[before]).own if before is not None and before < len(old) else ()
        first, *more = content.split("\n")
        yield Wanted(block.chunk.depth, "\n".join([first, *own, *more]), before)


def _new_note(read: Page, names: Names) -> str:
    """Write the note of a page that shows none: its blocks as they are, its properties as frontmatter."""
    old = [replace(one.chunk, gap=_blank_lines(one.tail)) for one in read.blocks]
    wanted = []
    for at, block in enumerate(read.blocks):
        content = note_links(block.content, {}, names)
        wanted.append(Wanted(block.chunk.depth, content, at, is_kept=content == block.chunk.content))
    bodies = (composed(old, wanted, "\n", as_list=as_list) for as_list in (False, True))
    body = next((one for one in bodies if one and not body_start(one)), None)
    if body is None:
        body = "".join(block.chunk.text + block.tail for block in read.blocks)
    text = body.rstrip("\r\n") + "\n" if body.strip() else ""
    head = with_changes(read.yaml, head_changes(parse(read.yaml), (), read.head, (), names))
    if head is None:  # of properties that can't be read the lines stay a text
        head = read.yaml + "".join(f"{line.text}\n" for line in read.head if line.key not in PAGE_ONLY) + "\n"
    return _joined(head, text, "\n")


def _blank_lines(tail: str) -> str:
    return "".join(line for line in tail.splitlines(keepends=True) if not line.strip())


# ---- the page of a note


def page_text(note: str, page: str | None, names: Names, own: str = "") -> str | None:
    """Give the page that shows a note; None if none can.

    Args:
        note: the note.
        page: the page as it is now, if there is one: what only Logseq knows of stays, and so does each block that
            the note has not changed.
        names: which pages links mean.
        own: the note that this page shows.
    """
    read = read_page(page) if page is not None else None
    linked, _ = page_links(note, names)
    chunks, shown = _body_chunks(note), [block_of(chunk) for chunk in _body_chunks(linked)]
    if len(chunks) != len(shown):
        return None
    head = _page_head(note, read, own, names)
    wanted = [one.chunk.depth for one in shown]
    for keeps in (True, False) if read else (False,):
        text = head + _lines(_page_blocks(chunks, shown, read, own, names, keeps=keeps))
        if [one.chunk.depth for one in read_page(text).blocks] == wanted:
            return text
    return None


def _page_head(note: str, read: Page | None, own: str, names: Names) -> str:
    """Write the head of a page: a line that says what it said stays as it is."""
    frontmatter = note[: body_start(note)]
    if read and read.yaml and frontmatter:
        kept = [line.text for line in read.head if line.key in PAGE_ONLY]
        return frontmatter + "".join(f"{line}\n" for line in kept) + read.lead
    new = {one.name: one for one in head_lines(parse(frontmatter), names)}
    old = {one.name: one.mark for one in head_lines(parse(own[: body_start(own)]), names)}
    lines: list[str] = []
    seen: set[str] = set()
    for line in read.head if read else ():
        if line.key in PAGE_ONLY or line.key in seen or not line.value:
            lines.append(line.text)
        elif shown := new.pop(line.key, None):
            is_same = old.get(line.key) == shown.mark and _meant(line.text, names) == _meant(shown.line, names)
            lines.append(line.text if is_same else shown.line)
            seen.add(line.key)
    lines += [one.line for one in new.values()]
    lead = read.lead if read and bool(read.head) == bool(lines) else "\n" if lines else ""
    return "".join(f"{line}\n" for line in lines) + lead


def _page_blocks(
    chunks: Sequence[Chunk], shown: Sequence[Block], read: Page | None, own: str, names: Names, *, keeps: bool
) -> Iterator[str]:
    """Write the blocks of a page, those that the note has not changed as they are if it ``keeps`` them."""
    blocks = read.blocks if read else ()
    before = list(map(_key, _body_chunks(own))) if read else []
    if len(before) != len(blocks):
        before = [_key(block.chunk) for block in blocks]
    unit = next((one.chunk.indent for one in blocks if one.chunk.depth == 1 and one.chunk.indent), _TAB)
    for now, was, is_same in _matched(before, list(map(_key, chunks))):
        if now is None:
            continue
        block, known = shown[now], blocks[was] if was is not None else None
        if known and keeps and is_same and _means_the_same(known.content, block.content, names):
            text = known.chunk.text + known.tail
        else:
            lines = known.own if known and known.own else block.own
            text = block_lines(block.content, lines, block.chunk.depth, unit) + (known.tail if known else "")
        yield text


def _lines(texts: Iterator[str]) -> str:
    """Put together what may lack a line's end, but for the last."""
    *most, last = [*texts, ""][:-1] or [""]
    return "".join([*(text if text.endswith("\n") else f"{text}\n" for text in most), last])


def _means_the_same(page: str, shown: str, names: Names) -> bool:
    """Say whether the links of a block lead where they are to lead, however they are written."""
    return page.strip() == shown.strip() or _meant(page, names) == _meant(shown, names)


def _meant(content: str, names: Names) -> list[str]:
    return [names.target_of(name) or name for name in page_refs(read_references(f"- {content}"))]


# ---- what is what


def _body_chunks(text: str) -> tuple[Chunk, ...]:
    return chunks_of(text[body_start(text) :]).chunks


def _mark(block: Block) -> str:
    return block_mark(block.content, block.chunk.depth)


def _key(chunk: Chunk) -> str:
    return f"{chunk.depth} {chunk.content}"


def _matched(old: list[str], new: list[str]) -> Iterator[tuple[int | None, int | None, bool]]:
    """Put together what two lists have, in the order of the new one: their numbers, and whether they are the same.

    What stands in one place of both and differs is taken for one thing that was changed.
    """
    at = other = 0
    ends = [*changes_between(old, new), None]
    for change in ends:
        stop = change.old_start if change else len(old)
        while at < stop:
            yield other, at, True
            at, other = at + 1, other + 1
        if change:
            for number in range(max(change.old_end - at, change.new_end - other)):
                yield (
                    other + number if other + number < change.new_end else None,
                    at + number if at + number < change.old_end else None,
                    False,
                )
            at, other = change.old_end, change.new_end
