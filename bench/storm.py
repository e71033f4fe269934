"""A person, git, a sync tool and an agent change a vault at random while a server follows it; is its index right then?

Every save holds a token of its own, so that asking for tokens tells which text the index has of which note. When the
storm is over the server gets some seconds. Then it must list exactly the notes that are there, find each by its token,
and find no token that is in no note; each text that nobody overwrote must be in its note, and the journal must know
each note as it is. Events can be dropped, so that only the look by the clock is left, or made to overflow at each
change.

Ends with 1 when anything was wrong or lost.
"""

import argparse
import json
import multiprocessing
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import watchfiles

from bench.kept import OWN, happened, journal, notes, sha256
from bench.machine import facts, isolated_env, table
from bench.vault_maker import make_notes
from vault_engine import Actor, Engine
from vault_engine.engine import Append
from vault_engine.sync import watch as watching

EVENTS = ("all", "dropped", "overflow")
_LOOK_S = 2  # between two looks by the clock, in the server
_SETTLE_S = 60.0  # the server may take that long; how long it took is told
_CHECKED_OUT = 1000  # files that one checkout changes
_ASKED = 400  # tokens asked for at the end, of each kind
_PAUSE_S = 0.03  # at most, between two operations
_TOKEN = re.compile(r"\btoken\d+x\b")


class Outcome(NamedTuple):
    """What one storm came to."""

    events: str
    seed: int
    operations: int
    notes: int
    wrong: int  # entries of the index
    lost: int  # texts
    unknown: int  # notes that the journal knows otherwise
    settled_s: float
    findings: tuple[str, ...]


