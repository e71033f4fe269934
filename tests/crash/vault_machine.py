"""Everything that can happen to a vault, in any order: the rules of a state machine.

Two engines stand for two processes. A person edits the same notes without telling.
"""

import os
import shutil
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from vault_world import CATEGORIES, KEYS, PATHS, SOMEBODY, UNCLEAR, Saving, Trouble, World, tokens

from bench.kept import ARCHIVE, archived, leftovers, notes, sha256
from vault_engine import Memory, MemwellError
from vault_engine.engine.bulk import RememberedMany
from vault_engine.engine.results import Remembered
from vault_engine.errors import NoteMissing
from vault_engine.journal.replay import heads

# Who opens the vault next tidies up, who keeps the next text cuts off what is torn, `repair` finishes moves, and each
# device erases what it keeps itself: under a name that was lost with ``local/`` nobody does.
WAITS = (
    "left by a crash",
    "bytes are cut short",
    "its links did not follow a move",
    "that were purged are still kept",
)

numbers = st.integers(0, 5)
engines = st.integers(0, 1)
steps = st.integers(1, 60)
troubles = st.one_of(
    st.none(),
    st.tuples(st.just("stop"), steps, st.just(0)),
    st.tuples(st.just("fail"), steps, st.integers(0, 2)),
    st.tuples(st.just("meddle"), steps, st.integers(0, 5)),
)


