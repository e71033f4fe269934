"""What setup needs of this machine: where things are, what it did before, and that nobody else does so meanwhile."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from vault_engine.clients.places import Location, Platform, Surroundings
from vault_engine.clients.record import Record, from_json, to_json
from vault_engine.clients.registry import Client
from vault_engine.errors import ConfigBroken
from vault_engine.vault.files import explained, write_atomic
from vault_engine.vault.lock import Lock

_PRIVATE = 0o600
_WAIT_S = 60.0  # another setup, which writes a few small files


@dataclass(frozen=True)
class Desk:
    """One user's machine."""

    around: Surroundings
    folder: Path  # for the record of what was done

    @classmethod
    def here(cls, env: Mapping[str, str] | None = None) -> "Desk":
        """Give the desk of who runs this."""
        return cls(Surroundings(_platform(), str(Path.home()), os.environ if env is None else env), _data_folder())

    @property
    def file(self) -> Path:
        """The record."""
        return self.folder / "setup.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let no other process change the record inside the block.

        Raises:
            VaultBusy: another one does, for too long.
            VaultDenied: the folder can't be written.
        """
        with Lock(self.folder / "setup.lock").held(wait_s=_WAIT_S):
            yield

    def record(self) -> Record:
        """Read what was done.

        Raises:
            ConfigBroken: the record can't be understood.
            VaultDenied, StorageFailed: it can't be read.
        """
        with explained(self.file):
            try:
                text = self.file.read_bytes()
            except FileNotFoundError:
                return Record()
        try:
            return from_json(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise ConfigBroken(str(self.file), str(error)) from None

    def keep(self, record: Record) -> None:
        """Write what was done, whole or not at all. Inside `held`.

        Raises:
            VaultDenied, StorageFailed: the old record stays.
        """
        text = json.dumps(to_json(record), ensure_ascii=False, indent=1) + "\n"
        write_atomic(self.file, text.encode("utf-8", "surrogatepass"), self.folder, mode=_PRIVATE)

    def tidy(self) -> None:
        """Remove a record that says nothing any more. Inside `held`."""
        with explained(self.file):
            self.file.unlink(missing_ok=True)
        with suppress(OSError):  # Windows removes no file that is open
            (self.folder / "setup.lock").unlink()
        with suppress(OSError):
            self.folder.rmdir()

    def file_of(self, client: Client) -> Path:
        """Give the file that a client reads of its servers here: the first that is there, else the first."""
        return self.file_at(client.server.location)

    def file_at(self, location: Location) -> Path:
        """Give the file that a client reads there: the first that is there, else the first."""
        files = [Path(file) for file in location.files_in(self.around)]
        return next((file for file in files if os.path.lexists(file)), files[0])

    def has(self, client: Client) -> bool:
        """Say whether a client seems to be installed."""
        return any(os.path.lexists(sign) for sign in client.signs_in(self.around))


def _platform() -> Platform:
    if sys.platform == "win32":
        return "windows"
    return "macos" if sys.platform == "darwin" else "linux"


def _data_folder() -> Path:
    return user_data_path("memwell", appauthor=False)
