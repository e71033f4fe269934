"""``memwell remember``."""

import sys
from pathlib import Path

import click

from memwell_cli.opening import open_vault, vault_option
from memwell_cli.output import json_option, remark, show
from vault_engine import Memory
from vault_engine.engine import Remembered
from vault_engine.errors import BadInput


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
@click.option("--expect", "expected", metavar="SHA256", help="Replace this revision of the note, or none.")
@vault_option
@json_option
def remember(
    text: str | None,
    file: str | None,
    category: str | None,
    key: str | None,
    title: str | None,
    type: str | None,
    tags: tuple[str, ...],
    importance: float | None,
    pinned: bool | None,
    recall_when: tuple[str, ...],
    source: str | None,
    expected: str | None,
    vault: str | None,
    as_json: bool,
) -> None:
    """Keep TEXT as a note; '-' reads it from stdin.

    A text that begins with YAML frontmatter brings its properties along.
    """
    memory = Memory(
        text=_read(text, file),
        category=category,
        key=key,
        title=title,
        type=type,
        tags=tags,
        importance=importance,
        pinned=pinned,
        recall_when=recall_when,
        source=source,
        expected=expected,
    )
    with open_vault(vault) as engine:
        remembered = engine.remember(memory)
    for hint in remembered.hints:
        remark(f"note: {hint}")
    show(remembered, as_json=as_json, text=_text)


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
