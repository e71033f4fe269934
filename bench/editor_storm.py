"""Agents and a person's editor change the same notes at once; is any text lost that somebody saved?

Some processes edit notes through the engine, each time naming the revision they have read. Meanwhile an editor that
knows nothing of locks saves the notes, by a temporary file and a rename, or by emptying the file and writing it. Each
save and each agent's write holds a token of its own. A token is *lost* when it is in no note, no conflict copy, no
archived note and no revision that the journal names.

What the editor itself overwrote is no loss: a save whose token still was in the file just before the editor's next
save. (In the moment between that look and the save, an agent may come; what it would lose then goes unnoticed.)

Ends with 1 when something was lost, or a process ended in an unforeseen way.
"""

import argparse
import json
import multiprocessing
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import NamedTuple

from bench.kept import Revisions, archived, happened, journal, notes, sha256
from bench.machine import facts, facts_line, isolated_env, table
from vault_engine import Actor, Engine, Kind, Memory, MemwellError
from vault_engine.engine import Append, Replace

STYLES = ("rename", "inplace")
NAMES = ("one", "two", "three")
CATEGORY = "shared"
_RELOADS = 0.7  # how often the editor takes in what is on disk before it saves
_PAUSES_S = (0.025, 0.3)  # at most, between two saves of the editor: while it is busy, and when it rests
_RESTS = 0.1  # how often it rests: then the agents get on, and are in the middle of a write at its next save
_SETTLE_S = 2.5  # longer than the engine goes on looking at what it has displaced
_START_S = 120.0  # an agent has that long to begin
_TOKEN = re.compile(rb"\b(?:editor|agent\d+)-\d+\b")


class Save(NamedTuple):
    """One save of the editor."""

    path: str
    token: bytes
    overwritten: bool  # by the editor's own next save, before anyone else came


class Write(NamedTuple):
    """One write that the engine has acknowledged."""

    path: str
    token: bytes
    actor: str
    sha256: str


class Told(NamedTuple):
    """What one agent says at its end."""

    writes: tuple[Write, ...]
    conflicts: int  # somebody else came first, or the note was half written
    unforeseen: str  # the error it ended with; "" if none


class Outcome(NamedTuple):
    """What one storm came to."""

    style: str
    saves: int
    writes: int
    conflicts: int
    lost_saves: int
    lost_writes: int
    seconds: float
    findings: tuple[str, ...]


