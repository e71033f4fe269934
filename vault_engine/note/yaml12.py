"""YAML 1.2 core values, with the place of each top-level pair.

PyYAML's parser gives the events; what they mean is decided here, because its own rules are YAML 1.1:
``yes`` would be a boolean, ``12:30`` the number 750 and every date an object no JSON can hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

MAX_DEPTH = 32
MAX_VALUES = 100_000  # counted with every alias written out

_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,4000}")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")
_COMMENT = re.compile(r"#[^\n]*+")
_BLOCK_STYLES = frozenset({"|", ">"})
# Line breaks in YAML 1.1 only: hidden from the parser behind private-use characters of equal length.
_HIDE = str.maketrans("\x85\u2028\u2029", "\uf785\uf728\uf729")
_SHOW = str.maketrans("\uf785\uf728\uf729", "\x85\u2028\u2029")


class YamlProblem(yaml.YAMLError):
    """The text is no YAML we read. ``line`` counts from 1 within the text."""

    def __init__(self, problem: str, line: int) -> None:
        """Say what is wrong and where."""
        self.problem, self.line = problem, line
        super().__init__(f"line {line}: {problem}")


class Pair(NamedTuple):
    """Where one top-level key and its value stand, in characters of the text."""

    key: str
    start: int
    key_end: int
    end: int  # last character of the value that is no blank, plus one
    comments: tuple[int, ...]  # offsets of the comments between key and end


class QuotedText(NamedTuple):
    """One quoted text, with its place in the tree: ``"list.0"``."""

    path: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """What a YAML text holds."""

    value: Any  # JSON values only; None when there is no data
    editable: bool  # no data, or a block mapping at column 0 whose keys are texts
    pairs: tuple[Pair, ...]
    quoted: tuple[QuotedText, ...]


def read_yaml(text: str) -> Document:
    """Read one YAML document.

    Not-a-number and infinity stay text (JSON has no such values); merge keys and tags have no meaning.

    Raises:
        YamlProblem: the text is no YAML, has a duplicate key or a tag, or goes beyond the limits.
    """
    if text.startswith("\ufeff"):  # the parser would leave it out when it counts
        raise YamlProblem("a byte order mark inside the properties", 1)
    hidden = text.translate(_HIDE)
    try:
        return _Builder(hidden, shown=hidden != text).build()
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        raise YamlProblem(error.problem or "not YAML", mark.line + 1 if mark else 1) from None
    except (yaml.reader.ReaderError, ValueError, RecursionError) as error:
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
        raise YamlProblem("a character that YAML does not allow", line) from None


def scalar_value(text: str) -> Any:
    """Say what an unquoted text means in the YAML 1.2 core schema."""
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if text[0].isalpha():  # no number begins like that
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text) and abs(number := float(text)) != float("inf"):
        return number
    return text


@dataclass(slots=True)
class _Frame:
    """A collection that is still open."""

    value: dict[str, Any] | list[Any]
    anchor: str | None
    size: int = 1
    key: str | None = None
    key_span: tuple[int, int] = (0, 0)

    @property
    def step(self) -> str:
        return str(len(self.value)) if isinstance(self.value, list) else str(self.key)


@dataclass(slots=True)
class _Builder:
    """Builds the values of one document from parser events, without recursion."""

    text: str
    shown: bool  # whether hidden line breaks have to be shown again
    frames: list[_Frame] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    quoted: list[QuotedText] = field(default_factory=list)
    root: Any = None
    documents: int = 0
    editable: bool = True
    leaf_end: int = 0
    comments: list[int] = field(default_factory=list)

    def build(self) -> Document:
        for event in self._events():
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close(event)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    raise YamlProblem("a second YAML document", _line(event))
        return Document(self.root, self.editable, tuple(self.pairs), tuple(self.quoted))

    def _events(self) -> Iterator[Any]:
        parser = _Parser(self.text)
        try:
            while (event := parser.get_event()) is not None:
                yield event
                if isinstance(event, yaml.StreamEndEvent):
                    return
        finally:
            parser.dispose()

    def _scalar(self, event: Any) -> None:
        _refuse_tag(event)
        raw = event.value.translate(_SHOW) if self.shown else event.value
        value = scalar_value(raw) if event.implicit[0] else raw
        self._leaf(event)
        if event.style in ("'", '"') and raw.startswith("[[") and self._expects_value():
            path = ".".join(frame.step for frame in self.frames)
            self.quoted.append(QuotedText(path, raw, event.start_mark.index, event.end_mark.index))
        if not self.frames:
            self.editable = False
        self._add(value, raw, 1, event.anchor, event)

    def _open(self, event: Any) -> None:
        _refuse_tag(event)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        if len(self.frames) >= MAX_DEPTH:
            raise YamlProblem(f"nested deeper than {MAX_DEPTH}", _line(event))
        if not self.frames and (not is_mapping or event.flow_style or event.start_mark.column):
            self.editable = False
        frame = _Frame({} if is_mapping else [], event.anchor)
        frame.key_span = (event.start_mark.index, event.start_mark.index)
        self.frames.append(frame)

    def _close(self, event: Any) -> None:
        frame = self.frames.pop()
        if event.end_mark.index > event.start_mark.index:  # a bracket or brace: flow style
            self._leaf(event)
        if len(self.frames) == 1 and not self._expects_value():
            self.editable = False  # a collection as a top-level key
        self._add(frame.value, None, frame.size, frame.anchor, event)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise YamlProblem(f"no anchor called {event.anchor}", _line(event))
        self._leaf(event)
        value, size = self.anchors[event.anchor]
        self._add(value, value if isinstance(value, str) else None, size, None, event)

    def _leaf(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        between = self.text[self.leaf_end : start]
        if getattr(event, "style", None) in _BLOCK_STYLES:  # its first line may end in a comment
            between += self.text[start:end].partition("\n")[0]
        if "#" in between:
            self.comments += [self.leaf_end + found.start() for found in _COMMENT.finditer(between)]
        self.leaf_end = start + len(self.text[start:end].rstrip())

    def _expects_value(self) -> bool:
        """Whether the next node is a value, not a key."""
        return not self.frames or isinstance(self.frames[-1].value, list) or self.frames[-1].key is not None

    def _add(self, value: Any, raw: str | None, size: int, anchor: str | None, event: Any) -> None:
        """Put a finished node where it belongs; ``raw`` is its text if it is a scalar."""
        if anchor is not None:
            self.anchors[anchor] = (value, size)
        if not self.frames:
            self.root = value
            return
        frame = self.frames[-1]
        frame.size += size
        if frame.size > MAX_VALUES:
            raise YamlProblem(f"more than {MAX_VALUES} values", _line(event))
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.key is None:
            self._key(frame, json.dumps(value, ensure_ascii=False) if raw is None else raw, event)
        else:
            frame.value[frame.key] = value
            if len(self.frames) == 1:
                self._pair(frame.key, *frame.key_span)
            frame.key = None

    def _pair(self, key: str, start: int, key_end: int) -> None:
        inside = tuple(comment for comment in self.comments if comment > start)
        self.comments.clear()
        self.pairs.append(Pair(key, start, key_end, max(self.leaf_end, key_end), inside))

    def _key(self, frame: _Frame, key: str, event: Any) -> None:
        if key in frame.value:
            raise YamlProblem(f"the key {key!r} stands twice", _line(event))
        frame.key = key
        frame.key_span = (event.start_mark.index, event.end_mark.index)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _refuse_tag(event: Any) -> None:
    if event.tag is not None:
        raise YamlProblem(f"the tag {event.tag} is not read", _line(event))
