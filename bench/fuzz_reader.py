"""Look for notes that the reader reads wrongly: random syntax, and real notes with random damage.

Each text has to keep a list of promises, the first being that the reader's short cuts find what it finds without
them. Prints each broken promise with the smallest text found that breaks it, then the number of texts; ends with 1
when a promise was broken. Runs with the same seed try the same texts.
"""

import argparse
import random
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any
from unittest.mock import patch

from vault_engine.note import (
    DELETED,
    Edited,
    FrontmatterState,
    Link,
    LinkKind,
    Note,
    Profile,
    Refused,
    chunks,
    parse,
    set_properties,
)
from vault_engine.note import inline as inline_reader
from vault_engine.note import links as link_reader
from vault_engine.note import scan as block_reader
from vault_engine.note import text as text_reader
from vault_engine.note.body import append
from vault_engine.note.edit import add_tag, remove_tag
from vault_engine.note.frontmatter import block_span
from vault_engine.note.links import decode_destination
from vault_engine.note.plain_yaml import read_plain_yaml
from vault_engine.note.relink import Renaming, apply_splices, rewritten_links
from vault_engine.note.scan import scan_body
from vault_engine.note.text import Found
from vault_engine.note.yaml12 import read_yaml

MAX_SECONDS = 1.0  # for a text of at most MAX_SIZE characters
MAX_SIZE = 20_000
_NEVER = re.compile(r"(?!)")
_SLOW_TOKENS = dict.fromkeys(inline_reader._TOKENS, inline_reader._TOKENS[True, True, True])
_FILES = ("A.md", "sub/B.md", "C d.md", "sub/pic.png", "Src.md")
_WORDS = (
    "word", "a", "b c", "A", "B", "C d", "sub/B", "pic.png", "Sentence. ", "日本語", "é", "0", "2026-11-21", "x:y",
    "::", "key:: v", "tag", "true", " ", "  ", "\t", "\u2028", "\x85", "\xa0", "\x0b", "\x00", "\r", "\ufeff",
)  # fmt: skip
_MARKS = (
    "[[A]]", "[[B|x]]", "![[pic.png|100]]", "[[A#H#^b]]", "[t](A.md)", "[t](<C d.md> 't')", "![x](sub/pic.png)",
    "[t][r]", "[r]", "[r]: A.md", "[r]: <C d.md> 't'", "[^1]: n", "[[", "]]", "![[", "[", "]", "](", "(", ")", "|",
    "\\|", "#", "#tag", "#[[C d]]", "^", " ^id", "`", "``", "```", "~~~", "$", "$$", "<", ">", "<!--", "-->", "<div>",
    "</div>", "<b>", "<a x='", "\\", "%%", "%23", "%C3%A9", "*", "**", "_", "=", "-", "+", "((", "))",
    "{{embed [[A]]}}", "{{", "}}", "id:: ", "::", "((60ab6f5b-4bdc-4ef0-a0f8-6cad9dcad2b2))", "https://x.org/[[A]]",
    "<https://x.org>", "&", "!", "'", '"', ",", "#+BEGIN_SRC", "#+END_SRC", ":LOGBOOK:", ":END:", "[!note]",
    "[!x|y]-", "| a | b |", "|---|---|", "|-|", "a | b", "<script>", "</script>",
)  # fmt: skip
_LINE_STARTS = (
    "", "", "", " ", "  ", "   ", "    ", "\t", "> ", ">", "> > ", "- ", "-", "* ", "+ ", "1. ", "2) ", "10. ", "-\t",
    "# ", "## ", "#", "#\t", "```", "~~~ ", "```js", "$$", "---", "***", "===", "--", "<div>", "<!--", "-->", "| ",
    "|", ":", "[r]: ", "<<<<<<<", "=======", ">>>>>>>", "%%", "\u3000",
)  # fmt: skip
_YAML = (
    "a: 1", "tags: [a, b]", "tags:", "  - x", "- x", "aliases: A", "up: '[[A]]'", 'up: "[[B|x]]"', "k: |", "  text",
    "# c", "a: [", "k: 'it''s'", "d: 2026-11-21", "n: ~", "b: yes # c", '"q": 1', "? a", "k: &x 1", "l: *x",
    "k: {a: 1}", "", "...", "tag:: v", 'e: "\\x41"', "list: [\"[[A]]\", '[[C d]]']", "\t", "no: 12:30", "k: >-",
)  # fmt: skip
_LINE_ENDS = ("\n", "\n", "\n", "\n", "\n\n", " \n", "\r\n", "  \r\n", "\t\n")
SYNTAX = tuple(dict.fromkeys((*_WORDS, *_MARKS, *_LINE_STARTS, *_LINE_ENDS)))


