"""A server that speaks S3 in a process of its own, and machines that meet there, for the tests of syncing."""

import subprocess
import sys
from pathlib import Path

from machines import Machine

from vault_engine import Engine
from vault_engine.engine.remote import Pulled, Synced, Where
from vault_engine.sync.bucket import Bucket
from vault_engine.sync.bucket_format import parse_address

_PROGRAM = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
KEYS = {"AWS_ACCESS_KEY_ID": "anna", "AWS_SECRET_ACCESS_KEY": "a-secret-of-anna", "AWS_DEFAULT_REGION": "us-east-1"}
BUCKET = "notes"


class Server:
    """A server on 127.0.0.1 with one bucket."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()


class Place(Bucket):
    """Where machines meet: one prefix of the bucket, with what a test may do to it."""

    def __init__(self, url: str, prefix: str) -> None:
        super().__init__(parse_address(f"s3://{BUCKET}/{prefix}"), url)
        self.where = Where(to=str(self.address), endpoint_url=url)

    def create(self) -> None:
        """Make the bucket."""
        self._client.create_bucket(Bucket=self.address.bucket)

    @property
    def held(self) -> dict[str, bytes]:
        """Every object below the prefix, by its key without that."""
        found = [key for key, _ in self.keys(f"{self.address.prefix}/")]
        return {key.removeprefix(f"{self.address.prefix}/"): self.get(key, 1 << 30) or b"" for key in found}

    def write(self, key: str, data: bytes) -> None:
        """Replace an object, by its key without the prefix."""
        self.put(f"{self.address.prefix}/{key}", data)

    def erase(self, key: str) -> None:
        """Remove an object, by its key without the prefix."""
        self.remove(f"{self.address.prefix}/{key}")

    def heads(self) -> list[str]:
        """The names of the heads."""
        return sorted(key.removeprefix("heads/") for key in self.held if key.startswith("heads/"))


class Member(Machine):
    """A machine that meets others in a bucket."""

    def __init__(self, folder: Path, name: str, cache: Path, place: Place) -> None:
        if not folder.exists():
            Engine.create(folder)
        self.where = place.where
        super().__init__(folder, name, cache)

    def pull(self) -> Pulled:
        """Bring in what the bucket has."""
        return self.engine.sync_pull(self.where)

    def both(self, *, yes: bool = False, unrelated: bool = False) -> Synced:
        """Pull, then push."""
        return self.engine.sync(self.where, yes=yes, unrelated=unrelated)

    def sync(self, *, yes: bool = False, unrelated: bool = False) -> Pulled:
        """Pull, then push; give what was pulled."""
        return self.both(yes=yes, unrelated=unrelated).pulled


def members(folder: Path, place: Place, *names: str) -> list[Member]:
    """Make vaults; the first has a note, and the others have it from the bucket."""
    made = [Member(folder / name, name, folder / "cache", place) for name in names]
    made[0].write("start.md", "# Start\n\none\n\ntwo\n\nthree\n")
    for one in made:
        one.sync()
    return made
