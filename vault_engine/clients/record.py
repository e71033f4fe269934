"""What setup has done on this machine: its changes of files, and the vaults it has made. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from vault_engine.clients.edits import Done
from vault_engine.clients.tree import Splice, Spot, Syntax

FORMAT = 1


@dataclass(frozen=True)
class BackUp:
    """A copy of a file as it was before a change."""

    file: str
    sha256: str


@dataclass(frozen=True)
class Change:
    """What was done at one spot of a client's file."""

    client: str
    file: str
    syntax: Syntax
    spot: Spot
    blank: str  # what the file began with, if it was made
    created: bool  # whether the file was made
    before: str  # SHA-256 of the file before, or of ``blank``
    after: str  # SHA-256 of the file with the entry
    done: Done
    backups: tuple[BackUp, ...] = ()
    folders: tuple[str, ...] = ()  # that were made for the file, the topmost first

    def is_at(self, client: str, file: str, spot: Spot) -> bool:
        """Say whether this is the change at a spot of a client's file."""
        return self.is_in(client, file) and self.spot == spot

    def is_in(self, client: str, file: str) -> bool:
        """Say whether this change is one of a client's file."""
        return (self.client, self.file) == (client, file)


@dataclass(frozen=True)
class Vault:
    """A vault that clients were told of."""

    path: str
    created: bool  # whether setup made its folder; one that was adopted belongs to somebody


@dataclass(frozen=True)
class Record:
    """All that setup has done and has not undone."""

    changes: tuple[Change, ...] = ()
    vaults: tuple[Vault, ...] = ()

    def change_at(self, client: str, file: str, spot: Spot) -> Change | None:
        """Give what was done at a spot of a client's file."""
        return next((one for one in self.changes if one.is_at(client, file, spot)), None)

    def with_change(self, change: Change) -> "Record":
        """Add a change, or put it in the place of the one at the same spot."""
        return replace(self, changes=(*self.without_change(change).changes, change))

    def without_change(self, change: Change) -> "Record":
        """Leave a change out."""
        rest = tuple(one for one in self.changes if not one.is_at(change.client, change.file, change.spot))
        return replace(self, changes=rest)

    def with_vault(self, vault: Vault) -> "Record":
        """Add a vault; that it was created once stays true."""
        created = vault.created or any(one.path == vault.path and one.created for one in self.vaults)
        rest = tuple(one for one in self.vaults if one.path != vault.path)
        return replace(self, vaults=(*rest, Vault(vault.path, created)))


def to_json(record: Record) -> dict[str, Any]:
    """Give a record as JSON has it."""
    return {"format": FORMAT, **asdict(record)}


def from_json(facts: Any) -> Record:
    """Read a record.

    Raises:
        ValueError: it is none, or of a later format.
    """
    try:
        if facts["format"] != FORMAT:
            raise ValueError(f"format {facts['format']!r} is not known to this version")
        return Record(
            tuple(_change(one) for one in facts["changes"]),
            tuple(Vault(_text(one["path"]), bool(one["created"])) for one in facts["vaults"]),
        )
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"it is not as setup writes it ({error!r})") from None


def _change(facts: Mapping[str, Any]) -> Change:
    splice, made, replaced = facts["done"]
    start, removed, inserted = splice
    return Change(
        client=_text(facts["client"]),
        file=_text(facts["file"]),
        syntax=Syntax(facts["syntax"]),
        spot=_spot(facts["spot"]),
        blank=_text(facts["blank"]),
        created=bool(facts["created"]),
        before=_text(facts["before"]),
        after=_text(facts["after"]),
        done=Done(Splice(int(start), _text(removed), _text(inserted)), int(made), bool(replaced)),
        backups=tuple(BackUp(_text(one["file"]), _text(one["sha256"])) for one in facts["backups"]),
        folders=tuple(map(_text, facts["folders"])),
    )


def _spot(facts: Mapping[str, Any]) -> Spot:
    keys, name = tuple(map(_text, facts["keys"])), _text(facts["name"])
    return Spot(keys, name, listed=bool(facts["listed"]), grouped=bool(facts.get("grouped")))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
