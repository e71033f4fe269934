"""``memwell note move`` and ``undo-move``: another path, no link broken, and every byte back."""

import pytest

from vault_engine import Engine
from vault_engine.vault.store import Vault

NOTES = {
    "N.md": b"# N\r\n[[N#N]]\r\n",
    "a.md": b"\xef\xbb\xbf---\nup: '[[N]]' # c\n---\n[[N|n]] `[[N]]`\n",
    "b/c.md": b"[t](../N.md)\n",
    "d.md": b"The word N.\n",
}


@pytest.fixture
def notes(home, put, tree):
    """Notes that link to ``N.md``."""
    for path, data in NOTES.items():
        put(path, data)
    return tree(home)


def bytes_of(found):
    return {path: data for path, (data, _) in found.items()}


def status(home):
    with Engine.open(home) as engine:
        return engine.status()


def made(home):
    """Count the entries of what Memwell did; what others did is entered before that."""
    with Engine.open(home) as engine:
        return sum(entry.op != "external" for entry in engine.last_entries(1000).entries)


def test_a_dry_run_prints_the_plan_and_writes_nothing(cli, home, notes, tree):
    """The paths, then a line for each link: where it stands, what it was, what it would be."""
    done = cli("note", "move", "N", "b/New name", "--dry-run")

    assert (
        0,
        "N.md -> b/New name.md\n"
        "N.md:2  N → New name\n"
        "a.md:2  N → New name\n"
        "a.md:4  N → New name\n"
        "b/c.md:1  ../N.md → ./New%20name.md\n",
        "",
    ) == done
    assert (notes, 0) == (tree(home), made(home))


def test_a_move_takes_the_links_along(cli, home, notes, tree):
    """One line says how much changed and how to take it back; the journal has an entry for each write."""
    done = cli("note", "move", "N", "b/New name")

    assert (0, "") == (done.code, done.err)
    assert done.out.startswith("moved N.md -> b/New name.md (files: 3, links: 4; `memwell note undo-move ")
    assert {
        "b/New name.md": b"# N\r\n[[New name#N]]\r\n",
        "a.md": b"\xef\xbb\xbf---\nup: '[[New name]]' # c\n---\n[[New name|n]] `[[N]]`\n",
        "b/c.md": b"[t](./New%20name.md)\n",
        "d.md": NOTES["d.md"],
    } == bytes_of(tree(home))
    assert (4, ()) == (made(home), status(home).journal_problems)


@pytest.mark.parametrize("named", [True, False])
def test_undo_brings_every_byte_back(named, cli, home, notes, tree):
    """The move that is named as the command said, or the latest."""
    entry = cli("note", "move", "N", "New/", "--json").json["entry"]

    undone = cli("note", "undo-move", *([entry] if named else []))

    assert (0, "moved New/N.md -> N.md (files: 2, as they were)\n", "") == undone
    assert NOTES == bytes_of(tree(home))
    assert () == status(home).journal_problems
    again = cli("note", "undo-move", entry)
    assert (2, "") == (again.code, again.out)
    assert "was undone already" in again.err


def test_as_json_it_is_one_object(cli, home, notes):
    """Paths, files, links and the entry to undo it by; after a dry run there is none."""
    dry, done = (cli("note", "move", "N", "New", *more, "--json").json for more in (["--dry-run"], []))

    assert {"format", "old", "new", "files", "links", "entry", "left"} == done.keys()
    assert (1, "N.md", "New.md", ["New.md", "a.md", "b/c.md"]) == tuple(
        done[name] for name in ("format", "old", "new", "files")
    )
    assert {"path": "a.md", "line": 2, "old": "N", "new": "New"} in done["links"]
    assert {**done, "entry": None} == dry
    undone = cli("note", "undo-move", "--json").json
    assert ("New.md", "N.md", []) == (undone["old"], undone["new"], undone["links"])


