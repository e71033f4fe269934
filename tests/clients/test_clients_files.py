"""For every client and every shape its file may have: told of the server, then taken back, each byte is as it was."""

import json
import os
from pathlib import Path

import pytest
from client_files import BROKEN, EVERY_BROKEN, EVERY_FILE, ONE_OF_A_KIND, files_of
from client_world import EVERY_CLIENT, OTHER_SERVER, SERVER, client, put

from vault_engine.clients import CLIENTS, Remote, edits, files, take_back, tell
from vault_engine.clients.tree import found
from vault_engine.errors import BadInput, ClientFileBusy, ClientFileUnusable, ConfigBroken, VaultDenied


@pytest.mark.parametrize(("name", "shape"), EVERY_FILE)
def test_set_up_once_or_twice_and_taken_back_every_byte_is_as_it_was(name, shape, desk, home_look):
    """The second time nothing is written; in the end no copy, no folder and no record is left."""
    put(desk, name, files_of(client(name))[shape])
    before = home_look()
    tell(desk, client(name), SERVER)
    told, record = home_look(), desk.record()

    assert "unchanged" == tell(desk, client(name), SERVER).action
    assert (told, record) == (home_look(), desk.record())
    taken = take_back(desk, record.changes[0])
    assert before == home_look()
    assert ("restored", ()) == (taken.action, taken.left)
    assert not desk.folder.exists()


@pytest.fixture(params=ONE_OF_A_KIND, ids=lambda pair: f"{pair[0]}: {pair[1]}")
def told(request, desk):
    """A client with a file, and the file; one client of each syntax."""
    name, shape = request.param
    one = client(name)
    return one, put(desk, name, files_of(one)[shape])


def test_the_entry_is_there_and_all_else_says_what_it_said(told, desk):
    """The client reads its server, and the bytes of the rest are those from before."""
    one, file = told
    before = file.read_bytes().decode()

    tell(desk, one, SERVER)

    text = file.read_bytes().decode()
    assert one.entry(SERVER) == found(edits.read(one.server.syntax, text), one.server.spot)
    splice = desk.record().changes[0].done.splice
    assert before == splice.undone(text)
    assert text.startswith(before[: splice.start])
    assert text.endswith(before[splice.start + len(splice.removed) :])


def test_another_vault_replaces_the_entry_and_can_still_be_taken_back(told, desk, home_look):
    """However often a client is told of another server, the file from before the first time comes back."""
    one, file = told
    before = home_look()
    tell(desk, one, SERVER)

    again = tell(desk, one, OTHER_SERVER)

    assert ("replaced", None) == (again.action, again.backup)
    text = file.read_bytes().decode()
    assert one.entry(OTHER_SERVER) == found(edits.read(one.server.syntax, text), one.server.spot)
    take_back(desk, desk.record().changes[0])
    assert before == home_look()


def test_a_dry_run_says_what_would_be_done_and_does_nothing(told, desk, home_look):
    """The same action as then in earnest; and so for taking back."""
    one, _ = told
    before = home_look()
    would = tell(desk, one, SERVER, dry_run=True)
    assert before == home_look()
    assert would.action == tell(desk, one, SERVER).action

    (change,) = desk.record().changes
    after = home_look()
    would_be_taken = take_back(desk, change, dry_run=True)
    assert after == home_look()
    assert would_be_taken.action == take_back(desk, change).action


@pytest.mark.parametrize("name", EVERY_CLIENT)
def test_a_file_that_was_not_there_is_made_and_removed_again(name, desk, home_look):
    """With the folders that were made for it; it is for its owner alone."""
    made = tell(desk, client(name), SERVER)

    assert "created" == made.action
    assert 0o600 == Path(made.file).stat().st_mode & 0o777
    assert "removed" == take_back(desk, desk.record().changes[0]).action
    assert {} == home_look()


@pytest.mark.parametrize(("name", "at"), EVERY_BROKEN)
def test_a_file_that_does_not_parse_or_fit_is_never_written(name, at, desk, home_look):
    """It stays as it is, no copy is made, and nothing is recorded."""
    one = client(name)
    put(desk, name, BROKEN[one.server.syntax][at].replace("KEY", one.server.spot.keys[0]).encode())
    before = home_look()

    with pytest.raises(ClientFileUnusable):
        tell(desk, one, SERVER)

    assert before == home_look()
    assert () == desk.record().changes


@pytest.mark.parametrize("content", [b"\xff\xfe{\x00}\x00", b'{"a": "\xe9"}'], ids=["UTF-16", "Latin-1"])
def test_a_file_that_is_no_utf_8_is_never_written(content, desk, home_look):
    """What it says is not guessed."""
    put(desk, "cursor", content)
    before = home_look()

    with pytest.raises(ClientFileUnusable, match="UTF-8"):
        tell(desk, client("cursor"), SERVER)
    assert before == home_look()


