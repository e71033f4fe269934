"""Taking back from a file that others have changed since: our entry goes, all else stays as they left it."""

import json
from pathlib import Path

import pytest
from client_world import EVERY_CLIENT, OTHER_SERVER, SERVER, client, put

from vault_engine.clients import CLIENTS, Desk, take_back, tell
from vault_engine.errors import ClientFileUnusable

JSON = [one.name for one in CLIENTS if one.server.syntax == "json"]


def changed(desk: Desk, name: str, before: str, edit) -> tuple[str, str, tuple[str, ...]]:
    """Tell a client, let somebody edit the file, take back; gives the action, the text and the copies left."""
    file = put(desk, name, before.encode())
    tell(desk, client(name), SERVER)
    file.write_bytes(edit(file.read_bytes().decode()).encode())
    taken = take_back(desk, desk.record().changes[0])
    return taken.action, file.read_bytes().decode(), taken.left


@pytest.mark.parametrize("name", JSON)
def test_json_that_somebody_edited_elsewhere(name, desk):
    """The edit stays, the entry goes, and the copy from before is kept, as it is nowhere else."""
    key = client(name).server.spot.keys[0]
    before = f'{{\n  "{key}": {{\n    "git": {{}}\n  }},\n  "n": 1\n}}\n'

    action, text, left = changed(desk, name, before, lambda text: text.replace('"n": 1', '"n": 2'))

    assert ("taken out", before.replace('"n": 1', '"n": 2')) == (action, text)
    assert [before.encode()] == [Path(copy).read_bytes() for copy in left]


def test_json_that_the_client_has_written_anew(desk):
    """Claude Code writes its file in its own layout, with other servers behind ours."""
    action, text, _ = changed(
        desk,
        "claude-code",
        '{"mcpServers":{"a":{"command":"x"}}}',
        lambda text: json.dumps(
            {"n": 1, "mcpServers": json.loads(text)["mcpServers"] | {"z": {"command": "y"}}}, indent=2
        ),
    )

    assert ("taken out", {"n": 1, "mcpServers": {"a": {"command": "x"}, "z": {"command": "y"}}}) == (
        action,
        json.loads(text),
    )


def test_json_in_which_our_entry_is_the_last_and_was_edited(desk):
    """The comma before it goes as well, so that a strict reader can go on reading."""
    action, text, _ = changed(
        desk,
        "cursor",
        '{\n  "mcpServers": {\n    "a": {}\n  }\n}\n',
        lambda text: text.replace('"serve"', '"serve", "-v"'),
    )

    assert ("restored", '{\n  "mcpServers": {\n    "a": {}\n  }\n}\n') == (action, text)


def test_json_of_which_all_others_are_gone_keeps_no_map_that_was_made_for_us(desk):
    """``mcpServers`` came with us and goes with us."""
    action, text, _ = changed(desk, "cursor", "{}", lambda text: text.replace('"serve"', '"serve", "-v"'))

    assert ("taken out", {}) == (action, json.loads(text))


def test_a_made_file_that_another_server_has_moved_into_stays(desk):
    """Without our entry."""
    file = Path(tell(desk, client("cursor"), SERVER).file)
    file.write_text(file.read_text().replace('"memwell": {', '"git": {"command": "x"},\n    "memwell": {'))

    taken = take_back(desk, desk.record().changes[0])

    assert "taken out" == taken.action
    assert {"mcpServers": {"git": {"command": "x"}}} == json.loads(file.read_text())


@pytest.mark.parametrize("name", EVERY_CLIENT)
def test_a_made_file_in_which_only_our_entry_was_edited_is_removed(name, desk, home_look):
    """It holds nothing else."""
    file = Path(tell(desk, client(name), SERVER).file)
    file.write_text(file.read_text().replace("/home/you/memwell", "/elsewhere"))

    assert "removed" == take_back(desk, desk.record().changes[0]).action
    assert {} == home_look()


