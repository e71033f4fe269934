"""The promises on copies of real vaults: asking changes nothing, and an edit changes what was asked for."""

import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest
from real_vaults import NAMES, PROJECT, real_vault

from vault_engine import Engine
from vault_engine.errors import BadInput
from vault_engine.note import FrontmatterState, read_frontmatter
from vault_engine.note.change import Append, SetProperty, UnsetProperty

SAMPLE_VAULT = PROJECT / "sample_vault"
TRIED = 10  # notes of each vault
EDITED = 25


VAULTS = [pytest.param(SAMPLE_VAULT, id="sample_vault"), *(real_vault(name) for name in NAMES)]


@pytest.fixture
def copy(request, tmp_path):
    """A copy of a vault, times and modes included."""
    return Path(shutil.copytree(request.param, tmp_path / "copy"))


def state_of(root):
    """Give bytes, times and mode of everything that is not Memwell's own."""
    found = {path.relative_to(root): path for path in root.rglob("*")}
    return {
        name.as_posix(): (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns, path.stat().st_mode)
        for name, path in found.items()
        if name.parts[0] != ".memwell"
    }


@pytest.mark.parametrize("copy", VAULTS, indirect=True)
def test_whatever_is_asked_changes_nothing(copy, env):
    """Adopted, indexed, searched, read, summed up, checked, edits and moves tried out: bytes, times and modes stay."""
    before, is_graph = state_of(copy), Engine.create(copy).kind == "logseq"

    with Engine.open(copy, env=env) as engine:
        engine.build_index()
        engine.recall("how to link notes")
        lines = engine.list().notes
        texts = {line.path: engine.read(line.path).text for line in lines}
        for line in lines[:TRIED]:
            engine.edit(line.path, Append("More."), dry_run=True)
            with pytest.raises(BadInput) if is_graph else nullcontext():
                engine.move(line.path, f"elsewhere/{line.path}", dry_run=True)
        status, checked = engine.status(), engine.check()

    assert before == state_of(copy)
    assert (len(texts), len(texts), 0) == (status.notes, checked.notes, status.journal_entries)
    assert texts == {path: before[path][0].decode("utf-8") for path in texts}


@pytest.mark.parametrize("copy", VAULTS, indirect=True)
def test_a_property_added_to_a_note_is_one_line_and_leaves_no_trace(copy, env):
    """On disk: one line more between the fences, and without it the bytes that were there; no other file changes."""
    before = state_of(copy)
    Engine.create(copy)
    notes = {path: was[0].decode("utf-8") for path, was in before.items() if path.endswith(".md")}
    states = {path: read_frontmatter(text).state for path, text in notes.items()}

    with Engine.open(copy, env=env) as engine:
        paths = [line.path for line in engine.list().notes]
        writable = [path for path in paths if states[path] in {FrontmatterState.OK, FrontmatterState.EMPTY}]
        for path in writable[:EDITED]:
            engine.edit(path, SetProperty("memwell-test", "x"))
            lines = (copy / path).read_bytes().splitlines(keepends=True)
            own = [line for line in lines if line.startswith(b"memwell-test: x")]
            assert (1, before[path][0]) == (len(own), b"".join(line for line in lines if line not in own))
            engine.edit(path, UnsetProperty("memwell-test"))

    after = state_of(copy)
    assert {path: was[0] for path, was in before.items()} == {path: now[0] for path, now in after.items()}
    assert {path: was[2] for path, was in before.items()} == {path: now[2] for path, now in after.items()}


@pytest.mark.parametrize("copy", [real_vault("logseq-docs")], indirect=True)
def test_a_graph_of_logseq_is_read_by_its_own_rules(copy, env):
    """Without being told: a name with a slash means the file with three low lines."""
    kind = Engine.create(copy).kind
    with Engine.open(copy, env=env) as engine:
        views = [engine.read(line.path) for line in engine.list().notes]

    assert "logseq" == kind
    assert {path for view in views for path in view.links if "___" in path}
