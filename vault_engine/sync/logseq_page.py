"""One page of a Logseq graph as its lines stand: properties at its head, then blocks. Pure.

What only Logseq has a use for is told apart: the lines ``id::`` and ``collapsed::`` and the drawer ``:LOGBOOK:`` of a
block, and ``id::``, ``collapsed::`` and ``title::`` of the page. They stay in the page and never reach a note.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from vault_engine.note.frontmatter import body_start
from vault_engine.note.logseq.properties import is_property_name, property_name
from vault_engine.sync.logseq_chunks import Chunk, Chunks, chunks_of, closes, opening_of

PAGE_ONLY = frozenset({"id", "collapsed", "title"})

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_PROPERTY = re.compile(r"([^\s:]+)::(?:[ \t]+(.*))?\Z")
_BLOCK_ONLY = re.compile(r"[ \t]*(?:id|collapsed)::(?:[ \t]|\Z)")
_DRAWER = re.compile(r"[ \t]*:LOGBOOK:[ \t]*\Z", re.IGNORECASE)
_DRAWER_END = re.compile(r"[ \t]*:END:[ \t]*\Z", re.IGNORECASE)
_SOLID = ("```", "~~~", "$$", "<!--")
_MARK_DIGITS = 16


class HeadLine(NamedTuple):
    """One property of a page."""

    key: str  # as Logseq compares it
    value: str
    text: str  # the line as it is, without its end


class Block(NamedTuple):
    """One block of a page."""

    chunk: Chunk
    content: str  # what it says, without Logseq's own lines
    own: tuple[str, ...]  # those lines, without their indentation
    tail: str  # the lines after it that say nothing: blank ones, and blocks without a text


@dataclass(frozen=True, slots=True)
class Page:
    """A page taken apart."""

    yaml: str  # the YAML head with its fences, where a page has one
    head: tuple[HeadLine, ...]
    lead: str  # the lines between the head and the first block, which say nothing
    blocks: tuple[Block, ...]


def read_page(text: str) -> Page:
    """Take a page apart. Every text is one."""
    start = body_start(text)
    head: list[HeadLine] = []
    at = start
    for line in _LINE.finditer(text, start):
        found = _PROPERTY.match(line[0].rstrip("\r\n"))
        if found is None or not is_property_name(found[1]):
            if not head and not line[0].strip():
                continue  # blank lines before the first
            break
        head.append(HeadLine(property_name(found[1]), (found[2] or "").strip(), line[0].rstrip("\r\n")))
        at = line.end()
    read = chunks_of(text[at:])
    return Page(text[:start], tuple(head), *_blocks(read))


def _blocks(read: Chunks) -> tuple[str, tuple[Block, ...]]:
    """Give the blocks; one without a text or anything below it belongs to what is between them."""
    lead, blocks = read.lead, list[Block]()
    for at, chunk in enumerate(read.chunks):
        block = block_of(chunk)
        is_leaf = at + 1 == len(read.chunks) or read.chunks[at + 1].depth <= chunk.depth
        if block.content.strip() or not is_leaf:
            blocks.append(block)
        elif blocks:
            blocks[-1] = blocks[-1]._replace(tail=blocks[-1].tail + chunk.text + chunk.gap)
        else:
            lead += chunk.text + chunk.gap
    return lead, tuple(blocks)


def block_of(chunk: Chunk) -> Block:
    """Tell what a block says from Logseq's own lines in it."""
    if ":" not in chunk.content:
        return Block(chunk, chunk.content, (), chunk.gap)
    said: list[str] = []
    own: list[str] = []
    lines = chunk.content.split("\n")
    last_end = max((at for at, line in enumerate(lines) if _DRAWER_END.match(line)), default=0)
    at, mark = 0, None  # of a code fence and the like that is open
    while at < len(lines):
        line, end = lines[at], at + 1
        if mark:
            mark = None if closes(line, mark) else mark
            said.append(line)
        elif mark := opening_of(line.lstrip()):
            said.append(line)
        elif _BLOCK_ONLY.match(line):
            own.append(line.strip())
        elif _DRAWER.match(line) and at < last_end:
            end = next(number for number in range(at, len(lines)) if _DRAWER_END.match(lines[number])) + 1
            own += lines[at:end]
        else:
            said.append(line)
        at = end
    if any(map(_DRAWER.match, said)):  # one that is not closed: what belongs to it can't be told
        return Block(chunk, chunk.content, (), chunk.gap)
    return Block(chunk, "\n".join(said).rstrip(), tuple(own), chunk.gap)


def block_lines(content: str, own: tuple[str, ...], depth: int, unit: str) -> str:
    """Write a block as Logseq does: a dash, further lines two blanks behind it, its own lines after the first."""
    first, *more = content.split("\n")
    if own and first.lstrip().startswith(_SOLID):
        first, more = own[0], [*own[1:], first, *more]
    else:
        more = [*own, *more]
    indent = unit * depth
    lines = [f"{indent}- {first}" if first else f"{indent}-", *(f"{indent}  {line}" if line else "" for line in more)]
    return "".join(f"{line}\n" for line in lines)


def block_mark(content: str, depth: int) -> str:
    """Give what a block is remembered by: what it says, and where in the outline."""
    return _digest(f"{depth} {content.strip()}")


def head_mark(key: str, value: str) -> str:
    """Give what a property of a page is remembered by."""
    return _digest(f"{property_name(key)}:: {value.strip()}")


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK_DIGITS]