@pytest.mark.parametrize(
    ("name", "before", "edit"),
    [
        ("codex", "a = 1\n", lambda text: text.replace("a = 1", "a = 2 # b") + "\n[other]\nx = 1\n"),
        ("codex", "a = 1\n", lambda text: text.replace('"serve"', '"serve", "-v"')),
        ("hermes", "a: 1\n", lambda text: text.replace("a: 1", "a: 2 # b") + "z: 1\n"),
        ("hermes", "mcp_servers:\n  git: {}\n", lambda text: text.replace('"serve"', '"served"')),
        ("continue", "a: 1\n", lambda text: text.replace("a: 1", "a: 2 # b") + "  - name: git\n"),
        ("continue", "mcpServers:\n- name: git\n", lambda text: text.replace('"serve"', '"served"')),
    ],
)
def test_toml_and_yaml_that_somebody_edited(name, before, edit, desk):
    """The entry is gone and every other line of the edited file is there."""
    action, text, _ = changed(desk, name, before, edit)

    assert "taken out" == action or text == before
    assert "memwell" not in text
    ours = [line for line in edit(before).splitlines() if line.strip()]
    assert set(ours) <= set(text.splitlines())


def test_an_entry_that_somebody_took_out_already_is_gone(desk):
    """Nothing is written."""
    file = put(desk, "cursor", b'{"a": 1}')
    tell(desk, client("cursor"), SERVER)
    file.write_bytes(b'{"b": 2}')

    taken = take_back(desk, desk.record().changes[0])

    assert ("gone", b'{"b": 2}') == (taken.action, file.read_bytes())
    assert [b'{"a": 1}'] == [Path(copy).read_bytes() for copy in taken.left]


def test_a_file_that_somebody_removed_is_gone(desk):
    """It is not made again."""
    file = put(desk, "cursor", b'{"a": 1}')
    tell(desk, client("cursor"), SERVER)
    file.unlink()

    assert "gone" == take_back(desk, desk.record().changes[0]).action
    assert not file.exists()


def test_a_file_that_somebody_broke_is_left_and_stays_recorded(desk):
    """Once it is in order again it can be taken back."""
    file = put(desk, "cursor", b'{"a": 1}')
    tell(desk, client("cursor"), SERVER)
    whole = file.read_bytes()
    file.write_bytes(whole + b"}")
    (change,) = desk.record().changes

    with pytest.raises(ClientFileUnusable):
        take_back(desk, change)

    assert (whole + b"}", (change,)) == (file.read_bytes(), desk.record().changes)
    file.write_bytes(whole)
    assert "restored" == take_back(desk, change).action
    assert b'{"a": 1}' == file.read_bytes()


def test_an_earlier_entry_comes_back_although_the_rest_was_edited(desk):
    """The one that a person had written under our name."""
    before = '{\n  "mcpServers": {\n    "memwell": {"command": "mine"},\n    "git": {}\n  }\n}\n'

    _, text, _ = changed(desk, "cursor", before, lambda text: text.replace('"git": {}', '"hub": {}'))

    assert before.replace('"git": {}', '"hub": {}') == text


def test_an_earlier_entry_is_not_lost_where_ours_was_edited(desk):
    """The file is left, and says why: what was there stands in the copy."""
    before = '{"mcpServers": {"memwell": {"command": "mine"}}}'

    with pytest.raises(ClientFileUnusable, match="can't be put back"):
        changed(desk, "cursor", before, lambda text: text.replace('"serve"', '"served"'))


def test_told_of_another_vault_after_an_edit_the_edit_stays_when_all_is_taken_back(desk):
    """The file from before the second time is copied, and what was edited in between is what comes back."""
    file = put(desk, "cursor", b'{\n  "a": 1\n}\n')
    tell(desk, client("cursor"), SERVER)
    file.write_text(file.read_text().replace('"a": 1', '"a": 2'))
    tell(desk, client("cursor"), OTHER_SERVER)

    take_back(desk, desk.record().changes[0])

    assert b'{\n  "a": 2\n}\n' == file.read_bytes()


def test_a_crash_between_record_and_file_leaves_what_can_be_taken_back(desk):
    """The record comes first: an entry that it has and the file has not is gone, and the file as it was."""
    file = put(desk, "cursor", b'{"a": 1}')
    tell(desk, client("cursor"), SERVER)
    record = desk.record()
    file.write_bytes(b'{"a": 1}')

    taken = take_back(desk, record.changes[0])

    assert (b'{"a": 1}', ()) == (file.read_bytes(), taken.left)
    assert not desk.folder.exists()
