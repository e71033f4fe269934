"""Slices of a note that are small enough to embed and that keep to its structure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vault_engine.note.model import Note

SHORT_SECTION_WORDS = 40

# Scripts written without blanks: every character is a word. Longer runs of other text count once per 32.
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|[^\s{_IDEOGRAPHS}]{{1,32}}")
_SENTENCE_ENDS = frozenset(".!?\u2026\u3002\uff01\uff1f")
_MID_WORD, _BLANK, _SENTENCE, _LINE, _PARAGRAPH = range(5)


@dataclass(frozen=True, slots=True)
class Chunk:
    """The slice of a note that becomes one embedding; ``text == note.text[start:end]``."""

    ordinal: int  # from 0, in order of appearance
    headings: tuple[str, ...]  # from the outermost inwards; what all of the chunk lies under
    text: str
    start: int
    end: int


@dataclass(slots=True)
class _Section:
    """A heading with the text up to the next one, or several short neighbours."""

    headings: tuple[str, ...]
    words: list[tuple[int, int]]  # spans
    mergeable: bool


def chunks(note: Note, *, max_words: int = 180) -> tuple[Chunk, ...]:
    """Cut the body into chunks of at most ``max_words`` words; every character but blanks is in one.

    Sections under one heading stay apart unless they are short neighbours; a long section is cut between
    paragraphs where possible, else between lines, sentences or words. A note without a body has one empty
    chunk, so that its title can be found.
    """
    spans = [
        (section.headings, span)
        for section in _merge(_sections(note), max_words)
        for span in _cut(note.text, section.words, max_words)
    ]
    if not spans:
        return (Chunk(0, (), "", note.frontmatter.body_start, note.frontmatter.body_start),)
    return tuple(
        Chunk(ordinal, headings, note.text[start:end], start, end)
        for ordinal, (headings, (start, end)) in enumerate(spans)
    )


def _sections(note: Note) -> Iterator[_Section]:
    chain: list[tuple[int, str]] = []
    start = note.frontmatter.body_start
    for heading in note.headings:
        yield _section(note.text, chain, start, heading.start)
        while chain and chain[-1][0] >= heading.level:
            chain.pop()
        chain.append((heading.level, heading.text))
        start = heading.start
    yield _section(note.text, chain, start, len(note.text))


def _section(text: str, chain: list[tuple[int, str]], start: int, end: int) -> _Section:
    words = [word.span() for word in _WORD.finditer(text, start, end)]
    return _Section(tuple(heading for _, heading in chain), words, len(words) < SHORT_SECTION_WORDS)


def _merge(sections: Iterator[_Section], max_words: int) -> Iterator[_Section]:
    """Join short neighbours: a section with its first children, or sections of the same parent."""
    group: _Section | None = None
    for section in sections:
        if not section.words:
            continue
        if group is not None and (shared := _shared_headings(group, section, max_words)) is not None:
            group = _Section(shared, group.words + section.words, True)
            continue
        if group is not None:
            yield group
        group = section
    if group is not None:
        yield group


def _shared_headings(group: _Section, section: _Section, max_words: int) -> tuple[str, ...] | None:
    """The headings that two sections lie under together, None if they stay apart."""
    if not (group.mergeable and section.mergeable):
        return None
    if len(group.words) + len(section.words) > max_words:
        return None
    parent = section.headings[:-1]
    return parent if parent in (group.headings, group.headings[:-1]) else None


def _cut(text: str, words: list[tuple[int, int]], max_words: int) -> Iterator[tuple[int, int]]:
    """Cut a section at the strongest gap in the second half of each ``max_words`` words."""
    first = 0
    while len(words) - first > max_words:
        gaps = range(first + (max_words + 1) // 2, first + max_words + 1)
        cut = max(gaps, key=lambda gap: (_strength(text, words[gap - 1][1], words[gap][0]), gap))
        yield words[first][0], words[cut - 1][1]
        first = cut
    yield words[first][0], words[-1][1]


def _strength(text: str, end: int, start: int) -> int:
    """How good a place for a cut the gap between two words is."""
    breaks = text.count("\n", end, start)
    if breaks:
        return _PARAGRAPH if breaks > 1 else _LINE
    if text[end - 1] in _SENTENCE_ENDS:
        return _SENTENCE
    return _BLANK if end < start else _MID_WORD
