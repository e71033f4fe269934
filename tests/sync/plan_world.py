"""Two folders as mappings, and what a plan does to them: for the tests of planning."""

import random
from collections.abc import Iterator
from typing import NamedTuple

from vault_engine.sync.merge import Merged, merge
from vault_engine.sync.plan import Create, Delete, Held, Leave, Merge, Plan, Rename, Side, Update, plan_sync

PATHS = ("a.md", "b.md", "c.md", "x/a.md", "x/b.md", "y/c.md")
IDS = ("one", "two", None, None)


class Note(NamedTuple):
    """A note's own text, and the identity in it."""

    text: str
    id: str | None = None


Folder = dict[str, Note]


class Pair:
    """What both sides held last, what they hold, and the texts that were put beside notes."""

    def __init__(self, base: Folder, ours: Folder, theirs: Folder) -> None:
        self.base, self.ours, self.theirs = base, ours, theirs
        self.beside: list[Note] = []
        self.texts = {note.text: note for folder in (base, ours, theirs) for note in folder.values()}
        self.writes = 0

    def plan(self) -> Plan:
        return plan_sync(*map(held, (self.base, self.ours, self.theirs)))

    def sync(self, most: int = 1_000) -> bool:
        """Do what is due, at most so many steps; say whether that was all."""
        for _ in range(3):
            plan = self.plan()
            for step in plan.renames or plan.changes:
                if most <= 0:
                    return False
                most -= 1
                self.do(step)
            if not plan.renames:
                self.base = {path: note for path, note in self.ours.items() if self.theirs.get(path) == note}
                return True
        raise AssertionError("there is always something more to rename")

    def do(self, step) -> None:
        """Make one change, where the planner says."""
        self.writes += not isinstance(step, Leave)
        match step:
            case Rename(side, path, to):
                folder = self._folder(side)
                assert to not in folder
                folder[to] = folder.pop(path)
            case Create(side, path):
                assert path not in self._folder(side)
                self._folder(side)[path] = self._other(side)[path]
            case Update(side, path):
                assert path in self._folder(side)
                self._folder(side)[path] = self._other(side)[path]
            case Delete(side, path):
                assert path not in self._other(side)
                assert self._folder(side)[path] == self.base[path]
                del self._folder(side)[path]
            case Merge(path, base):
                found = merge(self.texts[base].text, self.ours[path].text, self.theirs[path].text)
                if isinstance(found, Merged):
                    self.ours[path] = self.theirs[path] = self.texts[found.text] = Note(
                        found.text, self.theirs[path].id
                    )
                else:
                    self._conflict(path)
            case Leave():
                pass
            case _:
                self._conflict(step.path)

    def lines(self) -> set[str]:
        """Give every line that is in a note of both sides, or beside one."""
        both = [note for path, note in self.ours.items() if self.theirs.get(path) == note]
        return {line for note in [*both, *self.beside] for line in note.text.splitlines()}

    def _conflict(self, path: str) -> None:
        self.beside.append(self.ours[path])
        self.ours[path] = self.theirs[path]

    def _folder(self, side: Side) -> Folder:
        return self.ours if side is Side.OURS else self.theirs

    def _other(self, side: Side) -> Folder:
        return self.theirs if side is Side.OURS else self.ours


def held(folder: Folder) -> dict[str, Held]:
    return {path: Held(note.text, note.id, len(note.text)) for path, note in folder.items()}


def lines_of(folder: Folder) -> set[str]:
    return {line for note in folder.values() for line in note.text.splitlines()}


def some_triples(seed: int, count: int) -> Iterator[Pair]:
    """Make random pairs of folders that were edited, renamed, deleted and added to since they were the same."""
    dice = random.Random(seed)
    for number in range(count):
        base: Folder = {}
        for path in dice.sample(PATHS, dice.randint(0, 4)):
            text = "".join(f"{path} line {line}\n" for line in range(dice.randint(0, 6)))
            base[path] = Note(text, dice.choice(IDS) if dice.random() < 0.5 else None)
        yield Pair(base, changed(base, f"ours {number}", dice), changed(base, f"theirs {number}", dice))


def changed(folder: Folder, name: str, dice: random.Random) -> Folder:
    """Give a folder after a few things that people and agents do."""
    now = dict(folder)
    for step in range(dice.randint(0, 4)):
        what, path, to = dice.choice("eeeernd"), dice.choice(PATHS), dice.choice(PATHS)
        line = f"{name if dice.random() < 0.9 else 'same'} {step}\n"
        if what == "n" and path not in now:
            now[path] = Note(line, dice.choice(IDS) if dice.random() < 0.3 else None)
        elif what == "d":
            now.pop(path, None)
        elif what == "r" and path in now and to not in now:
            now[to] = now.pop(path)
        elif what == "e" and path in now:
            lines = now[path].text.splitlines(keepends=True)
            at = dice.randint(0, len(lines))
            lines[at : at + dice.randint(0, 1)] = [line] if dice.random() < 0.8 else []
            now[path] = now[path]._replace(text="".join(lines))
    return now
