"""The bytes that notes had."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vault_engine.journal.revisions import Revisions
from vault_engine.vault.files import sha256_hex


@pytest.fixture
def revisions(tmp_path):
    """An empty store of revisions."""
    return Revisions(tmp_path / "revisions", tmp_path / "tmp")


def file_of(tmp_path, sha256):
    return tmp_path / "revisions" / sha256[:2] / sha256[2:]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.binary(max_size=2000))
def test_bytes_are_kept_by_their_hash(revisions, data):
    """What goes in under a SHA-256 comes out of it, byte for byte."""
    name = revisions.put(data)

    assert sha256_hex(data) == name
    assert name in revisions
    assert data == revisions.get(name)


def test_the_same_bytes_are_kept_once(revisions, tmp_path):
    """What is there is never written again."""
    name = revisions.put(b"once")
    before = file_of(tmp_path, name).stat()

    revisions.put(b"once")

    after = file_of(tmp_path, name).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert 1 == sum(file.is_file() for file in (tmp_path / "revisions").rglob("*"))


def test_what_was_never_kept_is_a_key_error(revisions):
    """An unknown hash is not there."""
    with pytest.raises(KeyError):
        revisions.get("0" * 64)
    assert "0" * 64 not in revisions


@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: data[:-3], lambda data: data[:2] + b"\xff" + data[3:]]
)
def test_a_damaged_revision_is_never_given_out(revisions, tmp_path, damage):
    """Wrong bytes would be worse than none: a KeyError."""
    name = revisions.put(b"words " * 100)
    file_of(tmp_path, name).write_bytes(damage(file_of(tmp_path, name).read_bytes()))

    with pytest.raises(KeyError):
        revisions.get(name)


def test_bytes_under_another_hash_are_never_given_out(revisions, tmp_path):
    """A file that is whole but holds something else is damage too."""
    one, other = revisions.put(b"one"), revisions.put(b"other")
    file_of(tmp_path, one).write_bytes(file_of(tmp_path, other).read_bytes())

    with pytest.raises(KeyError):
        revisions.get(one)


def test_keeping_bytes_mends_a_damaged_revision(revisions, tmp_path):
    """After `put` the bytes can be had, even if the file that should have held them was damaged."""
    name = revisions.put(b"words")
    file_of(tmp_path, name).write_bytes(b"")

    revisions.put(b"words")

    assert b"words" == revisions.get(name)
