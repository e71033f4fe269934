"""Agents and a person's editor at once, for a few seconds: no text is lost that somebody saved."""

import os
import random

import pytest

from bench.editor_storm import STYLES, Editor, Save, Told, judged, main, make_vault, storm


@pytest.mark.parametrize("style", STYLES)
def test_nothing_that_was_saved_is_lost(style, tmp_path):
    """Whether the editor saves by renaming or in place, each save and each agent's write is in a note or in history."""
    outcome = storm(style, 3, 120, tmp_path)

    assert () == outcome.findings
    assert 120 == outcome.saves
    assert outcome.writes > 0


def let_rest(vault):
    """Let all notes have been saved long ago: what was saved at this moment is not entered yet."""
    for file in vault.rglob("*.md"):
        os.utime(file, ns=(10**18, 10**18))


@pytest.fixture
def editor(vault_of_notes):
    """A person's editor that shows the notes of a vault."""
    return Editor(vault_of_notes, "rename", random.Random(1))


@pytest.fixture
def vault_of_notes(tmp_path, env):
    """A vault with the notes that everybody changes."""
    make_vault(tmp_path / "storm", env)
    return tmp_path / "storm"


def test_a_save_that_somebody_wiped_out_is_noticed(vault_of_notes, env, editor):
    """When a save is gone from the disk and no history has it, the judge says so."""
    editor.save(1)
    editor.close()
    ((path, token, _),) = editor.saves
    (vault_of_notes / path).write_text("Wiped.\n", "utf-8")
    let_rest(vault_of_notes)

    outcome = judged("rename", vault_of_notes, env, editor.saves, [], 0.0)

    assert (f"lost what the editor saved: {Save(path, token, overwritten=False)}",) == outcome.findings


def test_what_the_editor_replaces_itself_is_not_lost(vault_of_notes, env, editor):
    """Only the last of its saves of each note has to be there, if nobody else came in between."""
    for number in range(10):
        editor.save(number)
    editor.close()
    let_rest(vault_of_notes)

    assert () == judged("rename", vault_of_notes, env, editor.saves, [], 0.0).findings
    assert 10 == len(editor.saves)
    assert 7 <= sum(save.overwritten for save in editor.saves)


def test_an_agent_that_dies_is_noticed(vault_of_notes, env):
    """An agent has to come to its end without an unforeseen error."""
    outcome = judged("rename", vault_of_notes, env, [], [Told((), 0, "it died")], 0.0)

    assert ("agent 0 ended with it died",) == outcome.findings


def test_the_program_reports(tmp_path, capsys):
    """It prints a table, writes what it found as JSON, and ends with 0 when nothing was lost."""
    arguments = ["--agents", "1", "--saves", "5", "--style", "rename", "--json", str(tmp_path / "found.json")]

    assert 0 == main([*arguments, "--folder", str(tmp_path)])
    assert "lost_saves" in capsys.readouterr().out
    assert '"lost_saves": 0' in (tmp_path / "found.json").read_text("utf-8")
    assert [tmp_path / "found.json"] == list(tmp_path.iterdir())