@contextmanager
def without_short_cuts() -> Iterator[None]:
    """Let the reader take every text line by line and mark by mark. Holds for the whole process."""
    with (
        patch.object(block_reader, "_PIECE", _NEVER),
        patch.object(block_reader, "_PIECE_IN_PARAGRAPH", _NEVER),
        patch.object(block_reader, "_INDENTED_CODE", _NEVER),
        patch.object(block_reader._Scanner, "_read_hidden", lambda self, position, _: self._read_line(position)),
        patch.object(block_reader._Scanner, "_quotes_on", lambda _self, _start: 0),
        patch.object(text_reader, "_MARKS", ("",)),
        patch.object(text_reader, "_MARKS_WITH_DEFINITIONS", ("",)),
        patch.object(inline_reader, "_TOKENS", _SLOW_TOKENS),
        patch.object(link_reader, "_PLAIN", _NEVER),
    ):
        yield


def comparable(found: Found) -> dict[str, Any]:
    """Give what a body holds in the form in which two ways of reading it agree.

    The text of a link that goes over several lines may differ in its blanks, because either way drops others.
    """
    shown = {field.name: getattr(found, field.name) for field in fields(found)}
    return shown | {"links": [link._replace(alias=_collapsed(link.alias)) for link in found.links]}


def _collapsed(text: str | None) -> str | None:
    return None if text is None else " ".join(text.split())


def short_cut_problems(text: str) -> Iterator[str]:
    """Say what the reader finds in another way than without its short cuts."""
    start = parse(text).frontmatter.body_start
    quick = comparable(scan_body(text, start))
    with without_short_cuts():
        slow = comparable(scan_body(text, start))
    for name, value in quick.items():
        if value != slow[name]:
            yield f"short cuts, {name} | {value} instead of {slow[name]}"


def _place_problems(note: Note) -> Iterator[str]:
    """Say which offset or line is not that of what was found."""
    text = note.text
    wrong: list[object] = [link for link in note.links if not _is_placed(link, text)]
    wrong += [tag for tag in note.inline_tags if not text.startswith((f"#{tag.name}", tag.name, "#[["), tag.start)]
    wrong += [block for block in note.blocks if not text.startswith((f"^{block.id}", block.id), block.start)]
    wrong += [field for field in note.fields if not text[field.start :].lstrip(" \t\r*_~|").startswith(field.key)]
    wrong += [callout for callout in note.callouts if not text.startswith("[!", callout.start)]
    for heading in note.headings:
        starts_line = heading.start == note.frontmatter.body_start or text[heading.start - 1] == "\n"
        if not starts_line or text.count("\n", 0, heading.start) + 1 != heading.line:
            wrong.append(heading)
    for name, items in (("headings", note.headings), ("tags", note.inline_tags), ("blocks", note.blocks)):
        starts = [item.start for item in items]
        if starts != sorted(starts):
            wrong.append(f"order of {name}")
    yield from (f"place, {type(each).__name__} | {each}" for each in wrong)