class Editor:
    """A person's editor: shows each note as it last read or wrote it, and saves the whole of it."""

    def __init__(self, vault: Path, style: str, random_source: random.Random) -> None:
        self._vault, self._style, self._random = vault, style, random_source
        self._shown = {path: (vault / path).read_bytes() for path in _paths()}
        self._last: dict[str, Save] = {}
        self.saves: list[Save] = []

    def save(self, number: int) -> None:
        """Change the editor's own line of one note, and save it."""
        path = self._random.choice(_paths())
        file = self._vault / path
        if self._random.random() < _RELOADS:
            self._shown[path] = file.read_bytes()
        token = f"editor-{number}".encode()
        text = _with_line(self._shown[path], b"editor", token)
        self._settle(path, file.read_bytes())
        (self._save_by_rename if self._style == "rename" else self._save_in_place)(file, text)
        self._shown[path] = text
        self._last[path] = Save(path, token, overwritten=False)

    def pause_s(self) -> float:
        """Say how long the editor waits before it saves again, in seconds."""
        return self._random.uniform(0, _PAUSES_S[self._random.random() < _RESTS])

    def close(self) -> None:
        """Count the last saves too."""
        self.saves += self._last.values()

    def _settle(self, path: str, found: bytes) -> None:
        if last := self._last.pop(path, None):
            self.saves.append(last._replace(overwritten=last.token in _TOKEN.findall(found)))

    def _save_by_rename(self, file: Path, text: bytes) -> None:
        temporary = file.with_name(f".{file.name}.swp")
        temporary.write_bytes(text)
        temporary.replace(file)

    def _save_in_place(self, file: Path, text: bytes) -> None:
        with file.open("r+b") as handle:
            handle.truncate(0)
            for part in (text[: len(text) // 2], text[len(text) // 2 :]):
                time.sleep(self._random.uniform(0, 0.002))
                handle.write(part)
                handle.flush()


def work_as_agent(vault: Path, number: int, env: Mapping[str, str], ready: Barrier, ended: Event, report: Path) -> None:
    """Change the agent's own line of one note after the other until told to stop; write what was done to ``report``."""
    random_source, actor = random.Random(number), Actor("agent", f"agent{number}", "python")
    writes: list[Write] = []
    conflicts, unforeseen, count = 0, "", 0
    with Engine.open(vault, actor=actor, env=env) as engine:
        engine.status()
        ready.wait()
        while not ended.is_set() and not unforeseen:
            count += 1
            try:
                writes.append(_write(engine, random_source.choice(_paths()), number, count))
            except MemwellError as error:
                conflicts += 1
                unforeseen = "" if error.kind in (Kind.CONFLICT, Kind.DAMAGED, Kind.USAGE) else repr(error)
            except Exception as error:  # noqa: BLE001 - which one does not matter: it is no MemwellError
                unforeseen = repr(error)
    told = [[*write[:1], write.token.decode(), *write[2:]] for write in writes]
    report.write_text(json.dumps({"writes": told, "conflicts": conflicts, "unforeseen": unforeseen}), "utf-8")


def storm(style: str, agents: int, saves: int, folder: Path, *, seconds: float = 600.0) -> Outcome:
    """Let one storm pass over a fresh vault in ``folder``; at most that many saves and seconds."""
    vault, env = folder / f"vault-{style}", isolated_env(folder / f"cache-{style}", "none")
    make_vault(vault, env)
    context = multiprocessing.get_context("spawn")
    ready, ended = context.Barrier(agents + 1), context.Event()
    reports = [folder / f"{style}-{number}.json" for number in range(agents)]
    processes = [
        context.Process(target=work_as_agent, args=(vault, number, env, ready, ended, report))
        for number, report in enumerate(reports)
    ]
    for process in processes:
        process.start()
    ready.wait(_START_S)
    editor, began, count = Editor(vault, style, random.Random(1)), time.monotonic(), 0
    while count < saves and time.monotonic() - began < seconds:
        count += 1
        editor.save(count)
        time.sleep(editor.pause_s())
    editor.close()
    ended.set()
    took = time.monotonic() - began
    for process in processes:
        process.join()
    time.sleep(_SETTLE_S)
    return judged(style, vault, env, editor.saves, [_told(report) for report in reports], took)


def make_vault(vault: Path, env: Mapping[str, str]) -> None:
    """Make the vault with the notes that everybody will change."""
    Engine.create(vault)
    with Engine.open(vault, env=env) as engine:
        for name in NAMES:
            engine.remember(Memory(f"# Note {name}\n\nWhat everybody has to say.", category=CATEGORY, key=name))


def judged(
    style: str, vault: Path, env: Mapping[str, str], saves: Sequence[Save], told: Sequence[Told], took: float
) -> Outcome:
    """Let the engine take in the last of it, then look for every token."""
    with Engine.open(vault, env=env) as engine:
        engine.remember(Memory("The storm is over.", category="after", key="storm"))
        found = engine.verify(read_data=True)
        problems = [f"verify: {one.path}: {one.problem}" for one in found.damaged + found.missing + found.differing]
    lines = journal(vault)
    revisions = Revisions(vault, env).all_of(lines)
    kept = _tokens([*notes(vault).values(), *archived(vault).values(), *revisions.values()])
    lost_saves = [save for save in saves if not save.overwritten and save.token not in kept]
    writes = [write for one in told for write in one.writes]
    entered = {(line.path, line.after, line.actor) for line in happened(lines)}
    lost_writes = [
        write
        for write in writes
        if write.token not in _tokens([revisions.get(write.sha256, b"")])
        or (write.path, write.sha256, write.actor) not in entered
    ]
    findings = [
        *(f"lost what the editor saved: {save}" for save in lost_saves),
        *(f"lost what was acknowledged: {write}" for write in lost_writes),
        *(f"agent {number} ended with {one.unforeseen}" for number, one in enumerate(told) if one.unforeseen),
        *problems,
    ]
    conflicts = sum(one.conflicts for one in told)
    counts = (len(saves), len(writes), conflicts, len(lost_saves), len(lost_writes))
    return Outcome(style, *counts, round(took, 1), tuple(findings))


def _paths() -> list[str]:
    return [f"{CATEGORY}/{name}.md" for name in NAMES]


def _with_line(text: bytes, owner: bytes, token: bytes) -> bytes:
    """Put ``- owner: token`` in the place of the owner's line, or at the end."""
    line = b"- " + owner + b": " + token
    changed, count = re.subn(rb"(?m)^- " + owner + rb": [^\n]*$", line, text, count=1)
    return changed if count else text + b"\n" + line + b"\n"


def _write(engine: Engine, path: str, number: int, count: int) -> Write:
    """Put a new token in the agent's line, knowing what is there: every second time by `remember`."""
    owner, token = f"agent{number}", f"agent{number}-{count}"
    data = engine.raw(path).data
    body, read = data.decode(), sha256(data)
    found = re.search(rf"(?m)^- {owner}: [^\n]*$", body)
    if count % 2:
        changed = _with_line(body.encode(), owner.encode(), token.encode()).decode()
        memory = Memory(changed, category=CATEGORY, key=Path(path).stem, expected=read)
        return Write(path, token.encode(), owner, engine.remember(memory).sha256)
    edit = Replace(found[0], f"- {owner}: {token}") if found else Append(f"- {owner}: {token}")
    return Write(path, token.encode(), owner, engine.edit(path, edit, expected=read).sha256)


def _told(report: Path) -> Told:
    if not report.exists():
        return Told((), 0, "it died")
    found = json.loads(report.read_text("utf-8"))
    writes = (Write(path, token.encode(), actor, name) for path, token, actor, name in found["writes"])
    return Told(tuple(writes), found["conflicts"], found["unforeseen"])


def _tokens(texts: Iterable[bytes]) -> set[bytes]:
    return {token for text in texts for token in _TOKEN.findall(text)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.editor_storm", description=__doc__.splitlines()[0])
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--saves", type=int, default=1000, help="of the editor, in each style")
    parser.add_argument("--seconds", type=float, default=600.0, help="at most, for each style")
    parser.add_argument("--style", choices=(*STYLES, "both"), default="both", help="how the editor saves")
    parser.add_argument("--folder", type=Path, help="where to put the vaults; without it, a temporary folder")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all findings here as well")
    options = parser.parse_args(arguments)
    styles = STYLES if options.style == "both" else (options.style,)
    with tempfile.TemporaryDirectory(prefix="memwell-storm-", dir=options.folder) as folder:
        outcomes = [
            storm(style, options.agents, options.saves, Path(folder), seconds=options.seconds) for style in styles
        ]
    print(table([Outcome._fields[:-1], *(tuple(str(value) for value in one[:-1]) for one in outcomes)]))
    for one in outcomes:
        print("".join(f"\n{one.style}: {finding}" for finding in one.findings[:10]), end="")
    print(f"\n{facts_line()}")
    if options.json:
        report = {"format": 1, "machine": facts(), "outcomes": [one._asdict() for one in outcomes]}
        options.json.write_text(json.dumps(report, indent=1, default=bytes.decode), "utf-8")
    return 1 if any(one.findings for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
