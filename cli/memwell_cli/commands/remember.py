"""``memwell remember``."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

import click
from click.core import ParameterSource

from memwell_cli.commands.note_edit import refuse_constant
from memwell_cli.exits import DONE, FAILED, PARTLY
from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, plain, progress, remark, show
from vault_engine import Memory
from vault_engine.engine import Remembered
from vault_engine.engine.bulk import NotRemembered, RememberedMany
from vault_engine.errors import BadInput, NotConfirmed

_BESIDE_BATCH = ("batch", "vault", "as_json")
_MAX_LINE_BYTES = 8 << 20  # more than a whole note takes with every character escaped


@dataclass(frozen=True)
class FailedLine:
    """A line of a batch that did not become a note."""

    line: int  # counts from 1
    kind: str
    message: str


@dataclass(frozen=True)
class NoteOfLine:
    """The note that a line of a batch is now."""

    line: int  # counts from 1
    action: str
    id: str | None
    path: str
    sha256: str


@dataclass(frozen=True)
class Batch:
    """What became of the lines of a batch."""

    created: int
    updated: int
    unchanged: int
    failed: tuple[FailedLine, ...]
    confirmed: bool  # False: it was done, and may be undone if the power fails
    notes: tuple[NoteOfLine, ...]


@click.command()
@click.argument("text", required=False)
@click.option("--file", "file", metavar="FILE", type=click.Path(dir_okay=False), help="Read the text from a file.")
@click.option("--category", help="The folder the note goes into, such as decisions or ops/backup; default: notes.")
@click.option("--key", help="The note's name in its category. Same category and key: that note is updated.")
@click.option("--title", help="Put above the text as its heading.")
@click.option("--type", "type", help="What sort of memory it is: decision, preference, fact …")
@click.option("--tag", "tags", multiple=True, help="A tag, without '#'; repeatable.")
@click.option("--importance", type=float, help="From 0 to 1.")
@click.option("--pin/--no-pin", "pinned", default=None, help="Whether every context begins with it.")
@click.option("--recall-when", multiple=True, metavar="SITUATION", help="When an agent should think of it; repeatable.")
@click.option("--source", help="Where it comes from.")
@click.option("--trust", help="How far to trust it: untrusted for what anybody may have written.")
@click.option("--expect", "expected", metavar="SHA256", help="Replace this revision of the note, or none.")
@click.option("--merge", is_flag=True, help="If the note has changed since --expect, keep that change too, or refuse.")
@click.option(
    "--on-similar",
    type=click.Choice(("hint", "supersede", "off")),
    default="hint",
    show_default=True,
    help="Where another note of its category says the contrary: say so, put the new one in its place, or do not look.",
)
@click.option("--batch", metavar="FILE.jsonl", help="Keep many: a JSON object a line; '-' reads stdin.")
@vault_option
@json_option
@click.pass_context
def remember(
    context: click.Context,
    /,
    text: str | None,
    file: str | None,
    batch: str | None,
    vault: str | None,
    as_json: bool,
    **fields: Any,
) -> int:
    """Keep TEXT as a note; '-' reads it from stdin.

    A text that begins with YAML frontmatter brings its properties along.

    A line of a batch has text, and may have category, key, title, type, tags, importance, pinned, recall_when, source,
    trust, expected and merge. A line that can't be kept is reported and the others go on: then the exit code is 3, or 1
    if none was kept.
    """
    if batch is not None:
        _check_alone(context)
        return _remember_batch(batch, vault, as_json=as_json)
    memory = Memory(text=_read(text, file), **fields)
    with open_vault(vault) as engine:
        remembered = engine.remember(memory)
    for hint in remembered.hints:
        remark(f"note: {hint}")
    show(remembered, as_json=as_json, text=_text)
    return DONE


def _check_alone(context: click.Context) -> None:
    """Refuse what would say the same for every line: each says it for itself."""
    for parameter in context.command.params:
        name = parameter.name or ""
        if name not in _BESIDE_BATCH and context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise click.UsageError("beside --batch only --vault and --json may be given", context)


def _remember_batch(file: str, vault: str | None, *, as_json: bool) -> int:
    name = "stdin" if file == "-" else file
    lines, failed = _read_batch(file)
    with open_vault(vault) as engine, progress() as advance:
        moved = (lambda done, total: advance("remembering", done, total)) if advance else None
        batch = _batch(list(lines), failed, engine.remember_many(lines.values(), progress=moved))
    show(batch, as_json=as_json, text=_counts)
    if not as_json:
        for one in batch.failed:
            remark(plain(f"{name}:{one.line}: {one.message}"))
        if not batch.confirmed:
            remark(f"note: the disk did not confirm it. {NotConfirmed.state}")
    if batch.failed and not batch.notes:
        return FAILED
    return DONE if batch.confirmed and not batch.failed else PARTLY


def _batch(lines: Sequence[int], failed: Sequence[FailedLine], done: RememberedMany) -> Batch:
    """Say by line what became of the memories that were read from ``lines``, in that order."""
    failed = [*failed, *(FailedLine(lines[one.number], one.error.kind.value, str(one.error)) for one in done.failed)]
    return Batch(
        created=done.count("created"),
        updated=done.count("updated"),
        unchanged=done.count("unchanged"),
        failed=tuple(sorted(failed, key=lambda one: one.line)),
        confirmed=done.confirmed,
        notes=tuple(
            NoteOfLine(line, one.action, one.id, one.path, one.sha256)
            for line, one in zip(lines, done.notes, strict=True)
            if not isinstance(one, NotRemembered)
        ),
    )


def _read_batch(file: str) -> tuple[dict[int, Memory], list[FailedLine]]:
    """Read the memories of a batch, each by its line, and the lines that are none."""
    memories: dict[int, Memory] = {}
    failed: list[FailedLine] = []
    try:
        with BytesIO(_read_stdin()) if file == "-" else Path(file).open("rb") as stream:
            for number, line in _lines(stream):
                try:
                    memories[number] = _memory(line)
                except BadInput as error:
                    failed.append(FailedLine(number, error.kind.value, str(error)))
    except (OSError, ValueError) as error:
        raise BadInput(f"can't read {file}: {getattr(error, 'strerror', error)}") from None
    return memories, failed


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Give each line with its number; of one that is too long only as much as shows that it is."""
    for number in count(1):
        line = rest = stream.readline(_MAX_LINE_BYTES + 1)
        if not line:
            return
        while not rest.endswith(b"\n") and (rest := stream.readline(_MAX_LINE_BYTES)):
            pass
        yield number, line