def _is_placed(link: Link, text: str) -> bool:
    inside = 0 <= link.start < link.end <= len(text) and link.line == text.count("\n", 0, link.start) + 1
    written = text[link.target_start : link.target_end]
    if link.kind in (LinkKind.MARKDOWN, LinkKind.REFERENCE):
        return inside and link.target == decode_destination(written)
    if link.kind is LinkKind.BLOCK:
        return inside and link.block == written
    return inside and (link.target == written or (link.kind is LinkKind.PROPERTY and bool(written)))


def _yaml_problems(text: str) -> Iterator[str]:
    span = block_span(text)
    quick = read_plain_yaml(text[span[0] : span[1]]) if span else None
    if span and quick is not None and repr(quick) != repr(read_yaml(text[span[0] : span[1]])):
        yield f"short cuts, properties | {quick}"


def _edit_problems(note: Note) -> Iterator[str]:
    """Say which edit and its opposite do not give back the text."""
    text, state = note.text, note.frontmatter.state
    has_block = state is FrontmatterState.OK or state is FrontmatterState.EMPTY
    added = set_properties(text, {"memwell-test": "x"})
    undone = set_properties(added.text, {"memwell-test": DELETED}) if isinstance(added, Edited) else None
    if has_block and undone not in (None, Edited(text)):
        yield "edit, a property set and deleted does not restore the text"
    tagged = add_tag(text, "memwell-test")
    if isinstance(tagged, Edited) and parse(tagged.text).body != note.body:
        yield "edit, a tag changes the body"
    cleared = remove_tag(tagged.text, "memwell-test") if isinstance(tagged, Edited) else tagged
    if note.properties.get("tags") and isinstance(cleared, Edited) and parse(cleared.text).tags != note.tags:
        yield "edit, a tag added and removed leaves other tags"
    longer = append(text, "More.")
    if isinstance(longer, Edited) and not longer.text.startswith(text.rstrip()):
        yield "edit, an addition changes what stands before it"


def _move_problems(note: Note) -> Iterator[str]:
    """Say what is wrong with the splices of a rename."""
    splices = rewritten_links(note, "Src.md", Renaming.of(_FILES, {"A.md": "new/Z z.md"}))
    if isinstance(splices, Refused):
        return
    if any(note.text[each.start : each.end] != each.old for each in splices):
        yield f"move, a splice does not stand where it says | {splices}"
    if [link.kind for link in parse(apply_splices(note.text, splices)).links] != [link.kind for link in note.links]:
        yield "move, other links afterwards"


def _chunk_problems(note: Note) -> Iterator[str]:
    position, left = note.frontmatter.body_start, ""
    for chunk in chunks(note):
        left += note.text[position : chunk.start]
        if chunk.start < position or chunk.text != note.text[chunk.start : chunk.end]:
            yield f"chunks, place | {chunk}"
        position = chunk.end
    if (left + note.text[position:]).strip():
        yield "chunks, text is left out"


def problems_of(text: str) -> list[str]:
    """Say which promises the reader breaks on a text; each begins with its sort, the rest is about this text."""
    try:
        return list(_problems(text))
    except Exception as error:  # noqa: BLE001 - that nothing is raised is what is tested
        return [f"raised, {type(error).__name__} | {error}"]


def _problems(text: str) -> Iterator[str]:
    for profile in Profile:
        began = time.process_time()
        note = parse(text, profile)
        if time.process_time() - began > MAX_SECONDS and len(text) <= MAX_SIZE:
            yield f"time, {profile}"
        if note != parse(text, profile):
            yield f"twice, {profile}"
        if text != note.text or text != text[: note.frontmatter.body_start] + note.body:
            yield f"whole, {profile}"
        yield from _place_problems(note)
        yield from _chunk_problems(note)
    yield from short_cut_problems(text)
    yield from _yaml_problems(text)
    note = parse(text)
    yield from _edit_problems(note)
    yield from _move_problems(note)


