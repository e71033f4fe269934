"""A vault and a folder in which a person edits, for the tests of keeping both in step."""

import os
from pathlib import Path

from vault_engine.engine import Format, MirrorTerms, mirror_run

mirror_run.GRACE_S = 0.0  # nobody brings back a file that these tests take away, but for the one that says so
LONG_AGO_NS = 1_700_000_000_000_000_000
THREE = "one\n\ntwo\n\nthree\n"
HIDDEN = ".memwell-sync"


class Pair:
    """A vault, and a folder in which a person edits."""

    def __init__(self, engine, vault: Path, target: Path) -> None:
        self.engine, self.vault, self.target = engine, vault, target
        self._saves = 0

    def sync(self, **terms):
        """Bring both together; give what was done, as short texts."""
        form = Format(terms.pop("format", "obsidian"))
        done = self.engine.mirror(self.target, MirrorTerms(form, **terms))
        assert () == done.problems
        return [f"{change.where}: {change.what} {change.path}" for change in done.changes]

    def put(self, side: str, path: str, text: str | bytes, *, fresh: bool = False) -> None:
        """Write a note as an editor would: a while ago, unless it is to be ``fresh``."""
        file = (self.vault if side == "vault" else self.target) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        if not fresh:
            self._saves += 1
            os.utime(file, ns=(LONG_AGO_NS + self._saves * 1_000_000_000,) * 2)

    def both(self, path: str) -> tuple[str, str]:
        """Give a note's text in the vault and in the folder."""
        return tuple((folder / path).read_bytes().decode() for folder in (self.vault, self.target))


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Give every file of a folder that is not ours, with its bytes and time."""
    found = [file for file in folder.rglob("*") if file.is_file()]
    return {
        file.relative_to(folder).as_posix(): (file.read_bytes(), file.stat().st_mtime_ns)
        for file in sorted(found)
        if not {".memwell", HIDDEN} & set(file.parts)
    }


def pair_of(engine, vault: Path, folder: Path) -> Pair:
    """Give a vault with two notes, and a folder that does not exist yet."""
    pair = Pair(engine, vault, folder / "obsidian" / "Memory")
    pair.target.parent.mkdir()
    pair.put("vault", "a.md", THREE)
    pair.put("vault", "x/b.md", "---\nid: bee\n---\nB [[a]]\n")
    return pair
