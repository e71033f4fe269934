"""Another process stages the notes of new folders; whatever becomes of it, each note is whole or refused."""

import errno
import os
import signal
import sys

import pytest

from vault_engine.errors import StorageFailed
from vault_engine.vault import many as many_module
from vault_engine.vault import stager as stager_module
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.many import Many
from vault_engine.vault.stager import Stager
from vault_engine.vault.store import Vault

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each file is synced as it is written")

NOTES = {f"new/{name}.md": f"{name} {'text ' * 100}\n".encode() for name in ("b", "c", "ä d", "e")}
NOTES |= {"new/deeper/f.md": b"", "new/large.md": bytes(range(256)) * 4000}


@pytest.fixture
def vault(tmp_path, monkeypatch):
    """A vault without notes, where the first note already is worth a process."""
    monkeypatch.setattr(many_module, "_STAGED_ALONE", 0)
    (tmp_path / "v" / ".memwell").mkdir(parents=True)
    return Vault(tmp_path / "v", tmp_path / "v" / ".memwell")


def stage_all(many: Many) -> None:
    for path, data in NOTES.items():
        many.stage(path, data, sha256_hex(data), is_new=True)


def put_all(many: Many) -> None:
    many.sync()
    for path in NOTES:
        many.put(path, "", lambda _: None)
    many.confirm()


def content(vault: Vault) -> dict[str, bytes]:
    """Gives every file of the vault, temporary ones too."""
    return {
        file.relative_to(vault.root).as_posix(): file.read_bytes() for file in vault.root.rglob("*") if file.is_file()
    }


def test_what_it_writes_is_what_would_be_written_here(vault, monkeypatch):
    """Bytes and permissions; and it is the process that writes it."""
    before = os.umask(0o027)
    try:
        with vault.many() as many, monkeypatch.context() as patched:
            patched.setattr(Many, "_stage_inside", None)
            stage_all(many)
            assert {} == many.finish()
            put_all(many)
    finally:
        os.umask(before)

    assert NOTES == content(vault)
    assert {0o640} == {(vault.root / path).stat().st_mode & 0o777 for path in NOTES}


def test_it_is_not_started_for_a_few(vault, monkeypatch):
    """The first ones are staged here."""
    monkeypatch.setattr(many_module, "_STAGED_ALONE", len(NOTES))
    with vault.many() as many:
        stage_all(many)
        assert many._stager is None
        many.stage("new/g.md", b"g", sha256_hex(b"g"), is_new=True)
        assert many._stager is not None


@pytest.mark.parametrize("alone", [0, 3])
def test_what_is_no_note_is_its_owners_and_whoever_wants_it_moves_it_away(vault, monkeypatch, tmp_path, alone):
    """Whoever wrote it; what nobody wants is removed."""
    monkeypatch.setattr(many_module, "_STAGED_ALONE", alone)
    with vault.many() as many:
        wanted, unwanted = many.stage_beside(b"wanted"), many.stage_beside(b"unwanted")
        stage_all(many)
        assert {} == many.finish()
        assert [True, True] == [many.is_beside(wanted), many.is_beside(unwanted)]
        assert (b"unwanted", 0o600) == (unwanted.file.read_bytes(), wanted.file.stat().st_mode & 0o777)
        wanted.file.rename(tmp_path / "wanted")
        put_all(many)

    assert (NOTES, b"wanted") == (content(vault), (tmp_path / "wanted").read_bytes())


@pytest.mark.parametrize("alone", [0, 1])
def test_what_is_no_note_goes_with_the_process(vault, monkeypatch, alone):
    """Nobody can say what there is of it, so that nothing is; the notes are staged again."""
    monkeypatch.setattr(many_module, "_STAGED_ALONE", alone)
    with vault.many() as many:
        beside = [many.stage_beside(b"one"), many.stage_beside(b"two")]
        stage_all(many)
        assert many._stager
        many._stager._process.kill()
        beside[1].file.write_bytes(b"tw")
        assert {} == many.finish()
        assert [(False, False)] * 2 == [(many.is_beside(one), one.file.exists()) for one in beside]
        put_all(many)

    assert NOTES == content(vault)


@pytest.mark.parametrize("number", range(len(NOTES)))
def test_killed_in_the_middle_it_costs_nothing_but_time(vault, monkeypatch, number):
    """Whether it had written a note, half of one, or none."""
    monkeypatch.setattr(stager_module, "_PORTION_BYTES", 1)
    with vault.many() as many:
        for at, (path, data) in enumerate(NOTES.items()):
            many.stage(path, data, sha256_hex(data), is_new=True)
            if at == number:
                assert many._stager
                many._stager._process.kill()
        new = many._new_folders["new"]
        assert new
        (new.place.file / "e.md").write_bytes(b"half of a no")
        assert {} == many.finish()
        put_all(many)

    assert NOTES == content(vault)


