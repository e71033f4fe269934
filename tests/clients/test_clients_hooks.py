"""Hooks in the files of clients that have them: ours are put beside those of others, and taken out of them again."""

import json
import os
from pathlib import Path

import pytest
from client_world import OTHER_SERVER, SERVER, client, put
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_engine.clients import (
    CLIENTS,
    Hooked,
    Surroundings,
    edits,
    hooks_of,
    hooks_snippet,
    take_back,
    tell,
    tell_hooks,
)
from vault_engine.clients.groups import is_ours
from vault_engine.clients.tree import Spot, Syntax, found, without
from vault_engine.errors import BadInput, ClientFileUnusable, VaultDenied

HOOKED = Hooked(("/home/you/.local/bin/memwell",), "/home/you/memwell")
OTHER = Hooked(("/home/you/.local/bin/memwell",), "/home/you/notes")
WITH_HOOKS = [one.name for one in CLIENTS if one.hooks]
SPOT = Spot(("hooks",), "memwell hook", grouped=True)

_THEIRS = '{"matcher": "Bash", "hooks": [{"type": "command", "command": "say  hi", "timeout": 5.0}]}'
_OLDER = '{"matcher": "", "hooks": [{"type": "command", "command": "memwell hook prompt --vault /old"}]}'
FILES = {
    "empty": "",
    "blank": "\n\n",
    "braces": "{}",
    "one line": '{"theme":"dark","model":"opus"}',
    "no hooks": '{\n  "theme": "dark",\n  "permissions": {\n    "allow": ["Bash(git status)"]\n  }\n}\n',
    "empty map": '{\n\t"hooks": {},\n\t"theme": "dark"\n}',
    "empty list": '{\n  "hooks": {\n    "EVENT": []\n  }\n}\n',
    "other events": '{"hooks": {"PostToolUse": [THEIRS]}}',
    "theirs at the same event": '{\n  "hooks": {\n    "EVENT": [\n      THEIRS\n    ]\n  }\n}\n',
    "odd indentation": '{\n "hooks":{\n        "EVENT":[ THEIRS ,\n THEIRS ],"LAST":[THEIRS]\n}}',
    "comments": (
        '// mine\n{\n  "hooks": { // all\n    "EVENT": [\n      THEIRS, // 1\n      /* none */\n    ],\n  },\n}\n// end'
    ),
    "CRLF": '{\r\n  "hooks": {\r\n    "EVENT": [\r\n      THEIRS\r\n    ]\r\n  }\r\n}\r\n',
    "byte order mark": '\ufeff{\r\n\t"hooks": {"EVENT": [THEIRS]}\r\n}',
    "an older one": '{\n  "hooks": {\n    "EVENT": [\n      THEIRS, OLDER\n    ],\n    "LAST": [OLDER]\n  }\n}\n',
    "an older one in a group of theirs": (
        '{"hooks": {"EVENT": [{"matcher": "", "hooks": [{"command": "say hi"}, {"command": "/x/memwell hook stop"}]}]}}'
    ),
    "bare commands": '{"version": 1, "hooks": {"EVENT": [{"command": "./say.sh"}, {"command": "memwell hook stop"}]}}',
    "their memwell": '{"hooks": {"EVENT": [{"hooks": [{"command": "./memwell-hook stop"}, {"command": "memwell"}]}]}}',
}
BROKEN = (
    "{",
    '{"hooks": []}',
    '{"hooks": null}',
    '{"hooks": {"EVENT": {}}}',
    '{"hooks": {"EVENT": null}}',
    '{"hooks": {}, "hooks": {}}',
    "[" * 100_000,
)
EVERY_FILE = [(name, shape) for name in WITH_HOOKS for shape in FILES]


def text_of(name: str, text: str) -> str:
    """Give a file as it may be a client's."""
    events = list(client(name).events)
    filled = text.replace("EVENT", events[0]).replace("LAST", events[-1])
    return filled.replace("THEIRS", _THEIRS).replace("OLDER", _OLDER)


def put_hooks(desk, name: str, text: str, mode: int = 0o644) -> Path:
    """Give a client a file of hooks."""
    file = desk.file_at(client(name).hooks.location)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text_of(name, text).encode())
    file.chmod(mode)
    return file


