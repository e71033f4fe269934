"""Files that a person has, as notes: one of the type ``document`` for each, kept up to date when it is read again."""

import codecs
import hashlib
import importlib.util
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from vault_engine.engine import (
    MAX_FIELD_CHARS,
    MAX_LIST_ITEMS,
    MAX_TEXT_BYTES,
    Actor,
    Engine,
    Memory,
    Reach,
    parse_file,
)
from vault_engine.engine.memory import draft
from vault_engine.errors import BadInput, MemwellError, NoteMissing
from vault_engine.transfer import document_reader
from vault_engine.transfer.claude_code import as_name
from vault_engine.transfer.run import Failure, Progress
from vault_engine.transfer.transcript import cleaned

MAX_FILE_BYTES = 50 << 20
CATEGORY, TYPE = "documents", "document"
SOURCE, SOURCE_SHA256 = "source", "source_sha256"
EXTRA = "pip install 'memwell[documents]'"

_READ_S = 90.0
_KINDS = {
    ".md": "markdown", ".markdown": "markdown", ".txt": "text", ".json": "json",
    ".html": "html", ".htm": "html", ".pdf": "pdf", ".docx": "docx",
}  # fmt: skip
_HEAD = re.compile(r"---[ \t]*\n(?:(?!---[ \t]*(?:\n|\Z)).*\n)*?---[ \t]*(?:\n|\Z)")
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_TAG = re.compile(r"[\w/-]*[^\W\d][\w/-]*")
_SAFE_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))

Action = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True)
class IngestedFile:
    """What became of one file, or would."""

    file: str
    action: Action
    path: str  # of its note
    title: str
    chars: int  # of its text


@dataclass(frozen=True)
class Ingested:
    """What became of some files."""

    files: tuple[IngestedFile, ...]
    failed: tuple[Failure, ...]
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """How files become notes."""

    category: str = CATEGORY
    key: str | None = None  # of the note of a single file; None: made of the file's name
    tags: tuple[str, ...] = ()
    trusted: bool = False  # whether what the files say is as good as what the person says
    replace: bool = False  # whether a file may take the note of another one of that name
    dry_run: bool = False


class _Text(NamedTuple):
    """What a file says."""

    title: str | None  # None: it says that itself
    text: str
    tags: tuple[str, ...] = ()


def ingest(
    engine: Engine,
    files: Sequence[Path],
    terms: Terms | None = None,
    *,
    progress: Progress | None = None,
    actor: Actor | None = None,
    within: Reach | None = None,
) -> Ingested:
    """Make a note of the text of each file; one that has its note already is brought up to date or left alone.

    A file that can't be read is told of and the others go on. Nothing is written of a file before it is read whole.

    Args:
        engine: the open vault.
        files: Markdown, text, JSON, HTML, PDF or Word documents, by their extensions, at most 50 MiB each.
        terms: how.
        progress: told how far it is.
        actor: who asks for it, where that is not who opened the vault.
        within: what may be reached in the vault.

    Raises:
        BadInput: a key was given for several files.
    """
    terms = terms or Terms()
    if terms.key is not None and len(files) != 1:
        raise BadInput("a key is for one file")
    done: list[IngestedFile] = []
    failed: list[Failure] = []
    for number, file in enumerate(files, 1):
        try:
            done.append(_ingest_one(engine, file, terms, actor, within))
        except MemwellError as error:
            failed.append(Failure(str(file), str(error)))
        if progress:
            progress("reading", number, len(files))
    return Ingested(tuple(done), tuple(failed), terms.dry_run)


def _ingest_one(engine: Engine, file: Path, terms: Terms, actor: Actor | None, within: Reach | None) -> IngestedFile:
    kind = _KINDS.get(file.suffix.lower())
    if kind is None:
        raise BadInput(f"it is of no kind that is read: {', '.join(_KINDS)}")
    data = _bytes_of(file)
    said = _text_of(kind, data, file.stem)
    memory = _memory(file, said, hashlib.sha256(data).hexdigest(), terms)

    def told(action: Action, path: str) -> IngestedFile:
        return IngestedFile(str(file), action, path, said.title or file.stem, len(said.text))

    planned = draft(memory, within).path  # also by a dry run, what could not be written is refused
    if found := _known(engine, f"{terms.category.strip().strip('/')}/{memory.key}", within):
        path, properties = found
        if properties.get(SOURCE_SHA256) == memory.properties[SOURCE_SHA256]:
            return told("unchanged", path)
        if properties.get(SOURCE) != memory.source and not terms.replace:
            raise BadInput(f"{path} is another note, or of another file: give a key or a category, or replace it")
    if terms.dry_run:
        return told("updated", found[0]) if found else told("created", planned)
    result = engine.remember(memory, actor=actor, within=within)
    return told(result.action, result.path)