def test_many_files_need_a_yes(cli, home, notes, put, tree):
    """Exit code 2; the advice shows how to look first, and ``--yes`` does it."""
    for number in range(20):
        put(f"many/{number}.md", "[[N]]\n")
    before = tree(home)

    refused = cli("note", "move", "N", "the new")

    assert (2, "") == (refused.code, refused.out)
    assert "moving N.md to the new.md changes 23 files" in refused.err
    assert "Nothing was changed." in refused.err
    assert "`memwell note move N.md 'the new.md' --dry-run`, then say --yes." in refused.err
    assert (before, 0) == (tree(home), made(home))
    assert 25 == len(cli("note", "move", "N.md", "the new.md", "--dry-run").out.splitlines())
    assert "files: 23" in cli("note", "move", "N", "the new", "--yes").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["move", "nope", "x"], 10, "no note 'nope'"),
        (["move", "N", "x?y"], 2, "? is reserved"),
        (["move", "N", "../x"], 2, "can't name a note"),
        (["move", "N", "con"], 2, "Choose another --category, --key, path or --workspace"),
        (["move", "N", ""], 2, "can't name a note"),
        (["move", "N", "N"], 2, "has that path already"),
        (["move", "N", "d"], 11, "Choose another name"),
        (["move", "N", "D"], 11, "the name d.md is taken"),
        (["move", "N"], 2, "Missing argument"),
        (["undo-move"], 2, "no move to undo"),
        (["undo-move", "nope"], 2, "no move nope"),
    ],
)
@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_what_can_not_be_done_is_said_and_nothing_is_written(arguments, code, words, more, cli, home, notes, tree):
    """Not found, a bad name, a name that is taken: each with its exit code, in a dry run too."""
    refused = cli("note", *arguments, *(more if arguments[0] == "move" else []))

    assert (code, "") == (refused.code, refused.out)
    assert words in refused.err
    assert (notes, 0) == (tree(home), made(home))


@pytest.mark.parametrize(
    "damage", [b"[[N]] caf\xe9\n", b"<<<<<<< a\n[[N]]\n=======\ntwo\n>>>>>>> b\n"], ids=["not-utf-8", "merge"]
)
def test_a_link_that_may_not_be_rewritten_stops_the_move(damage, cli, home, notes, put, tree):
    """Exit code 14, with the note it stands in; nothing is written."""
    put("x.excalidraw.md", "no link\n")
    put("damaged.md", damage)
    before = tree(home)

    refused = cli("note", "move", "N", "New")

    assert (before, 0) == (tree(home), made(home))
    assert (14, "") == (refused.code, refused.out)
    assert "damaged.md" in refused.err


def test_a_drawing_that_links_to_it_stops_the_move(cli, home, notes, put, tree):
    """Only its plugin may rewrite the link."""
    put("x.excalidraw.md", "[[N]]\n")

    refused = cli("note", "move", "N", "New")

    assert (14, "", [*NOTES, "x.excalidraw.md"]) == (refused.code, refused.out, list(tree(home)))
    assert "an Excalidraw drawing" in refused.err


def test_a_move_is_not_undone_over_a_later_edit(cli, home, notes, put, tree):
    """Exit code 11; nothing is written."""
    cli("note", "move", "N", "New")
    put("a.md", "edited\n")
    before = tree(home)

    refused = cli("note", "undo-move")

    assert (11, "", before) == (refused.code, refused.out, tree(home))
    assert "a.md changed" in refused.err


def test_an_undo_that_was_cancelled_can_be_done_again(cli, home, notes, tree, monkeypatch):
    """Exit code 130 leaves the move as it was done."""

    def interrupted(*_):
        raise KeyboardInterrupt

    cli("note", "move", "N", "New")
    moved = bytes_of(tree(home))
    with monkeypatch.context() as patch:
        patch.setattr(Vault, "move", interrupted)
        assert 130 == cli("note", "undo-move").code
    assert moved == bytes_of(tree(home))

    assert 0 == cli("note", "undo-move").code
    assert (NOTES, ()) == (bytes_of(tree(home)), status(home).journal_problems)
    assert 2 == cli("note", "undo-move").code
