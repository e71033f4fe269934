"""Copies of real vaults, kept in step with a folder for ten rounds of edits on both sides."""

import random
import shutil
from pathlib import Path

import pytest
from mirroring import Pair, files
from real_vaults import NAMES, PROJECT, real_vault

from vault_engine import Engine
from vault_engine.sync.exported import has_links, without_links

ROUNDS = 10


def notes(folder: Path) -> dict[str, bytes]:
    """Give the notes of a folder as the vault has them: without the links that were added."""
    found = {}
    for path, (data, _) in files(folder).items():
        if path.lower().endswith(".md") and "conflicted copy" not in path and not path.startswith("logseq/"):
            text = data.decode("utf-8", "surrogateescape")
            own = without_links(text, lambda _mark: True) if has_links(text) else text
            found[path] = own.encode("utf-8", "surrogateescape")
    return {path: data for path, data in found.items() if not any(part.startswith(".") for part in path.split("/"))}


def lines_of(folder: Path) -> set[str]:
    """Give every line of a folder's notes and conflict copies."""
    texts = (data.decode("utf-8", "replace") for path, (data, _) in files(folder).items() if path.endswith(".md"))
    return {line for text in texts for line in text.splitlines()}


def edit_some(pair: Pair, side: str, number: int, dice: random.Random) -> set[str]:
    """Add lines to some notes of one side, rename one, delete one and make one; give the lines."""
    folder = pair.vault if side == "vault" else pair.target
    paths = sorted(notes(folder))
    added = set()
    for path in dice.sample(paths, 4):
        line = f"{side} {number} {path}"
        lines = (folder / path).read_bytes().decode("utf-8", "surrogateescape").splitlines(keepends=True)
        at = dice.randint(min(len(lines), 12), len(lines))
        lines.insert(at, f"\n{line}\n" if at and not lines[at - 1].endswith("\n") else f"{line}\n")
        pair.put(side, path, "".join(lines).encode("utf-8", "surrogateescape"))
        added.add(line)
    gone, renamed = dice.sample(sorted(set(paths) - {line.split(" ", 2)[2] for line in added}), 2)
    (folder / gone).unlink()
    (folder / renamed).rename(folder / renamed.replace(".md", f" {side[0]}{number}.md"))
    pair.put(side, f"new {side} {number}.md", f"# New {number}\n\n[[{Path(paths[0]).stem}]]\n")
    return added


@pytest.mark.parametrize("source", [*map(real_vault, NAMES), pytest.param(PROJECT / "sample_vault", id="sample_vault")])
def test_ten_rounds_of_edits_leave_every_other_note_as_it_was(source, tmp_path, env):
    """Byte by byte, and in the vault to the time of the file; each round both sides are the same, no line is lost."""
    shutil.copytree(source, tmp_path / "vault")
    Engine.create(tmp_path / "vault")
    before = files(tmp_path / "vault")
    dice = random.Random(source.name)
    changed: set[str] = set()
    with Engine.open(tmp_path / "vault", env=env) as engine:
        pair = Pair(engine, tmp_path / "vault", tmp_path / "folder")
        assert {f"folder: created {path}" for path in notes(pair.vault)} == set(pair.sync())
        assert before == files(pair.vault)
        for number in range(ROUNDS):
            held = notes(pair.vault), notes(pair.target)
            added = edit_some(pair, "vault", number, dice) | edit_some(pair, "folder", number, dice)
            for was, now in zip(held, (notes(pair.vault), notes(pair.target)), strict=True):
                changed |= {path for path in was.keys() | now.keys() if was.get(path) != now.get(path)}
            changed |= {line.split(" ", 2)[2] for line in pair.sync(yes=True)}
            assert set() == added - lines_of(pair.target)
            state = files(pair.vault), files(pair.target)
            assert [] == pair.sync()
            assert state == (files(pair.vault), files(pair.target))
            assert notes(pair.vault) == notes(pair.target)
    untouched = {path: one for path, one in before.items() if path not in changed}
    assert len(untouched) > 0
    assert untouched == {path: one for path, one in files(pair.vault).items() if path in untouched}
    shown = {path: data for path, data in notes(pair.target).items() if path in untouched}
    assert {path: one[0] for path, one in untouched.items() if path in notes(pair.vault)} == shown