class VaultMachine(World, RuleBasedStateMachine):
    """What people, agents, crashes and disks do to a vault; each rule checks what it did, each step what is kept.

    Any rule can be drawn at any time: how far a stopped one came is not always the same, so nothing may hang on it.
    """

    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)
        World.__init__(self)

    # ---- agents

    @rule(
        who=engines, category=st.sampled_from(CATEGORIES), key=st.sampled_from(KEYS), link=numbers,
        knows=st.sampled_from(("", "now", "before")), merge=st.booleans(), trouble=troubles,
    )  # fmt: skip
    def remember(self, who: int, category: str, key: str, link: int, knows: str, merge: bool, trouble: Trouble) -> None:
        """An agent makes or updates a note."""
        path = f"{category}/{key}.md"
        expected = self.revision(path, knows)
        memory = Memory(self.text(link), category, key, expected=expected, merge=merge and bool(expected))
        done = self.do(who, lambda engine: engine.remember(memory), trouble, [path])
        if done.value:
            self.check_changed(done, {done.value.path})
            self.check_holds(done, done.value.path, done.value.sha256)
            self.take_in(done, who)
            self.is_torn = False

    @rule(who=engines, count=st.integers(1, 4), first=numbers, trouble=troubles)
    def remember_many(self, who: int, count: int, first: int, trouble: Trouble) -> None:
        """An agent makes or updates several notes at once, perhaps one of them twice."""
        keys = [(CATEGORIES[number % 2], KEYS[number // 2 % 2]) for number in range(first, first + count)]
        keys += keys[: first % 2]
        paths = [f"{category}/{key}.md" for category, key in keys]
        memories = [Memory(self.text(first), category, key) for category, key in keys]
        done = self.do(who, lambda engine: engine.remember_many(memories), trouble, paths, partly=True)
        if isinstance(done.value, RememberedMany):
            assert len(memories) == len(done.value.notes)
            made = [one for one in done.value.notes if isinstance(one, Remembered)]
            for path, name in {one.path: one.sha256 for one in made}.items():
                self.check_holds(done, path, name)
            self.check_changed(done, {one.path for one in made})
            for one in made:
                self.author.setdefault(one.sha256, f"agent{who}")
                self.kept.add(one.sha256)
            self.take_in(done, who)

    @rule(
        who=engines, number=numbers, kind=st.integers(0, 2), knows=st.sampled_from(("", "now", "before")),
        merge=st.booleans(), trouble=troubles,
    )  # fmt: skip
    def edit(self, who: int, number: int, kind: int, knows: str, merge: bool, trouble: Trouble) -> None:
        """An agent changes part of a note, knowing it or not."""
        path = self.choose(notes(self.vault), number)
        old = (self.vault / path).read_bytes() if path else b""
        expected = self.revision(path, knows)
        change = self.edit_of(kind, old)
        merge = merge and bool(expected)
        done = self.do(who, lambda engine: engine.edit(path, change, expected=expected, merge=merge), trouble, [path])
        if done.value:
            self.check_changed(done, {path})
            self.check_holds(done, path, done.value.sha256)
            if not done.meddled:
                assert sha256(done.before[path]) == done.value.before
                assert kind > 0 or knows == "before" or tokens(done.before[path]) <= tokens(done.after[path])
            self.take_in(done, who)
        elif path and not self.saving and (kind, knows, trouble) == (0, "now", None):
            raise AssertionError("whoever knows the note as it is may append to it")

    @rule(who=engines, number=numbers, to=st.sampled_from(PATHS), trouble=troubles)
    def move(self, who: int, number: int, to: str, trouble: Trouble) -> None:
        """An agent gives a note another path; links follow."""
        path = self.choose(notes(self.vault), number)
        done = self.do(who, lambda engine: engine.move(path, to, yes=True), trouble, [path, to, *notes(self.vault)])
        if done.value:
            self.check_changed(done, {done.value.old, *done.value.files})
            assert () == done.value.left or trouble
            self.take_in(done, who)

    @rule(who=engines, number=numbers, trouble=troubles)
    def forget(self, who: int, number: int, trouble: Trouble) -> None:
        """An agent archives a note."""
        path = self.choose(notes(self.vault), number)
        done = self.do(who, lambda engine: engine.forget(path), trouble, [path])
        if done.value:
            self.check_changed(done, {path, f"{ARCHIVE}{done.value.archived}"})
            self.check_holds(done, f"{ARCHIVE}{done.value.archived}", done.value.sha256)
            self.take_in(done, who)

    @rule(who=engines, number=numbers, trouble=troubles)
    def restore(self, who: int, number: int, trouble: Trouble) -> None:
        """An agent brings an archived note back."""
        name = self.choose(archived(self.vault), number)
        done = self.do(who, lambda engine: engine.restore(name.removeprefix(ARCHIVE)), trouble, PATHS)
        if done.value:
            gone = {path for path in done.before if path.startswith(ARCHIVE)}  # the last of that name, perhaps
            self.check_changed(done, {done.value.path, *gone})
            self.check_holds(done, done.value.path, done.value.sha256)
            self.take_in(done, who)

    @rule(who=engines, number=numbers, trouble=troubles)
    def undo(self, who: int, number: int, trouble: Trouble) -> None:
        """An agent takes the last change of a note back, of one that is gone perhaps."""
        path = PATHS[number]
        done = self.do(who, lambda engine: engine.undo(path), trouble, [path])
        if done.value:
            self.take_in(done, who)

    @rule(who=engines, number=numbers, trouble=troubles)
    def purge(self, who: int, number: int, trouble: Trouble) -> None:
        """The owner has all that a note ever held erased."""
        path = self.choose(notes(self.vault), number)
        with suppress(MemwellError):
            self.engine(who).forget("no such note")  # enters what people did
        with suppress(MemwellError):
            past = self.engine(who).history(path, limit=1000)
            self.purged |= {version.sha256 for version in past.versions} | {sha256(self.disk()[path])}
            self.purged |= self.aborted(path)
            self.kept -= self.purged
        done = self.do(who, lambda engine: engine.purge(path, yes=True), trouble, [], partly=True)
        if done.value:
            self.check_changed(done, {path, *(f"{ARCHIVE}{name}" for name in done.value.archived)})
        elif trouble:
            self.engine(1 - who).repair()  # erasing that was begun is done to its end

    # ---- a person

    @rule(path=st.sampled_from(PATHS), by_rename=st.booleans(), fresh=st.booleans(), link=numbers)
    def save(self, path: str, by_rename: bool, fresh: bool, link: int) -> None:
        """A person saves a note, old or new, in one of the two ways in which editors do."""
        if not self.is_open(path):
            self.write(path, self.text(link).encode(), by_rename=by_rename, fresh=fresh)

    @rule(number=numbers, link=numbers)
    def begin_to_save(self, number: int, link: int) -> None:
        """An editor empties a file, which it keeps open, to write it anew in a moment."""
        path = self.choose(notes(self.vault), number)
        if path and not self.is_open(path):
            handle = os.open(self.vault / path, os.O_WRONLY | os.O_TRUNC)
            self.saving.append(Saving(handle, self.text(link).encode()))

    @rule()
    def finish_to_save(self) -> None:
        """The editor writes what it meant to write, wherever its file may be by now."""
        while self.saving:
            saving = self.saving.pop()
            os.write(saving.handle, saving.text)
            os.close(saving.handle)
            self.author[sha256(saving.text)] = SOMEBODY
            assert saving.text in self.disk().values(), "an editor's save went into a file that is no more"

    @rule(number=numbers, to=st.sampled_from(PATHS), swap=st.booleans())
    def rename(self, number: int, to: str, swap: bool) -> None:
        """A person renames a note, or swaps two."""
        path = self.choose(notes(self.vault), number)
        if not path or path == to or self.is_open(path) or self.is_open(to):
            return
        old, new, between = self.vault / path, self.vault / to, self.vault / "between.tmp"
        new.parent.mkdir(exist_ok=True)
        if new.exists() and swap:
            new.rename(between)
            old.rename(new)
            between.rename(old)
        elif not new.exists():
            old.rename(new)

    @rule(number=numbers, to=st.sampled_from(PATHS))
    def copy(self, number: int, to: str) -> None:
        """A person copies a note."""
        path = self.choose(notes(self.vault), number)
        if path and not self.is_open(path) and not (self.vault / to).exists():
            self.write(to, (self.vault / path).read_bytes(), by_rename=False, fresh=False)

    @rule(number=numbers)
    def delete(self, number: int) -> None:
        """A person deletes a note."""
        path = self.choose(notes(self.vault), number)
        if path and not self.is_open(path):
            (self.vault / path).unlink()

    # ---- the machine

    @rule(who=engines)
    def close(self, who: int) -> None:
        """A process ends as it should."""
        if engine := self.opened.pop(who, None):
            engine.close()

    @rule(years=st.integers(-30, 30))
    def set_clock(self, years: int) -> None:
        """The clock jumps."""
        self.skew = max(self.earliest, timedelta(days=365 * years))
        self.latest = max(self.latest, self.skew)

    @rule()
    def lose_index(self) -> None:
        """Somebody deletes the index, whoever has the vault open."""
        shutil.rmtree(self.cache, ignore_errors=True)

    @rule()
    def lose_local(self) -> None:
        """Somebody deletes what only this machine keeps of the vault, while no process has it open."""
        if self.is_torn:  # what is cut short is mended under the name it was written under
            return
        self.opened.clear()
        shutil.rmtree(self.vault / ".memwell" / "local", ignore_errors=True)
        # The journal goes on under another name, and entries of two names are put in order by their times.
        self.skew = self.earliest = self.latest
        # Of the last entries nothing tells any more whether they happened: a note that was put back may say no.
        for entry in self.session().journal.entries()[-2 * len(PATHS) :]:
            self.author[entry.change.after] = UNCLEAR

    @rule(who=engines)
    def settle(self, who: int) -> None:
        """A write that changes nothing enters what people did and a crash left; then everything agrees."""
        self.finish_to_save()
        for path in notes(self.vault):
            self.age(self.vault / path)
        before = self.disk()
        engine = self.engine(who)
        with pytest.raises(NoteMissing):
            engine.forget("no such note")
        assert before == self.disk(), "a refused call has changed a note"
        found = engine.verify(read_data=True)
        open_ones = [one for one in found.loose if not one.problem.endswith(WAITS)]
        assert [] == [*found.damaged, *found.missing, *found.differing, *open_ones]
        entries = self.session().journal.entries()
        assert {path: sha256(data) for path, data in notes(self.vault).items()} == heads(entries)
        self.kept |= {sha256(data) for data in before.values()}
        self.check_authors(entries)

    @invariant()
    def nothing_is_lost(self) -> None:
        """Each text that was acknowledged or entered is in a note, in the archive or in history."""
        session, there = self.session(), {sha256(data) for data in self.disk().values()}
        assert [] == [name for name in self.kept - there - self.purged if name not in session.revisions]
        assert [] == session.journal.verify()

    def teardown(self) -> None:
        try:
            self.settle(0)
            self.settle(1)
            self.opened.clear()
            self.settle(0)
            assert [] == [name for name in leftovers(self.vault) if name.endswith(".note")]
        finally:
            self.leave()