@pytest.mark.parametrize("name", EVERY_CLIENT)
def test_a_read_only_file_is_refused(name, desk, home_look):
    """Though another file could be put in its place."""
    put(desk, name, b"", mode=0o444)
    before = home_look()

    with pytest.raises(VaultDenied, match="read-only"):
        tell(desk, client(name), SERVER)
    assert before == home_look()


@pytest.mark.parametrize("name", EVERY_CLIENT)
def test_a_link_stays_a_link_and_the_mode_stays(name, desk, home_look):
    """As people have who keep their settings in a folder under git."""
    file = desk.file_of(client(name))
    real = Path(desk.around.home) / "dotfiles" / "settings"
    real.parent.mkdir()
    real.write_bytes(b"")
    real.chmod(0o640)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.symlink_to(os.path.relpath(real, file.parent))
    before = home_look()

    tell(desk, client(name), SERVER)

    assert file.is_symlink()
    assert (0o640, True) == (real.stat().st_mode & 0o777, b"memwell" in real.read_bytes())
    take_back(desk, desk.record().changes[0])
    assert before == home_look()


def test_a_pipe_is_refused_without_waiting(desk):
    """Nobody writes into it."""
    file = desk.file_of(client("cursor"))
    file.parent.mkdir()
    os.mkfifo(file)

    with pytest.raises(ClientFileUnusable, match="no regular file"):
        tell(desk, client("cursor"), SERVER)


@pytest.mark.parametrize("now", [None, b"", b'{"b": 2}'], ids=["removed", "emptied", "edited"])
def test_what_a_client_saved_at_that_moment_is_never_written_over(now, desk, home_look):
    """Neither by writing nor by removing, and nothing is left beside it."""
    file = put(desk, "cursor", b'{"a": 1}')
    file.unlink()
    if now is not None:
        file.write_bytes(now)
    before = home_look()

    with pytest.raises(ClientFileBusy):
        files.write(file, b'{"a": 1}', b"{}")
    if now is not None:
        with pytest.raises(ClientFileBusy):
            files.remove(file, b'{"a": 1}')
        with pytest.raises(ClientFileBusy):
            files.write(file, None, b"{}")

    assert before == home_look()


def test_the_copy_holds_what_the_file_held_and_is_as_private(desk):
    """Settings may hold secrets."""
    put(desk, "gemini", b'{"key": "secret"}', mode=0o600)

    copy = Path(tell(desk, client("gemini"), SERVER).backup or "")

    assert (b'{"key": "secret"}', 0o600) == (copy.read_bytes(), copy.stat().st_mode & 0o777)


def test_two_copies_in_one_second_have_two_names(desk):
    """None is written over."""
    file = put(desk, "cursor", b'{"a": 1}')
    first = tell(desk, client("cursor"), SERVER).backup
    file.write_bytes(file.read_bytes().replace(b'"a": 1', b'"a": 2'))

    second = tell(desk, client("cursor"), OTHER_SERVER).backup

    assert first is not None
    assert second not in (first, None)


@pytest.mark.parametrize("name", EVERY_CLIENT)
def test_what_was_not_set_up_by_us_is_not_recorded(name, desk):
    """An entry that a person has written and that says it all is theirs."""
    text = edits.snippet(client(name).server.syntax, client(name).server.spot, client(name).entry(SERVER))
    put(desk, name, text.encode())

    assert "unchanged" == tell(desk, client(name), SERVER).action
    assert () == desk.record().changes


def test_a_token_is_named_and_never_written(desk, monkeypatch):
    """In each client's own way; a client that has none is not told."""
    monkeypatch.setenv("NOTES_TOKEN", "memwell_secret")
    server = Remote("https://notes.example.org/mcp", "NOTES_TOKEN")
    refused = []
    for one in CLIENTS:
        try:
            text = Path(tell(desk, one, server).file).read_text()
        except BadInput:
            refused.append(one.name)
            continue
        assert (True, True, False) == (server.url in text, "NOTES_TOKEN" in text, "memwell_secret" in text)
    assert ["claude-desktop", "zed", "kimi-cli"] == refused


def test_a_record_that_can_not_be_understood_stops_everything(desk, home_look):
    """Without it nothing could be taken back as it was."""
    put(desk, "cursor", b"{}")
    desk.folder.mkdir(parents=True)
    before = home_look()
    for text in ("{", "[]", '{"format": 2}', '{"format": 1, "changes": [{}], "vaults": []}', "[" * 100_000):
        desk.file.write_text(text)
        with pytest.raises(ConfigBroken):
            tell(desk, client("cursor"), SERVER)
    assert before == home_look()


def test_the_record_is_private(desk):
    """It may hold an entry that was replaced, with what was in it."""
    put(desk, "cursor", b'{"mcpServers": {"memwell": {"env": {"KEY": "secret"}}}}')
    tell(desk, client("cursor"), SERVER)

    assert 0o600 == desk.file.stat().st_mode & 0o777
    assert "secret" in json.loads(desk.file.read_text())["changes"][0]["done"][0][1]
