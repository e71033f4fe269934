"""Two machines of which each has changed what the other has changed, for the tests of syncs that are cut short."""

import os

from machines import Machine

from vault_engine.vault import place
from vault_engine.vault.copies import conflict_base

TEXT = "# Title\n\none\n\ntwo\n\nthree\n\nfour\n"


class Killed(BaseException):
    """The process is no more."""


class Steps:
    """Counts what changes something, and kills the process at one of them."""

    def __init__(self, monkeypatch, at, *more):
        self.at, self.seen = at, 0
        for module, name in ((place, "_renameat2"), (os, "replace"), (os, "unlink"), *more):
            monkeypatch.setattr(module, name, self._counting(getattr(module, name)))

    def _counting(self, real):
        def call(*arguments, **options):
            self.seen += 1
            if self.seen >= self.at:
                raise Killed
            return real(*arguments, **options)

        return call


def diverge(anna: Machine, bert: Machine) -> None:
    """Let both have the same, then each change it; what Anna did is sent."""
    for path in ("merged.md", "both.md", "old.md", "gone.md", "mine.md", "ours.md"):
        anna.write(path, TEXT.replace("Title", path))
    anna.sync()
    bert.sync()
    anna.write("merged.md", anna.read("merged.md").replace("one", "one by Anna"))
    anna.write("both.md", anna.read("both.md").replace("two", "two by Anna"))
    anna.write("mine.md", anna.read("mine.md").replace("two", "two by Anna"))
    anna.write("ours.md", anna.read("ours.md").replace("two", "two by Anna"))
    anna.write("new.md", "new by Anna\n")
    anna.engine.move("old.md", "renamed.md")
    anna.remove("gone.md")
    anna.sync()
    bert.write("merged.md", bert.read("merged.md").replace("four", "four by Bert"))
    bert.write("both.md", bert.read("both.md").replace("two", "two by Bert"))
    bert.write("old.md", bert.read("old.md").replace("four", "four by Bert"))
    bert.write("own.md", "own by Bert\n")
    for path in ("mine.md", "ours.md"):
        (bert.folder / path).rename(bert.folder / f"moved-{path}")


def check(anna: Machine, bert: Machine) -> None:
    """Both hold the same: what each has written, once."""
    copy = next(path for path in bert.files if conflict_base(path))
    assert {
        "start.md": "# Start\n\none\n\ntwo\n\nthree\n",
        "merged.md": TEXT.replace("Title", "merged.md").replace("one", "one by Anna").replace("four", "four by Bert"),
        "both.md": TEXT.replace("Title", "both.md").replace("two", "two by Bert"),
        copy: TEXT.replace("Title", "both.md").replace("two", "two by Anna"),
        "renamed.md": TEXT.replace("Title", "old.md").replace("four", "four by Bert"),
        "moved-mine.md": TEXT.replace("Title", "mine.md").replace("two", "two by Anna"),
        "moved-ours.md": TEXT.replace("Title", "ours.md").replace("two", "two by Anna"),
        "new.md": "new by Anna\n",
        "own.md": "own by Bert\n",
    } == bert.files
    assert anna.files == bert.files
