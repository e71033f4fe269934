"""The YAML head of a note: where it is and what it says."""

from __future__ import annotations

import re
from typing import Any

from frontmatter.default_handlers import YAMLHandler

from vault_engine.note.model import Frontmatter, FrontmatterState
from vault_engine.note.plain_yaml import read_plain_values, read_plain_yaml
from vault_engine.note.yaml12 import Document, YamlProblem, read_yaml

MAX_BYTES = 64 * 1024
_SMALL = MAX_BYTES // 4  # characters
BOM = "\ufeff"

_OPENING = re.compile(r"---[ \t]*+\r?\n")
_CLOSING = re.compile(r"\n---[ \t]*+(?:\r?\n|\r?\Z)")


class NoteHandler(YAMLHandler):
    """What python-frontmatter needs to read a note by our rules. It only reads."""

    def split(self, text: str) -> tuple[str, str]:
        """Cut a note into the text between its fences and the body.

        Raises:
            ValueError: there is no block.
        """
        span = block_span(text)
        if span is None:
            raise ValueError("no frontmatter")
        start, end, body_start = span
        return text[start:end], text[body_start:]

    def load(self, fm: str, **_: object) -> Any:
        """Read the text between the fences as YAML 1.2.

        Raises:
            YamlProblem: the text is invalid or longer than 64 KiB.
        """
        return read_block(fm).value


def block_span(text: str) -> tuple[int, int, int] | None:
    """Find the frontmatter block: start and end of its YAML, start of the body, in characters."""
    opening = _OPENING.match(text, 1 if text.startswith(BOM) else 0)
    if opening is None:
        return None
    closing = _CLOSING.search(text, opening.end() - 1)
    if closing is None:
        return None
    return opening.end(), closing.start() + 1, closing.end()


def body_start(text: str) -> int:
    """Say where the body begins, whatever the frontmatter says."""
    span = block_span(text)
    return span[2] if span else int(text.startswith(BOM))


def read_frontmatter(text: str) -> Frontmatter:
    """Read the head of a note; what cannot be read is told by the state, never raised."""
    span = block_span(text)
    if span and span[1] - span[0] <= _SMALL and (values := read_plain_values(text[span[0] : span[1]])):
        return Frontmatter(FrontmatterState.OK, values, *span)
    return read_head(text)[0]


def read_head(text: str) -> tuple[Frontmatter, Document | None]:
    """Read the head of a note, and its YAML with the places of what it holds where that could be read."""
    span = block_span(text)
    if span is None:
        return Frontmatter(FrontmatterState.NONE, {}, 0, 0, body_start(text)), None
    start, end, _ = span
    try:
        document = read_block(text[start:end])
    except YamlProblem as error:
        return Frontmatter(FrontmatterState.INVALID, {}, *span, f"line {error.line + 1}: {error.problem}"), None
    value = document.value
    if value is None:
        return Frontmatter(FrontmatterState.EMPTY, {}, *span), document
    if not isinstance(value, dict):
        kind = "a list" if isinstance(value, list) else "a single value"
        return Frontmatter(FrontmatterState.NON_MAPPING, {}, *span, f"line 2: {kind}, not properties"), document
    return Frontmatter(FrontmatterState.OK, value, *span), document


def read_block(block: str) -> Document:
    """Read the text between the fences.

    Raises:
        YamlProblem: it is invalid, or longer than 64 KiB.
    """
    if len(block) > MAX_BYTES or len(block.encode("utf-8", "replace")) > MAX_BYTES:
        raise YamlProblem(f"longer than {MAX_BYTES} bytes", 1)
    return read_plain_yaml(block) or read_yaml(block)