def _memory(file: Path, said: _Text, sha256: str, terms: Terms) -> Memory:
    return Memory(
        f"\n{said.text}",  # so that nothing in it is taken for properties
        category=terms.category,
        key=terms.key or as_name(file.stem) or TYPE,
        title=said.title,
        type=TYPE,
        tags=(*terms.tags, *said.tags)[:MAX_LIST_ITEMS],
        source=str(file.absolute())[-MAX_FIELD_CHARS:],
        trust=None if terms.trusted else "untrusted",
        properties={SOURCE_SHA256: sha256},
    )


def _known(engine: Engine, ref: str, within: Reach | None) -> tuple[str, dict[str, Any]] | None:
    """Give path and properties of the note that a file would become, None if there is none."""
    try:
        view = engine.read(ref, within=within)
    except NoteMissing:
        return None
    return view.path, view.properties


def _bytes_of(file: Path) -> bytes:
    """Read a file whole: a plain one, no device and no pipe, that is no larger than it may be.

    Raises:
        BadInput: it is not, or can't be read.
    """
    try:
        handle = os.open(file, _SAFE_FLAGS)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise BadInput("it is no file")
            with os.fdopen(handle, "rb", closefd=False) as stream:
                data = stream.read(MAX_FILE_BYTES + 1)
        finally:
            os.close(handle)
    except OSError as error:
        raise BadInput(f"it can't be read: {error.strerror}") from None
    except ValueError:  # a name with a NUL
        raise BadInput("that is no name of a file") from None
    if len(data) > MAX_FILE_BYTES:
        raise BadInput(f"it has more than {MAX_FILE_BYTES >> 20} MiB")
    return data


def _text_of(kind: str, data: bytes, stem: str) -> _Text:
    """Give what a file says.

    Raises:
        BadInput: nothing, or nothing that can be read.
    """
    said = _PLAIN[kind](data, stem) if kind in _PLAIN else _read_apart(kind, data, stem)
    text = cleaned(said.text)
    if not text:
        raise BadInput("there is no text in it")
    if len(text.encode("utf-8", "replace")) > MAX_TEXT_BYTES - MAX_FIELD_CHARS * 4:
        raise BadInput(f"it holds more than {MAX_TEXT_BYTES >> 20} MiB of text; split it")
    return said._replace(text=text)


def _decoded(data: bytes) -> str:
    try:
        is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = data.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"it is not UTF-8 (byte {error.start}): save it as UTF-8, or it is no text") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if bad := _UNFIT.search(text):
        raise BadInput(f"it holds the character U+{ord(bad[0]):04X}, which no text has")
    return text


def _markdown(data: bytes, _stem: str) -> _Text:
    text = _decoded(data)
    head = _HEAD.match(text)
    if head is None:
        return _Text(None, text)
    properties = parse_file(head[0].encode(), source="note.md")
    tags = [tag for tag in properties["fm_tags"] if len(tag) <= MAX_FIELD_CHARS and _TAG.fullmatch(tag)]
    title = _one_line(str((properties["frontmatter"] or {}).get("title") or ""))
    return _Text(title or None, text[head.end() :], tuple(tags))


def _plain_text(data: bytes, stem: str) -> _Text:
    return _Text(stem, _decoded(data))


def _json(data: bytes, stem: str) -> _Text:
    text = _decoded(data).strip()
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"it is not JSON: {error}") from None
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return _Text(stem, f"{fence}json\n{text}\n{fence}")


_PLAIN: dict[str, Callable[[bytes, str], _Text]] = {"markdown": _markdown, "text": _plain_text, "json": _json}


def _read_apart(kind: str, data: bytes, stem: str) -> _Text:
    """Have another process read a document, for a while."""
    if kind == "pdf" and importlib.util.find_spec("pypdf") is None:
        raise BadInput(f"to read PDF needs an extra: {EXTRA}")
    command = [sys.executable, "-P", document_reader.__file__, kind, str(MAX_TEXT_BYTES)]
    try:
        done = subprocess.run(
            command, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_READ_S, check=False
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise BadInput(f"to read it takes more than {_READ_S:g} seconds") from None
    except OSError as error:
        raise BadInput(f"no process can be started to read it: {error.strerror}") from None
    except ValueError:
        raise BadInput("to read it takes more memory or time than it may") from None
    if problem := answer.get("problem"):
        raise BadInput(problem)
    return _Text(_one_line(answer["title"]) or stem, answer["text"])


def _one_line(text: str) -> str:
    """Make of a title from outside what fits on one line."""
    words = " ".join(text.split())
    return "".join(char for char in words if char.isprintable())[:MAX_FIELD_CHARS].strip()