def test_a_note_that_it_can_not_write_whole_is_written_here(vault):
    """Where it meets a limit that is not ours; nothing of its attempt is left."""
    with vault.many() as many:
        many.stage("new/a.md", b"a", sha256_hex(b"a"), is_new=True)
        assert many._stager
        resource.prlimit(many._stager._process.pid, resource.RLIMIT_FSIZE, (1000, 1000))
        stage_all(many)
        assert {} == many.finish()
        put_all(many)

    assert {**NOTES, "new/a.md": b"a"} == content(vault)


def test_on_a_full_disk_each_note_is_told_of(vault, monkeypatch):
    """Those that neither process can write are refused, and do not come along with the others."""

    def no_space(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    long = f"new/{'n' * 260}.md"
    with vault.many() as many:
        stage_all(many)
        many.stage(long, b"x", sha256_hex(b"x"), is_new=True)
        assert many._stager
        assert [True] * len(NOTES) + [False] == many._stager.finish()
        with monkeypatch.context() as patched:
            (many._new_folders["new"].place.file / "large.md").unlink()
            patched.setattr(Stager, "finish", lambda _: [True] * (len(NOTES) - 1) + [False, False])
            patched.setattr(os, "write", no_space)
            refused = many.finish()
        assert {"new/large.md": StorageFailed, long: StorageFailed} == {
            path: type(error) for path, error in refused.items()
        }
        many.sync()
        for path in NOTES.keys() - refused.keys():
            many.put(path, "", lambda _: None)
        many.confirm()

    assert {path: data for path, data in NOTES.items() if path != "new/large.md"} == content(vault)


@pytest.mark.parametrize("dies", [False, True])
@pytest.mark.parametrize("alone", [0, 1])
def test_a_disk_may_take_two_names_for_one(vault, monkeypatch, alone, dies):
    """The first note stays as it is, wherever it was staged, and the second is refused."""
    monkeypatch.setattr(many_module, "_STAGED_ALONE", alone)
    with vault.many() as many:
        many.stage("new/a.md", b"first", sha256_hex(b"first"), is_new=True)
        many.stage("new/b.md", b"b", sha256_hex(b"b"), is_new=True)
        monkeypatch.setattr(many_module._NewFolder, "inside", one_name(many_module._NewFolder.inside))
        assert many._stager
        hand_over = many._stager.hand_over
        monkeypatch.setattr(many._stager, "hand_over", lambda folder, name, data: hand_over(folder, "a.md", data))
        many.stage("new/A.md", b"second", sha256_hex(b"second"), is_new=True)
        if dies:
            many._stager._process.kill()
        assert {"new/A.md": StorageFailed} == {path: type(error) for path, error in many.finish().items()}
        many.sync()
        many.put("new/a.md", "", lambda _: None)
        many.put("new/b.md", "", lambda _: None)
        many.confirm()

    assert {"new/a.md": b"first", "new/b.md": b"b"} == content(vault)


def one_name(inside):
    """Stands in for a disk that does not tell ``A.md`` from ``a.md``."""
    return lambda self, path: inside(self, path.lower())


@pytest.mark.parametrize("executable", ["", "/nowhere/python", "/bin/false", "/bin/echo"])
def test_without_a_python_to_start_all_is_staged_here(vault, monkeypatch, executable):
    """Be there no program, one that ends at once, or one that answers something else."""
    monkeypatch.setattr(sys, "executable", executable)
    with vault.many() as many:
        stage_all(many)
        assert {} == many.finish()
        put_all(many)

    assert NOTES == content(vault)


def test_what_is_given_up_leaves_neither_files_nor_a_process(vault):
    """Whatever the process is doing at that moment."""
    with pytest.raises(KeyboardInterrupt), vault.many() as many:  # noqa: PT012
        stage_all(many)
        assert many._stager
        pid = many._stager._process.pid
        raise KeyboardInterrupt

    assert {} == content(vault)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_without_its_parent_it_writes_nothing_more(vault, monkeypatch):
    """Files that it was told of while the parent still was there do not come afterwards."""
    (vault.root / "new").mkdir()
    handle = os.open(vault.root, os.O_RDONLY)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(os, "getpid", lambda: 1)  # so it takes another process for its parent
            stager = Stager(handle)
        stager.hand_over("new", "a.md", b"a")
        assert [] == stager.finish()
        assert stager._process.wait() == 1
        stager.close()
    finally:
        os.close(handle)

    assert {} == content(vault)


def test_a_stopped_process_is_ended(vault):
    """It is not waited for when nothing it does is wanted any more."""
    with vault.many() as many:
        stage_all(many)
        assert many._stager
        os.kill(many._stager._process.pid, signal.SIGSTOP)

    assert {} == content(vault)