class Storm:
    """The hands that change the vault, one operation at a time."""

    def __init__(self, vault: Path, outside: Path, seed: int, agent: Engine) -> None:
        self._vault, self._outside, self._agent = vault, outside, agent
        self._chance = random.Random(seed)
        self._count = 0
        self.gone: set[str] = set()  # tokens that the person overwrote or deleted
        self.live: dict[str, set[str]] = {}  # tokens of each note that must be in it
        self._operations: list[tuple[int, Callable[[], None]]] = [
            (6, self.save_in_place),
            (6, self.save_by_rename),
            (6, self.save_like_vim),
            (2, self.save_slowly),
            (4, self.make),
            (2, self.make_nested),
            (3, self.move),
            (2, self.move_folder),
            (1, self.move_out),
            (1, self.move_in),
            (2, self.delete),
            (1, self.remove_tree),
            (1, self.change_case),
            (4, self.let_agent_append),
        ]

    def step(self) -> None:
        """Do one operation at random, and wait a little."""
        weights = [weight for weight, _ in self._operations]
        self._chance.choices([each for _, each in self._operations], weights)[0]()
        time.sleep(self._chance.uniform(0, _PAUSE_S))

    # ---- saves

    def save_in_place(self) -> None:
        """Empty the file and write it, in one go."""
        path, data = self._text()
        (self._vault / path).write_bytes(data)

    def save_by_rename(self) -> None:
        """Write a hidden file and put it over the note."""
        path, data = self._text()
        temporary = (self._vault / path).with_name(f".{Path(path).name}.tmp")
        temporary.write_bytes(data)
        temporary.replace(self._vault / path)

    def save_like_vim(self) -> None:
        """Move the note away, write it anew, delete the old one."""
        path, data = self._text()
        file = self._vault / path
        backup = file.with_name(f"{file.name}~")
        file.rename(backup)
        file.write_bytes(data)
        backup.unlink()

    def save_slowly(self) -> None:
        """Write one half, wait, and write the other."""
        path, data = self._text()
        with (self._vault / path).open("wb") as handle:
            handle.write(data[: len(data) // 2])
            handle.flush()
            time.sleep(self._chance.uniform(0.02, 0.3))
            handle.write(data[len(data) // 2 :])

    def let_agent_append(self) -> None:
        """Let an agent in another process's place add a line to a note."""
        path, token = self._chosen(), self._token()
        self._agent.edit(path, Append(f"The agent says {token}."))
        self.live[path].add(token)

    # ---- names

    def make(self) -> None:
        """Make a note in a folder that is there."""
        self._make(self._chance.choice(self._folders()))

    def make_nested(self) -> None:
        """Make folders in folders, and notes in the last at once."""
        folder = "/".join([self._chance.choice(self._folders()), *(f"d{self._next()}" for _ in "12")])
        (self._vault / folder).mkdir(parents=True)
        for _ in range(3):
            self._make(folder)

    def move(self) -> None:
        """Give a note another name in another folder."""
        path = self._chosen()
        to = f"{self._chance.choice(self._folders())}/n{self._next()}.md"
        (self._vault / path).rename(self._vault / to)
        self.live[to] = self.live.pop(path)

    def move_folder(self) -> None:
        """Give a folder another name, with all that is in it."""
        folder = self._chance.choice(self._folders())
        to = f"d{self._next()}"
        (self._vault / folder).rename(self._vault / to)
        self._renamed(folder, to)

    def move_out(self) -> None:
        """Take a folder out of the vault."""
        if len(folders := self._folders()) > 4:
            folder = self._chance.choice(folders)
            (self._vault / folder).rename(self._outside / f"d{self._next()}")
            self._drop(folder)

    def move_in(self) -> None:
        """Put a folder into the vault that somebody took out of it."""
        if waiting := sorted(self._outside.iterdir()):
            folder = waiting[0]
            folder.rename(self._vault / folder.name)
            for path, data in notes(self._vault / folder.name).items():
                tokens = set(_TOKEN.findall(data.decode()))
                self.live[f"{folder.name}/{path}"] = tokens
                self.gone -= tokens

    def delete(self) -> None:
        """Delete a note."""
        path = self._chosen()
        (self._vault / path).unlink()
        self.gone |= self.live.pop(path)

    def remove_tree(self) -> None:
        """Delete a folder with all that is in it."""
        if len(folders := self._folders()) > 4:
            folder = self._chance.choice(folders)
            shutil.rmtree(self._vault / folder)
            self._drop(folder)

    def change_case(self) -> None:
        """Change nothing but the case of a name."""
        path = self._chosen()
        folder, _, name = path.rpartition("/")
        to = f"{folder}/{name.swapcase().removesuffix('.MD').removesuffix('.md')}.md"
        if to != path and to not in self.live:
            (self._vault / path).rename(self._vault / to)
            self.live[to] = self.live.pop(path)

    def check_out(self, branch: str) -> None:
        """Switch a repository in the vault to another branch."""
        _git(self._vault / "repository", "checkout", "-q", branch)
        self.note_checkout()

    def note_checkout(self) -> None:
        """Take over what a checkout has made of the notes of the repository."""
        for path, data in notes(self._vault / "repository").items():
            tokens, name = set(_TOKEN.findall(data.decode())), f"repository/{path}"
            self.gone = (self.gone | self.live.get(name, set())) - tokens
            self.live[name] = tokens

    # ---- the parts

    def make_repository(self) -> None:
        """Make a repository with two branches that differ in all of its notes."""
        repository = self._vault / "repository"
        repository.mkdir()
        _git(repository, "init", "-q", "-b", "one")
        for branch in ("one", "two"):
            if branch == "two":
                _git(repository, "checkout", "-q", "-b", "two")
            for number in range(_CHECKED_OUT):
                (repository / f"r{number}.md").write_text(f"{branch} {self._token()}\n", "utf-8")
            _git(repository, "add", "-A")
            _git(repository, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", branch)
        self.note_checkout()

    def _make(self, folder: str) -> None:
        token = self._token()
        path = f"{folder}/n{self._next()}.md"
        (self._vault / path).write_text(f"# A new note\n\nIt says {token}.\n", "utf-8")
        self.live[path] = {token}

    def _text(self) -> tuple[str, bytes]:
        """Choose a note; give it, and what the person makes of what is in it now."""
        path, token = self._chosen(), self._token()
        text = (self._vault / path).read_text("utf-8")
        text = _TOKEN.sub("", text)[-4000:] + f"\nThe person says {token}.\n"
        self.gone |= self.live[path]
        self.live[path] = {token}
        return path, text.encode()

    def _chosen(self) -> str:
        return self._chance.choice([path for path in self.live if not path.startswith("repository/")])

    def _folders(self) -> list[str]:
        return sorted({path.rpartition("/")[0] for path in self.live if not path.startswith("repository/")})

    def _renamed(self, folder: str, to: str) -> None:
        for path in [path for path in self.live if path.startswith(f"{folder}/")]:
            self.live[to + path[len(folder) :]] = self.live.pop(path)

    def _drop(self, folder: str) -> None:
        for path in [path for path in self.live if path.startswith(f"{folder}/")]:
            self.gone |= self.live.pop(path)

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _token(self) -> str:
        return f"token{self._next()}x"


# ---- the server


def serve(vault: Path, env: dict[str, str], events: str, pipe: Connection) -> None:
    """Follow the vault, and answer what the index knows: all notes for None, else those that have a token."""
    if events != "all":
        vars(watching)["watch"] = {"dropped": _silent, "overflow": _overflowing}[events]
    with Engine.open(vault, env=env) as engine:
        engine.watch()
        pipe.send(True)
        while (asked := pipe.recv()) != "":
            if asked is None:
                pipe.send([note.path for note in engine.list(limit=1_000_000).notes])
            else:
                pipe.send([hit.path for hit in engine.recall(asked, mode="keyword", limit=3).hits])


def _silent(*_: Any, rust_timeout: int, stop_event: Any, **__: Any) -> Iterator[set[Any]]:
    """Stand for a system that never tells of any change."""
    while not stop_event.wait(rust_timeout / 1000):
        yield set()


def _overflowing(root: Path, *_: Any, **options: Any) -> Iterator[set[Any]]:
    """Stand for a system that tells of changes, but of none in particular."""
    for changes in watchfiles.watch(root, **options):
        yield {(kind, str(root)) for kind, _ in changes}


# ---- one storm


def storm(events: str, seed: int, operations: int, size: int, folder: Path) -> Outcome:
    """Let one storm pass over a fresh vault of ``size`` notes in ``folder``."""
    vault, outside, env = folder / "vault", folder / "outside", isolated_env(folder / "cache", "none")
    Engine.create(vault)
    (vault / OWN / "config.toml").write_text(f"look_seconds = {_LOOK_S}\n", "utf-8")
    outside.mkdir(parents=True)
    with Engine.open(vault, env=env, actor=Actor("agent", "stormy", "python")) as agent:
        hands = Storm(vault, outside, seed, agent)
        for number, (_, text) in enumerate(make_notes(size)):
            path, token = f"f{number % 12}/n{hands._next()}.md", hands._token()
            (vault / path).parent.mkdir(exist_ok=True)
            (vault / path).write_text(f"{text}\n{token}\n", "utf-8")
            hands.live[path] = {token}
        hands.make_repository()
        ours, theirs = multiprocessing.Pipe()
        server = multiprocessing.get_context("spawn").Process(target=serve, args=(vault, env, events, theirs))
        server.start()
        ours.recv()
        for number in range(operations):
            hands.step()
            if number in (operations // 3, 2 * operations // 3):
                hands.check_out("one" if number == operations // 3 else "two")
        wrong, settled_s = _settled(hands, ours, random.Random(seed))
        ours.send("")
        server.join()
    there = notes(vault)
    lost = [
        f"{path}: {token}"
        for path, tokens in hands.live.items()
        for token in tokens
        if token.encode() not in there.get(path, b"")
    ]
    unknown = _unknown(vault, env, there)
    findings = (*(f"wrong: {one}" for one in wrong), *(f"lost: {one}" for one in lost), *unknown)
    counts = (operations, len(there), len(wrong), len(lost), len(unknown))
    return Outcome(events, seed, *counts, round(settled_s, 1), findings)


def _settled(hands: Storm, pipe: Connection, chance: random.Random) -> tuple[list[str], float]:
    """Wait until the server answers right; give what is wrong if that takes too long, and when it was asked, in s."""
    pairs = [(token, path) for path, tokens in hands.live.items() for token in tokens]
    asked = {token: [path] for token, path in chance.sample(pairs, min(_ASKED, len(pairs)))}
    asked |= {token: [] for token in chance.sample(sorted(hands.gone), min(_ASKED, len(hands.gone)))}
    began, settled_s = time.monotonic(), 0.0
    for token, paths in asked.items():
        while (found := _ask(pipe, token)) != paths and time.monotonic() - began < _SETTLE_S:
            time.sleep(0.05)
            settled_s = time.monotonic() - began
        if found != paths:
            return [f"{token} is in {paths}, found in {found}"], settled_s
    listed = set(_ask(pipe, None))  # which looks at the files itself
    wrong = [f"{path} is not in the index" for path in sorted(hands.live.keys() - listed)]
    return wrong + [f"{path} is in the index" for path in sorted(listed - hands.live.keys())], settled_s


def _ask(pipe: Connection, question: str | None) -> list[str]:
    pipe.send(question)
    answer: list[str] = pipe.recv()
    return answer


def _unknown(vault: Path, env: dict[str, str], there: dict[str, bytes]) -> list[str]:
    """Say which notes the journal knows otherwise, and which lines of the agent's are under another name."""
    with Engine.open(vault, env=env) as engine:
        found = engine.verify(read_data=True)
    problems = [f"verify: {one.path}: {one.problem}" for one in found.damaged + found.missing + found.differing]
    heads: dict[str, str] = {}
    for line in happened(journal(vault)):
        heads[line.path] = line.after if line.to in (None, line.path) else ""
        if line.to and line.op in ("move", "external"):
            heads[line.to] = line.after
    differing = [path for path, data in there.items() if heads.get(path) != sha256(data)]
    return problems + [f"the journal knows another {path}" for path in differing]


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m bench.storm", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=4, help="of each kind of events")
    parser.add_argument("--operations", type=int, default=500, help="in each run")
    parser.add_argument("--notes", type=int, default=400, help="at the beginning, besides those of a repository")
    parser.add_argument("--events", choices=(*EVENTS, "each"), default="each", help="what the server is told")
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all findings here as well")
    options = parser.parse_args(arguments)
    outcomes = []
    for events in EVENTS if options.events == "each" else (options.events,):
        for seed in range(options.seed, options.seed + options.runs):
            with tempfile.TemporaryDirectory(prefix="memwell-storm-") as folder:
                outcomes.append(storm(events, seed, options.operations, options.notes, Path(folder)))
                print("\n".join(f"{events} {seed}: {finding}" for finding in outcomes[-1].findings[:10]), end="")
    print(table([Outcome._fields[:-1], *(tuple(str(value) for value in one[:-1]) for one in outcomes)]))
    print(", ".join(f"{name} {value}" for name, value in facts().items()))
    if options.json:
        report = {"format": 1, "machine": facts(), "outcomes": [one._asdict() for one in outcomes]}
        options.json.write_text(json.dumps(report, indent=1), "utf-8")
    return 1 if any(one.findings for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
