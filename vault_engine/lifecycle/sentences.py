"""Cutting a Markdown text into sentences, without cutting numbers, versions, addresses or code apart. Pure.

Frontmatter, headings, tables, comments, fenced code and tasks that are still to be done hold no sentences.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import vault_engine.note as notes

_FENCE = re.compile(r"[ \t]{0,3}(?:[-*+>][ \t]+)*(`{3,}|~{3,})")
_SKIPPED = re.compile(r"[ \t]*(?:#{1,6}(?:[ \t]|$)|\||<!--|!\[|(?:-{3,}|={3,}|\*{3,})[ \t]*$|%%|\[\^?[^\]\n]+\]:)")
_OPEN_TASK = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[[^\]xX]\][ \t]")
_MARKER = re.compile(r"(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t])))+[ \t]*(?:\[[xX]\][ \t]+)?|[ \t]+")
_WHOLE = re.compile(r"`[^`\n]++`|\[\[?[^\[\]\n]{1,500}+\]")
_END = re.compile(r"(?:[.!?…]+|[。！？])[\"'”’)\]*_]*(?=\s|$)|(?<=[。！？])")
_SHORTENED = re.compile(
    r"(?:^|[\s(\"'“])(?:(?P<title>Dr|Mr|Mrs|Ms|Prof|St|No|Nr|Fig|Sec|Vol|ca|cf|approx|vs|e\.g|i\.e|resp|incl|v|z\.B|d\.h)"
    r"|etc|a\.m|p\.m|Inc|Ltd|Co|Corp|al|Jr|Sr|min|max|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)$",
    re.IGNORECASE,
)
_INITIAL = re.compile(r"(?:^|[\s(])(?:[A-Z][\w'-]*\.?[ ])?[A-HJ-Z]$")  # of a name: behind another one, or first
_NEXT_INITIAL = re.compile(r" [A-Z]\. ")
_LOOKED_BACK = 30  # characters
_BLANKS = re.compile(r"\s+")
_OPENING = "\"'“‘([*_"


class Sentence(NamedTuple):
    """A sentence and where it stands."""

    text: str  # on one line, without the marks of quotes and lists
    start: int  # offset in the whole text, in characters
    end: int  # first character after it


class _Piece(NamedTuple):
    start: int
    end: int


def sentences(text: str) -> tuple[Sentence, ...]:
    """Give the sentences of a note or any other text, in their order. Takes time linear in its length."""
    found = (sentence for block in _blocks(text) for sentence in _split(text, block))
    return tuple(sentence for sentence in found if any(char.isalnum() for char in sentence.text))


def _blocks(text: str) -> Iterator[list[_Piece]]:
    """Give what belongs together: the lines of a paragraph or of an item of a list, each without its mark."""
    block: list[_Piece] = []
    fence, position = "", notes.read_frontmatter(text).body_start
    while position < len(text):
        end = text.find("\n", position) + 1 or len(text)
        line = text[position:end]
        mark = _FENCE.match(line)
        is_text = not (fence or mark or not line.strip() or _SKIPPED.match(line) or _OPEN_TASK.match(line))
        begin = _MARKER.match(line)
        if not is_text or (begin and begin[0].strip(" \t>")):
            if block:
                yield block
            block = []
        if is_text:
            block.append(_Piece(position + (begin.end() if begin else 0), position + len(line.rstrip())))
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence):
            fence = ""
        position = end
    if block:
        yield block


def _split(text: str, block: list[_Piece]) -> Iterator[Sentence]:
    """Cut a block where sentences end; one may go on over several lines."""
    parts: list[_Piece] = []
    for number, piece in enumerate(block):
        start, whole = piece.start, [found.span() for found in _WHOLE.finditer(text, piece.start, piece.end)]
        at = 0
        for end in _END.finditer(text, piece.start, piece.end):
            while at < len(whole) and whole[at][1] <= end.start():
                at += 1
            is_inside = at < len(whole) and whole[at][0] <= end.start()
            if is_inside or (end[0] and _is_shortened(text, start, end, piece, block[number + 1 :])):
                continue
            yield _sentence(text, [*parts, _Piece(start, end.end())])
            parts, start = [], end.end()
        if start < piece.end:
            parts.append(_Piece(start, piece.end))
    if parts:
        yield _sentence(text, parts)


def _is_shortened(text: str, start: int, end: re.Match[str], piece: _Piece, after: list[_Piece]) -> bool:
    """Say whether a point ends a word such as "e.g." or "Dr." and not the sentence."""
    if end[0] != ".":
        return False
    before = text[max(start, end.start() - _LOOKED_BACK) : end.start()].lstrip("\n")
    initial, found = _INITIAL.search(before), _SHORTENED.search(before)
    if initial and (initial.start() == 0 or " " in initial[0].strip() or _NEXT_INITIAL.match(text, end.end())):
        return True
    if found is None:
        return False
    if found["title"]:
        return True
    rest = text[end.end() : piece.end].lstrip()[:1] or (text[after[0].start : after[0].end][:1] if after else "")
    return bool(rest) and not rest.isupper() and rest not in _OPENING


def _sentence(text: str, parts: list[_Piece]) -> Sentence:
    said = _BLANKS.sub(" ", " ".join(text[part.start : part.end] for part in parts)).strip()
    first = text[parts[0].start : parts[0].end]
    start = parts[0].start + len(first) - len(first.lstrip())
    return Sentence(said, start, parts[-1].end)
