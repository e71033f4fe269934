"""The conversations that Claude Code has kept on this machine, as a source of items."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vault_engine.errors import BadInput
from vault_engine.security.scrub import scrub
from vault_engine.transfer.item import Item, Passed, Unreadable
from vault_engine.transfer.transcript import (
    MAX_LINE_BYTES,
    Exchange,
    NotSaid,
    Said,
    exchanges,
    read_said,
    shortened,
)

NAME = "claude-code"
CATEGORY = "conversations"
MIN_CHARS = 20  # of both sides together

_NO_NAME = re.compile(r"[^\w]+")
_KEY_WORDS, _SHOWN_OF_SESSION = 6, 8


def default_folder(env: Mapping[str, str]) -> Path:
    """Say where Claude Code keeps its conversations."""
    ours = env.get("CLAUDE_CONFIG_DIR")
    return (Path(ours) if ours else Path("~/.claude").expanduser()) / "projects"


@dataclass(frozen=True)
class ClaudeCode:
    """Transcripts in a folder and those below it, or in one file."""

    path: Path
    name: str = NAME

    def read(self) -> Iterator[Item | Passed | Unreadable]:
        """Give an item for each exchange, file by file in the order of their names.

        Raises:
            BadInput: there is no such folder or file.
        """
        for file in self._files():
            shown = file.name if file == self.path else file.relative_to(self.path).as_posix()
            try:
                yield from _items(file, shown)
            except OSError as error:
                yield Unreadable(shown, error.strerror or "it can't be read")

    def _files(self) -> list[Path]:
        if self.path.is_file():
            return [self.path]
        if not self.path.is_dir():
            raise BadInput(f"there are no transcripts at {self.path}: name the folder or the file that holds them")
        found = (file for file in self.path.rglob("*.jsonl") if not file.is_symlink() and file.is_file())
        return sorted(found)


def _items(file: Path, shown: str) -> Iterator[Item | Passed | Unreadable]:
    problems: list[Unreadable] = []
    for number, exchange in enumerate(exchanges(_said(file, shown, problems)), 1):
        yield from problems
        problems.clear()
        where = f"{shown}:{exchange.line}"
        is_short = len(exchange.user.text) + len(exchange.answer) < MIN_CHARS
        yield Passed(where) if is_short else _item(exchange, number, file.stem, where)
    yield from problems


def lines_of(file: Path, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Give the whole lines of a file from an offset on, each with the offset of what follows.

    A last line without an end is still being written and is left out. Of a line that is too long only as much is given
    as shows that it is.
    """
    with file.open("rb") as stream:
        stream.seek(start)
        while line := stream.readline(MAX_LINE_BYTES + 1):
            rest = line
            while not rest.endswith(b"\n") and (rest := stream.readline(MAX_LINE_BYTES)):
                pass
            if not rest.endswith(b"\n"):
                return
            yield stream.tell(), line


def _said(file: Path, shown: str, problems: list[Unreadable]) -> Iterator[tuple[int, Said]]:
    for number, (_, line) in enumerate(lines_of(file), 1):
        try:
            said = read_said(line) if line.strip() else None
        except NotSaid as error:
            problems.append(Unreadable(f"{shown}:{number}", str(error)))
            continue
        if said:
            yield number, said


def _item(exchange: Exchange, number: int, stem: str, where: str) -> Item:
    said = exchange.user
    session = said.session or stem
    project = as_name(re.split(r"[/\\]", said.folder.rstrip("/\\"))[-1]) or "elsewhere"
    day = f"{said.moment:%Y-%m-%d}-" if said.moment else ""
    folder = f"{CATEGORY}/{project}/{day}{as_name(session)[:_SHOWN_OF_SESSION] or 'session'}"
    first = "-".join(as_name(said.text[:200]).split("-")[:_KEY_WORDS])[:60].strip("-")
    user, answer = (shortened(scrub(side).text) for side in (said.text, exchange.answer))
    stated = {
        "type": "conversation",
        "tier": "episodic",
        "created": f"{said.moment:%Y-%m-%dT%H:%M:%SZ}" if said.moment else None,
        "trust": "untrusted",  # it may quote what anybody has written
        "session": session[:100],
        "branch": said.branch[:200] or None,
    }
    return Item(
        external_id=said.uuid or f"{session}:{number}",
        text=f"**User:** {user}\n\n**Assistant:** {answer}\n",
        category=folder,
        key=f"{number:04d}-{first or 'exchange'}",
        where=where,
        moment=said.moment,
        tags=(NAME,),
        properties={name: value for name, value in stated.items() if value is not None},
    )


def as_name(text: str) -> str:
    """Make of a text from outside what can name a folder or a note: letters, digits and hyphens."""
    return _NO_NAME.sub("-", text.replace("_", "-")).strip("-").lower()[:80]