def said(file: Path):
    """Give what a file says, numbers as they are written."""
    return edits.read(Syntax.JSON, file.read_bytes().decode())


@pytest.mark.parametrize(("name", "shape"), EVERY_FILE)
def test_set_up_once_or_twice_and_taken_back_every_byte_is_as_it_was(name, shape, desk, home_look):
    """The second time nothing is written; in the end no copy, no folder and no record is left."""
    put_hooks(desk, name, FILES[shape])
    before = home_look()
    tell_hooks(desk, client(name), HOOKED)
    told, record = home_look(), desk.record()

    assert "unchanged" == tell_hooks(desk, client(name), HOOKED).action
    assert (told, record) == (home_look(), desk.record())
    taken = take_back(desk, record.changes[0])
    assert ("restored", (), "hooks") == (taken.action, taken.left, taken.what)
    assert before == home_look()
    assert not desk.folder.exists()


@pytest.mark.parametrize(("name", "shape"), EVERY_FILE)
def test_ours_are_there_once_and_all_else_says_what_it_said(name, shape, desk):
    """One command for each event, in the shape of the client; an older one has given way."""
    file = put_hooks(desk, name, FILES[shape])
    before = said(file)

    tell_hooks(desk, client(name), HOOKED)

    entry = client(name).hooks_entry(HOOKED, "linux")
    assert json.loads(json.dumps(entry)) == entry
    assert list(client(name).events) == list(entry)
    assert edits.read(Syntax.JSON, json.dumps(entry)) == found(said(file), SPOT)
    assert without(before, SPOT) == without(said(file), SPOT)


@pytest.mark.parametrize(("name", "shape"), EVERY_FILE)
def test_from_a_file_that_was_edited_since_only_ours_are_taken_out(name, shape, desk):
    """What others wrote stays, also in the same lists."""
    file = put_hooks(desk, name, FILES[shape])
    tell_hooks(desk, client(name), HOOKED)
    edited = file.read_bytes().decode().replace("/home/you/memwell", "/home/you/else")
    file.write_bytes(edited.encode())
    before = said(file)

    take_back(desk, desk.record().changes[0])

    assert (None, without(before, SPOT)) == (found(said(file), SPOT), without(said(file), SPOT))


@pytest.mark.parametrize("name", WITH_HOOKS)
@pytest.mark.parametrize("text", BROKEN)
def test_a_file_that_can_not_be_changed_safely_is_left(name, text, desk, home_look):
    """It is not parsed in part, and nothing is recorded."""
    put_hooks(desk, name, text)
    before = home_look()

    with pytest.raises(ClientFileUnusable):
        tell_hooks(desk, client(name), HOOKED)
    assert (before, ()) == (home_look(), desk.record().changes)


@pytest.mark.parametrize("name", WITH_HOOKS)
def test_a_read_only_file_is_left(name, desk, home_look):
    """Though another one could be put in its place."""
    put_hooks(desk, name, "{}", mode=0o444)
    before = home_look()

    with pytest.raises(VaultDenied, match="read-only"):
        tell_hooks(desk, client(name), HOOKED)
    assert before == home_look()


@pytest.mark.parametrize("name", WITH_HOOKS)
def test_a_link_stays_a_link(name, desk, home_look):
    """As people have who keep their settings in a folder under git."""
    file = desk.file_at(client(name).hooks.location)
    real = Path(desk.around.home) / "dotfiles" / "settings"
    real.parent.mkdir()
    real.write_bytes(b'{"a": 1}')
    real.chmod(0o640)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.symlink_to(os.path.relpath(real, file.parent))
    before = home_look()

    tell_hooks(desk, client(name), HOOKED)

    assert (True, 0o640, True) == (file.is_symlink(), real.stat().st_mode & 0o777, b"memwell hook" in real.read_bytes())
    take_back(desk, desk.record().changes[0])
    assert before == home_look()


