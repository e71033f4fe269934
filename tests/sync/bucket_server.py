"""A server that speaks S3 in a process of its own, and machines that meet there, for the tests of syncing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from machines import Machine

from vault_engine import Engine
from vault_engine.engine.remote import Where
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


def running() -> Iterator[Server]:
    """Run a server, as a fixture; what needs it is skipped where the extra is not installed."""
    for module in ("botocore", "moto", "flask_cors"):
        pytest.importorskip(module)
    server = Server()
    yield server
    server.stop()


def use_keys(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have the keys for the bucket in the environment, and nothing else of a machine's settings."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "aws-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


class Member(Machine):
    """A machine that meets others in a bucket."""

    def __init__(self, folder: Path, name: str, cache: Path, place: Place) -> None:
        if not folder.exists():
            Engine.create(folder)
        super().__init__(folder, name, cache, place.where)


def members(folder: Path, place: Place, *names: str) -> list[Member]:
    """Make vaults; the first has a note, and the others have it from the bucket."""
    made = [Member(folder / name, name, folder / "cache", place) for name in names]
    made[0].write("start.md", "# Start\n\none\n\ntwo\n\nthree\n")
    for one in made:
        one.sync()
    return made