def shrunk(text: str, breaks: Callable[[str], bool]) -> str:
    """Leave out pieces, ever smaller ones, as long as what is left still breaks the promise."""
    size = max(1, len(text) // 2)
    while size:
        position = 0
        while position < len(text):
            shorter = text[:position] + text[position + size :]
            if breaks(shorter):
                text = shorter
            else:
                position += size
        size //= 2
    return text


class Maker:
    """Makes texts from syntax and from real notes."""

    def __init__(self, seed: int, corpus: Sequence[str]) -> None:
        """Take the seed of all chance and the notes to damage."""
        self.random = random.Random(seed)
        self.corpus = corpus

    def text(self) -> str:
        """Give the next text."""
        if self.corpus and self.random.random() < 0.5:
            return self._damaged(self.random.choice(self.corpus))
        return self._head() + "".join(self._line() for _ in range(self.random.randint(0, 14)))

    def _head(self) -> str:
        if self.random.random() < 0.7:
            return self.random.choice(("", "", "\ufeff", "---\n"))
        end = self.random.choice(("\n", "\n", "\r\n"))
        lines = self.random.choices(_YAML, k=self.random.randint(0, 5))
        return end.join(["---", *lines, self.random.choice(("---", "---", "--- ", "..."))]) + end

    def _line(self) -> str:
        starts = self.random.choices(_LINE_STARTS, k=self.random.choice((1, 1, 2, 3)))
        pieces = [self._piece() for _ in range(self.random.randint(0, 6))]
        return "".join([*starts, *pieces, self.random.choice(_LINE_ENDS)])

    def _piece(self) -> str:
        return self.random.choice(self.random.choice((_WORDS, _MARKS, _MARKS, _LINE_STARTS)))

    def _damaged(self, text: str) -> str:
        start = self.random.randrange(len(text) + 1) if self.random.random() < 0.5 else 0
        text = text[start : start + self.random.choice((200, 1000, 3000))]
        for _ in range(self.random.randint(1, 8)):
            first, last = sorted(self.random.randrange(len(text) + 1) for _ in range(2))
            last = min(last, first + self.random.choice((0, 1, 5, 60)))
            piece = self.random.choice(
                ("", text[first:last] * 2, self._piece(), self._piece(), self._line(), "\n", "\r\n", " ")
            )
            text = text[:first] + piece + text[last:]
        return text.replace("\n", "\r\n") if self.random.random() < 0.05 else text


def read_corpus(folders: Sequence[Path]) -> list[str]:
    """Read the notes of the folders, by path; what is no UTF-8 is read with replacement characters."""
    files = [file for folder in folders for file in sorted(folder.rglob("*.md"))]
    return [file.read_bytes().decode("utf-8", "replace") for file in files]


def fuzz(maker: Maker, seconds: float) -> tuple[int, Mapping[str, str]]:
    """Try texts for a while; how many, and the smallest text found for each sort of problem."""
    found: dict[str, str] = {}
    tried, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        text = maker.text()
        tried += 1
        for problem in problems_of(text):
            sort = _sort(problem)
            if sort not in found:
                found[sort] = shrunk(text, lambda shorter, sort=sort: _breaks(shorter, sort))  # type: ignore[misc]
                print(f"{sort}\n  {found[sort]!r}\n  {problems_of(found[sort])}", flush=True)
    return tried, found


def _sort(problem: str) -> str:
    return problem.partition(" | ")[0]


def _breaks(text: str, sort: str) -> bool:
    return any(_sort(problem) == sort for problem in problems_of(text))


def main(arguments: Sequence[str] | None = None) -> int:
    """Try texts for the minutes asked for; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz_reader", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", nargs="+", type=Path, default=[], metavar="FOLDER", help="notes to damage")
    asked = parser.parse_args(arguments)
    tried, found = fuzz(Maker(asked.seed, read_corpus(asked.corpus)), asked.minutes * 60)
    print(f"{tried} texts, {len(found)} sorts of problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