@pytest.mark.parametrize("name", WITH_HOOKS)
@pytest.mark.parametrize("text", [None, "{}", '{\n  "theme": "dark"\n}\n'])
def test_server_and_hooks_told_again_and_again_leave_nothing(name, text, desk, home_look):
    """Also where both stand in one file, of which one copy is kept however often they change."""
    if text is not None:
        put(desk, name, b'model = "o"\n' if client(name).server.syntax == "toml" else text.encode())
        put_hooks(desk, name, text)
    before = home_look()
    for server, hooked in ((SERVER, HOOKED), (OTHER_SERVER, OTHER), (SERVER, OTHER), (SERVER, HOOKED)):
        tell(desk, client(name), server)
        tell_hooks(desk, client(name), hooked)
        assert "unchanged" == tell(desk, client(name), server).action
    assert hooks_of(desk, client(name)) is not None

    for change in reversed(desk.record().changes):
        assert () == take_back(desk, change).left
    assert before == home_look()


def test_a_client_without_hooks_is_refused(desk):
    """Nothing is known of how it would run them."""
    with pytest.raises(BadInput, match="Zed"):
        tell_hooks(desk, client("zed"), HOOKED)


@pytest.mark.parametrize("name", WITH_HOOKS)
def test_the_snippet_is_what_a_new_file_holds(name, desk):
    """A client that had no file gets just that."""
    done = tell_hooks(desk, client(name), HOOKED)

    assert ("created", hooks_snippet(client(name), HOOKED, "linux")) == (done.action, Path(done.file).read_text())
    take_back(desk, desk.record().changes[0])
    assert not Path(done.file).exists()


def test_paths_with_blanks_reach_the_shell_whole():
    """In single quotes, on Windows in double ones, which its shells take."""
    spaced = Hooked(("/my tools/memwell",), "/my notes")
    on_windows = Hooked((r"C:\Program Files\memwell.exe",), r"D:\my notes")

    unix = client("claude-code").hooks_entry(spaced, "linux")["Stop"][0]["hooks"][0]
    windows = client("claude-code").hooks_entry(on_windows, "windows")["Stop"][0]["hooks"][0]

    assert "'/my tools/memwell' hook stop --vault '/my notes'" == unix["command"]
    assert r'"C:\Program Files\memwell.exe" hook stop --vault "D:\my notes"' == windows["command"]
    assert is_ours(unix)
    assert is_ours(windows)


@pytest.mark.parametrize(
    ("command", "ours"),
    [
        ("memwell hook prompt", True),
        ("/opt/memwell hook stop --vault /v", True),
        ('"C:\\a b\\memwell.exe" hook stop', True),
        ("/usr/bin/python3 -m memwell_cli hook stop", True),
        ("memwell recall hook", False),
        ("notmemwell hook stop", False),
        ("./memwell-hook stop", False),
        ("memwell hooks stop", False),
        (None, False),
        (["memwell hook stop"], False),
    ],
)
def test_ours_is_what_runs_memwell_hook(command, ours):
    """Wherever it is installed, and nothing else."""
    assert ours == is_ours({"command": command})


def test_the_files_of_hooks_are_known_on_each_platform():
    """Those that the clients read beside their servers' files; a variable of the client moves both."""
    linux = Surroundings("linux", "/home/you", {"CLAUDE_CONFIG_DIR": "/else"})

    assert {
        "claude-code": "/else/settings.json",
        "cursor": "/home/you/.cursor/hooks.json",
        "codex": "/home/you/.codex/hooks.json",
        "gemini": "/home/you/.gemini/settings.json",
    } == {one.name: str(one.hooks.location.files_in(linux)[0]) for one in CLIENTS if one.hooks}


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(("memwell hook stop", "say hi", "")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("hooks", "command", "Stop")), inner),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None)
@given(_values, st.sampled_from((None, 2, "\t")))
def test_whatever_stands_in_a_file_ours_go_in_and_out_again(events, indent):
    """Or it is refused; never is anything of others lost."""
    text = json.dumps({"a": 1, "hooks": events}, indent=indent)
    before = edits.read(Syntax.JSON, text)
    try:
        done = edits.add(Syntax.JSON, text, SPOT, client("claude-code").hooks_entry(HOOKED, "linux"))
    except edits.Unfit:
        assert not isinstance(events, dict) or not all(isinstance(one, list) for one in events.values())
        return
    assert done is not None
    with_it = done.splice.done(text)

    assert text == done.splice.undone(with_it)
    rest = edits.take_out(Syntax.JSON, with_it.replace("/home/you", "/home/me"), SPOT, done)
    assert rest is not None
    after = edits.read(Syntax.JSON, rest)
    assert (None, without(before, SPOT)) == (found(after, SPOT), without(after, SPOT))
