"""Machines with a vault each, and a bare repository between two of them, for the tests of syncing."""

import os
from contextlib import suppress
from pathlib import Path

from git_person import run

from vault_engine import Actor, Engine
from vault_engine.engine.remote import ANYWHERE, Pulled, Pushed, Synced, Where

LONG_AGO_NS = 1_700_000_000_000_000_000


class Machine:
    """One person's machine: a vault, where it meets others, and a name in the journal."""

    def __init__(self, folder: Path, name: str, cache: Path, where: Where = ANYWHERE) -> None:
        self.folder, self.name, self.where = folder, name, where
        self._env = {"MEMWELL_CACHE_DIR": str(cache / name), "MEMWELL_EMBEDDER": "none", "MEMWELL_DEVICE": name}
        self.engine = self.opened()

    def opened(self) -> Engine:
        """Open the vault as a new process would."""
        return Engine.open(self.folder, actor=Actor("human", self.name, "python"), env=self._env)

    def write(self, path: str, content: str | bytes) -> None:
        """Save a file as a person's editor would, a while ago."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(file, ns=(LONG_AGO_NS, LONG_AGO_NS + file.stat().st_ino))

    def remove(self, path: str) -> None:
        """Delete a file, and its folder if that is empty then."""
        (self.folder / path).unlink()
        with suppress(OSError):
            (self.folder / path).parent.rmdir()

    def read(self, path: str) -> str:
        """Give what a file holds."""
        return (self.folder / path).read_text()

    @property
    def files(self) -> dict[str, str]:
        """Every file but those of git and Memwell."""
        found = (file for file in self.folder.rglob("*") if file.is_file())
        named = ((file.relative_to(self.folder).as_posix(), file) for file in found)
        return {
            path: file.read_text("latin-1")
            for path, file in sorted(named)
            if not path.startswith((".git/", ".memwell/"))
        }

    def pull(self) -> Pulled:
        """Bring in what others have sent."""
        return self.engine.sync_pull(self.where)

    def push(self) -> Pushed:
        """Send what is new here."""
        return self.engine.sync_push(self.where)

    def both(self, *, yes: bool = False, unrelated: bool = False) -> Synced:
        """Pull, then push."""
        return self.engine.sync(self.where, yes=yes, unrelated=unrelated)

    def sync(self, *, yes: bool = False, unrelated: bool = False) -> Pulled:
        """Pull, then push; give what was pulled."""
        return self.both(yes=yes, unrelated=unrelated).pulled

    def git(self, *arguments: str) -> str:
        """Run git as the person does."""
        return run(self.folder, *arguments)


def machines(folder: Path, *names: str, kind: str = "sha1") -> list[Machine]:
    """Make a vault and a bare repository, and clone it for the other machines."""
    first, *others = names
    remote = folder / "remote.git"
    run(folder, "init", "-q", "--bare", f"--object-format={kind}", str(remote))
    Engine.create(folder / first)
    run(folder / first, "init", "-q", f"--object-format={kind}")
    run(folder / first, "remote", "add", "origin", str(remote))
    made = [Machine(folder / first, first, folder / "cache")]
    made[0].write("start.md", "# Start\n\none\n\ntwo\n\nthree\n")
    made[0].engine.sync_push()
    for name in others:
        run(folder, "clone", "-q", str(remote), str(folder / name))
        made.append(Machine(folder / name, name, folder / "cache"))
    return made


def told(pulled: Pulled) -> list[tuple[str, str]]:
    """Give what became of which file."""
    return [(file.what, file.path) for file in pulled.files]
