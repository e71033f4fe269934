"""Copies of real vaults, kept in step with a Logseq graph for ten rounds of edits on both sides."""

import random
import shutil
from pathlib import Path

import pytest
from mirroring import Pair, files
from real_vaults import NAMES, PROJECT, real_vault

from vault_engine import Engine

ROUNDS = 10


def texts(folder: Path) -> dict[str, bytes]:
    """Give the notes or pages of a folder."""
    return {
        path: data
        for path, (data, _) in files(folder).items()
        if path.lower().endswith(".md")
        and "conflicted copy" not in path
        and not path.startswith("logseq/")
        and not any(part.startswith(".") for part in path.split("/"))
    }


def lines_of(folder: Path) -> set[str]:
    """Give what every line of a folder's notes and conflict copies says, without bullets."""
    found = (data.decode("utf-8", "replace") for path, (data, _) in files(folder).items() if path.endswith(".md"))
    return {line.strip().removeprefix("- ") for text in found for line in text.splitlines()}


def edit_notes(pair: Pair, number: int, dice: random.Random) -> tuple[set[str], set[str]]:
    """Add lines to some notes of the vault, delete one and make one; give the lines, and the paths."""
    paths = sorted(texts(pair.vault))
    added, touched = set(), set(dice.sample(paths, 4))
    for path in sorted(touched):
        line = f"vault {number} {path}"
        lines = (pair.vault / path).read_bytes().decode("utf-8", "surrogateescape").splitlines(keepends=True)
        at = dice.randint(min(len(lines), 12), len(lines))
        lines.insert(at, f"\n{line}\n" if at and not lines[at - 1].endswith("\n") else f"{line}\n")
        pair.put("vault", path, "".join(lines).encode("utf-8", "surrogateescape"))
        added.add(line)
    gone = dice.choice(sorted(set(paths) - touched))
    (pair.vault / gone).unlink()
    pair.put("vault", f"new {number}.md", f"# New {number}\n\n[[{Path(paths[0]).stem}]]\n")
    return added, touched | {gone, f"new {number}.md"}


def edit_pages(pair: Pair, number: int, dice: random.Random, without: set[str]) -> set[str]:
    """Add blocks to some pages of the graph, change one, delete one and make one; give what was added."""
    paths = sorted(path for path, data in texts(pair.target).items() if b"- " in data and path not in without)
    added = set()
    *edited, gone = dice.sample(paths, 5)
    for path in edited:
        said = f"graph {number} {path}"
        lines = (pair.target / path).read_bytes().decode("utf-8", "surrogateescape").split("\n")
        bullets = [at for at, line in enumerate(lines) if line.lstrip().startswith("- ")]
        at = dice.choice(bullets)
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        lines.insert(at, f"{indent}- {said}")
        pair.put("folder", path, "\n".join(lines).encode("utf-8", "surrogateescape"))
        added.add(said)
    (pair.target / gone).unlink()
    pair.put("folder", f"pages/made___in logseq {number}.md", f"tags:: made\n\n- made {number}\n\t- below [[x]]\n-")
    return added | {f"made {number}"}


@pytest.mark.parametrize("source", [*map(real_vault, NAMES), pytest.param(PROJECT / "sample_vault", id="sample_vault")])
def test_ten_rounds_of_edits_leave_every_other_note_as_it_was(source, tmp_path, env):
    """Byte by byte, and in the vault to the time of the file; no line is lost, and in between nothing is written."""
    shutil.copytree(source, tmp_path / "vault")
    Engine.create(tmp_path / "vault")
    (tmp_path / "vault" / ".memwell" / "config.toml").write_text("rest_seconds = 0\n")  # nobody types here
    before = files(tmp_path / "vault")
    dice = random.Random(source.name)
    touched: set[str] = set()
    with Engine.open(tmp_path / "vault", env=env) as engine:
        pair = Pair(engine, tmp_path / "vault", tmp_path / "graph")
        pair.sync(format="logseq")
        assert before == files(pair.vault)
        assert len(texts(pair.vault)) == len(texts(pair.target))
        for number in range(ROUNDS):
            held = texts(pair.vault)
            lines, paths = edit_notes(pair, number, dice)
            stems = {path.removesuffix(".md").rpartition("/")[2] for path in paths}
            without = {path for path in texts(pair.target) if any(stem in path for stem in stems)}
            lines |= edit_pages(pair, number, dice, without)
            done = pair.sync(format="logseq", yes=True)
            assert set() == lines - lines_of(pair.target) - lines_of(pair.vault)
            state = files(pair.vault), files(pair.target)
            assert [] == pair.sync(format="logseq")
            assert state == (files(pair.vault), files(pair.target))
            now = texts(pair.vault)
            changed = {path for path in held.keys() | now.keys() if held.get(path) != now.get(path)}
            assert len(changed) <= 12, done
            touched |= changed
        assert engine.verify().is_whole
    untouched = {path: one for path, one in before.items() if path not in touched}
    assert len(untouched) > 0
    assert untouched == {path: one for path, one in files(pair.vault).items() if path in untouched}
