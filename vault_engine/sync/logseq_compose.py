"""Putting together the body of a note from the blocks of a page: what nobody touched keeps its characters. Pure.

What was changed or added is written as what it was, else as what stands beside it is: as a plain chunk with blank lines
around it, or as an item of a list. What only a list can hold, above all what is indented, becomes an item.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vault_engine.sync.logseq_chunks import Chunk, ChunkKind, chunks_of, column_of

_TAB = "\t"


class Wanted(NamedTuple):
    """One block that the note is to hold."""

    depth: int
    content: str  # what it says, as the note is to say it
    before: int | None = None  # the number of the chunk that it was, unless it is new
    is_kept: bool = False  # whether that chunk is to stay as it is


@dataclass(frozen=True, slots=True)
class _Piece:
    """One chunk of the new body."""

    kind: ChunkKind
    text: str  # without the blank lines after it
    before: int | None
    level: int  # of an item in its list, else 0
    is_attached: bool  # the item's list belongs to what stands before it


def composed(old: Sequence[Chunk], wanted: Sequence[Wanted], newline: str, *, as_list: bool) -> str | None:
    """Write a body without the blank lines at its beginning; None if Markdown can't hold the blocks so.

    Args:
        old: the chunks there were.
        wanted: the blocks there shall be.
        newline: what ends a line.
        as_list: write what is new as items wherever it stands.
    """
    if not wanted:
        return ""
    writer = _Writer(old, newline, as_list=as_list)
    if not all(map(writer.add, wanted, _kinds_below(old, wanted))):
        return None
    text = writer.text()
    read = chunks_of(text)
    if read.lead or [(one.depth, one.content) for one in wanted] != [(one.depth, one.content) for one in read.chunks]:
        return None
    return text


def _kinds_below(old: Sequence[Chunk], wanted: Sequence[Wanted]) -> list[ChunkKind]:
    """Say for each block what the next one of depth 0 is that was there; without any, what the first was."""
    kind = old[0].kind if old else ChunkKind.ITEM
    kinds: list[ChunkKind] = []
    for one in reversed(wanted):
        kinds.append(kind)
        if one.before is not None and one.depth == 0:
            kind = old[one.before].kind
    return kinds[::-1]


class _Writer:
    def __init__(self, old: Sequence[Chunk], newline: str, *, as_list: bool) -> None:
        self._old, self._newline, self._as_list = old, newline, as_list
        self._pieces: list[_Piece] = []
        self._indents: list[str] = []  # of the items that are open
        self._is_attached = False
        self._outermost = next((one.indent for one in old if one.kind is ChunkKind.ITEM), "")
        indented = next((one.indent for one in old if one.indent), _TAB)
        self._unit = _TAB if indented.startswith(_TAB) else "  "
        self._top = ChunkKind.ITEM if as_list or not old else None  # what the last block of depth 0 is

    def add(self, one: Wanted, below: ChunkKind) -> bool:
        """Add a block; False if it has no place behind what is there.

        Args:
            one: the block.
            below: what the next block of depth 0 is that was there.
        """
        chunk = self._old[one.before] if one.before is not None else None
        if one.depth == 0:
            self._top = kind = self._kind_of(one, chunk, below)
            if kind is not ChunkKind.ITEM:
                self._indents = []
                text = chunk.text if chunk and one.is_kept else self._lines(one.content.split("\n"))
                self._pieces.append(_Piece(kind, text, one.before, 0, is_attached=False))
                return True
        return self._add_item(one, chunk)

    def _kind_of(self, one: Wanted, chunk: Chunk | None, below: ChunkKind) -> ChunkKind:
        if chunk and one.is_kept:
            return chunk.kind
        wished = chunk.kind if chunk and chunk.depth == 0 else self._top or below
        if self._as_list or wished is ChunkKind.ITEM:
            return ChunkKind.ITEM
        read = chunks_of(one.content)
        is_one = len(read.chunks) == 1 and not read.lead and not read.chunks[0].gap and bool(one.content.strip())
        is_below = bool(self._indents) and one.content[:1] in (" ", "\t")
        fits = is_one and not is_below and read.chunks[0].kind is not ChunkKind.ITEM
        return read.chunks[0].kind if fits else ChunkKind.ITEM

    def _add_item(self, one: Wanted, chunk: Chunk | None) -> bool:
        if not self._indents:
            self._is_attached = one.depth == 1
            if one.depth > 1 or (one.depth == 1 and not self._pieces):
                return False
        elif one.depth == 0:
            self._is_attached = False
        level = one.depth - self._is_attached
        if level > len(self._indents):
            return False
        indent = self._indent(level, chunk if one.is_kept else None)
        if chunk and one.is_kept and chunk.kind is ChunkKind.ITEM:
            text = _moved(chunk.text, chunk.indent, indent)
        else:
            first, *more = one.content.split("\n")
            head = f"{indent}- {first}" if first else f"{indent}-"
            text = self._lines([head, *(f"{indent}  {line}" if line else "" for line in more)])
        self._indents[level:] = [indent]
        self._pieces.append(_Piece(ChunkKind.ITEM, text, one.before, level, self._is_attached))
        return True

    def _indent(self, level: int, kept: Chunk | None) -> str:
        """Say how far an item is indented: as it was, if that fits, else as the item beside it."""
        columns = [column_of(indent) for indent in self._indents]
        if kept and kept.kind is ChunkKind.ITEM:
            column = column_of(kept.indent)
            if all(one < column for one in columns[:level]) and (level == len(columns) or column <= columns[level]):
                return kept.indent
        if level < len(self._indents):
            return self._indents[level]
        return self._indents[-1] + self._unit if self._indents else self._outermost

    def _lines(self, lines: Sequence[str]) -> str:
        return "".join(f"{line}{self._newline}" for line in lines)

    # ---- the blank lines between

    def text(self) -> str:
        """Give the body."""
        parts: list[str] = []
        for at, piece in enumerate(self._pieces):
            after = self._pieces[at + 1] if at + 1 < len(self._pieces) else None
            text = piece.text
            if after and not text.endswith("\n"):
                text += self._newline
            parts += [text, self._gap(piece, after)]
        text = "".join(parts)
        if self._old and not (self._old[-1].text + self._old[-1].gap).endswith("\n"):
            text = text.removesuffix("\n").removesuffix("\r")
        return text

    def _gap(self, one: _Piece, after: _Piece | None) -> str:
        if after is None:
            return self._old[-1].gap if self._old else ""
        gap = self._wished_gap(one, after)
        if after.kind is ChunkKind.ITEM and after.level == 0:
            begins = one.kind is not ChunkKind.ITEM or one.is_attached != after.is_attached
            if after.is_attached:
                return ""
            return gap or self._newline if begins else gap
        if after.kind is ChunkKind.PLAIN and one.kind is not ChunkKind.HEADING and not self._were_adjacent(one, after):
            return gap or self._newline
        return gap

    def _were_adjacent(self, one: _Piece, after: _Piece) -> bool:
        return one.before is not None and after.before is not None and one.before + 1 == after.before

    def _wished_gap(self, one: _Piece, after: _Piece) -> str:
        """Say which blank lines were there, or are usual."""
        above = self._old[one.before].gap if one.before is not None and one.before + 1 < len(self._old) else None
        below = self._old[after.before - 1].gap if after.before else None
        if above is not None and self._were_adjacent(one, after):
            return above
        if above is not None and below is not None and one.before is not None and after.before is not None:
            return max(above, below, key=len)
        both_items = one.kind is after.kind is ChunkKind.ITEM
        if one.before is None and below is not None:
            return below
        if both_items:
            return ""
        return above or self._newline


def _moved(text: str, old: str, new: str) -> str:
    """Indent an item's lines anew."""
    if old == new:
        return text
    lines = [f"{line}\n" for line in text.split("\n")]
    moved = "".join(new + line.removeprefix(old) if line.strip() else line for line in lines)
    return moved.removesuffix("\n")
