"""What a machine remembers of one bucket: the commits that its vault has, and the files that these left it with.

The file is this machine's and this folder's. If it is lost or can't be understood, the vault joins the bucket anew.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from vault_engine.engine.remote_target import Target
from vault_engine.engine.session import Session
from vault_engine.sync.bucket_format import Entry, Unfit, is_name, name_of, read_files, write_files
from vault_engine.vault.files import write_atomic
from vault_engine.vault.store import TMP
from vault_engine.vault.walk import Signature

_FORMAT = 1


@dataclass
class State:
    """What a vault and a bucket have in common."""

    parents: tuple[str, ...] = ()  # the commits that the vault has, none coming from another
    lists: tuple[str, ...] = ()  # what the bucket lists for the only parent; nothing if there are several
    behind: set[str] = field(default_factory=set)  # other heads that the vault has
    tree: dict[str, Entry] = field(default_factory=dict)  # what the vault held then
    seen: dict[str, Signature] = field(default_factory=dict)  # how its files looked
    there: set[str] = field(default_factory=set)  # which contents are in the bucket, by SHA-256

    def forget(self) -> None:
        """Begin anew with a bucket that has nothing of this."""
        self.parents, self.lists, self.behind, self.there = (), (), set(), set()


def state_file(session: Session, target: Target) -> Path:
    """Give the file for one place in a bucket, by whatever name its server is reached."""
    return session.vault.local_dir / f"bucket-{name_of(str(target.address).encode())[:12]}.json"


def load_state(session: Session, file: Path) -> State:
    """Give what was saved; nothing, if that is not of this folder or can't be understood."""
    try:
        facts = json.loads(file.read_bytes())
        if facts["format"] != _FORMAT or facts["vault"] != str(session.config.root):
            return State()
        names = [facts[key] for key in ("parents", "lists", "behind", "unsent")]
        if not all(isinstance(one, list) and all(map(is_name, one)) for one in names):
            return State()
        parents, lists, behind, unsent = names
        seen = {path: Signature(*map(int, signature)) for path, signature in facts["seen"].items()}
        tree = read_files(facts["files"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, Unfit):
        return State()
    there = {entry.sha256 for entry in tree.values()} - {*unsent}
    return State(tuple(parents), tuple(lists), set(behind), tree, seen, there)


def save_state(session: Session, file: Path, state: State) -> None:
    """Save what is in common.

    Raises:
        VaultDenied, StorageFailed: it is as it was.
    """
    facts = {
        "format": _FORMAT,
        "vault": str(session.config.root),
        "parents": state.parents,
        "lists": state.lists,
        "behind": sorted(state.behind),
        "unsent": sorted({entry.sha256 for entry in state.tree.values()} - state.there),
        "seen": state.seen,
        "files": write_files(state.tree),
    }
    data = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()
    write_atomic(file, data, session.vault.local_dir / TMP)