def _memory(line: bytes) -> Memory:
    """Read one line of a batch.

    Raises:
        BadInput: it is not one JSON object with the names and kinds that a memory has.
    """
    facts = _object(line)
    if unknown := facts.keys() - _KINDS.keys():
        raise BadInput(f"a memory has no {min(unknown)[:60]!r}")
    facts = {name: value for name, value in facts.items() if value is not None}
    for name, value in facts.items():
        is_fit, words = _KINDS[name]
        if not is_fit(value):
            raise BadInput(f"{name} must be {words}")
    if "text" not in facts:
        raise BadInput("there is no text")
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    return Memory(**fields)


def _object(line: bytes) -> dict[str, Any]:
    if len(line) > _MAX_LINE_BYTES:
        raise BadInput(f"the line has more than {_MAX_LINE_BYTES >> 20} MiB")
    if not line.strip():
        raise BadInput("the line is blank")
    try:
        read = json.loads(
            line.rstrip(b"\r\n").decode("utf-8-sig"),
            parse_int=float,  # which takes any number of digits
            parse_constant=refuse_constant,
            object_pairs_hook=_no_name_twice,
        )
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise BadInput(f"not JSON: {error.msg} (column {error.colno})") from None
    except ValueError as error:
        raise BadInput(f"not JSON: {error}") from None
    except RecursionError:
        raise BadInput("not JSON that can be read: nested too deeply") from None
    if not isinstance(read, dict):
        raise BadInput("the line is no JSON object")
    return read


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its pairs; of two values for one name JSON would lose the first."""
    facts = dict(pairs)
    if len(facts) < len(pairs):
        raise ValueError("it has a name twice")
    return facts


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "text": (_is_text, "a text"),
    "category": (_is_text, "a text"),
    "key": (_is_text, "a text"),
    "title": (_is_text, "a text"),
    "type": (_is_text, "a text"),
    "tags": (_is_list_of_texts, "a list of texts"),
    "importance": (lambda value: isinstance(value, float), "a number"),
    "pinned": (lambda value: isinstance(value, bool), "true or false"),
    "recall_when": (_is_list_of_texts, "a list of texts"),
    "source": (_is_text, "a text"),
    "trust": (_is_text, "a text"),
    "expected": (_is_text, "a text"),
    "merge": (lambda value: isinstance(value, bool), "true or false"),
}


def _read(text: str | None, file: str | None) -> str:
    """Take the text from where the person has put it."""
    if (text is None) == (file is None):
        raise click.UsageError("give the text as an argument, as '-' for stdin, or with --file; one of them")
    if text is not None and text != "-":
        return text
    data = _read_file(Path(file)) if file else _read_stdin()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{file or 'stdin'} is not UTF-8 (byte {error.start})") from None


def _read_stdin() -> bytes:
    if sys.stdin is None:
        raise BadInput("stdin is closed")
    return sys.stdin.buffer.read()


def _read_file(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInput(f"can't read {file}: {error.strerror}") from None


def _text(remembered: Remembered) -> str:
    return f"{remembered.action} {remembered.path}"


def _counts(batch: Batch) -> str:
    counts = f"created {batch.created:,}, updated {batch.updated:,}, unchanged {batch.unchanged:,}"
    return f"{counts}, failed {len(batch.failed):,}"
