"""The commands of ``memwell note`` that change part of a note: that part, and not one byte besides."""

import hashlib
import io
import sys

import pytest

from vault_engine import Engine

PLAIN = b"---\n# mine\nz: 'q'  # why\ntags: [a, b] # two\n---\n# T\n\nold text\n"
CRLF = b"---\r\na: 1\r\n---\r\n# T\r\n\r\n- one\r\n"
BOM = b"\xef\xbb\xbf---\na: 1\n---\n# T\n"
SECTIONS = b"# T\n\n## Log\n\n- one\n\n### Deep\n\nold\n\n## End\nlast\n"
LINKS = b"# T\n\n## Links\n\n- [[b]] (cites)\n- [[c]] (cites)\n- [[b]] (refutes)\n"

EFFECTS = {
    "set-changes-one-value": (["set", "n", "z", "new"], PLAIN, PLAIN.replace(b"'q'", b"new")),
    "set-adds-a-key": (["set", "n", "k", "v"], PLAIN, PLAIN.replace(b"\n---\n#", b"\nk: v\n---\n#")),
    "set-in-crlf": (["set", "n", "k", "v"], CRLF, CRLF.replace(b"1\r\n", b"1\r\nk: v\r\n", 1)),
    "set-below-a-bom": (["set", "n", "a", "2"], BOM, BOM.replace(b"1", b"2")),
    "set-a-boolean": (["set", "n", "a", "true"], BOM, BOM.replace(b"1", b"true")),
    "set-a-negative-number": (["set", "n", "a", "-1.5"], BOM, BOM.replace(b"1", b"-1.5")),
    "set-null-is-a-text": (["set", "n", "a", "null"], BOM, BOM.replace(b"1", b'"null"')),
    "set-a-text": (["set", "n", "a", "012", "--text"], BOM, BOM.replace(b"1", b'"012"')),
    "set-several-values": (["set", "n", "a", "x", "2"], BOM, BOM.replace(b" 1\n", b"\n  - x\n  - 2\n")),
    "set-json": (["set", "n", "a", "--json-value", '["x"]'], BOM, BOM.replace(b" 1\n", b"\n  - x\n")),
    "set-null": (["set", "n", "a", "--json-value", "null"], BOM, BOM.replace(b" 1\n", b"\n")),
    "unset": (["unset", "n", "z"], PLAIN, PLAIN.replace(b"z: 'q'  # why\n", b"")),
    "unset-several": (["unset", "n", "a", "nothing"], CRLF, CRLF.replace(b"a: 1\r\n", b"")),
    "rename-property": (["rename-property", "n", "z", "zz"], PLAIN, PLAIN.replace(b"z:", b"zz:")),
    "append": (["append", "n", "new"], PLAIN, PLAIN + b"\nnew\n"),
    "append-an-item": (["append", "n", "- two\n- three"], CRLF, CRLF + b"- two\r\n- three\r\n"),
    "append-below-a-heading": (
        ["append", "n", "--under", "Log", "--under", "Deep", "new"],
        SECTIONS,
        SECTIONS.replace(b"old\n", b"old\n\nnew\n"),
    ),
    "replace": (["replace", "n", "old", "new"], PLAIN, PLAIN.replace(b"old", b"new")),
    "replace-by-nothing": (["replace", "n", " text", ""], PLAIN, PLAIN.replace(b" text", b"")),
    "replace-counted": (["replace", "n", "- ", "* ", "--count", "1"], CRLF, CRLF.replace(b"- one", b"* one")),
    "replace-section": (
        ["replace-section", "n", "new", "--under", "Log"],
        SECTIONS,
        b"# T\n\n## Log\n\nnew\n\n## End\nlast\n",
    ),
    "replace-section-by-nothing": (
        ["replace-section", "n", "", "--under", "Deep"],
        SECTIONS,
        SECTIONS.replace(b"\n\nold", b""),
    ),
    "tag": (["tag", "n", "#c", "d"], PLAIN, PLAIN.replace(b"[a, b]", b"[a, b, c, d]")),
    "untag": (["untag", "n", "A"], PLAIN, PLAIN.replace(b"[a, b]", b"[b]")),
    "link": (["link", "n", "d", "cites", "--label", "D"], LINKS, LINKS + b"- [[d|D]] (cites)\n"),
    "unlink": (["unlink", "n", "b"], LINKS, b"# T\n\n## Links\n\n- [[c]] (cites)\n"),
    "unlink-one": (["unlink", "n", "b", "refutes"], LINKS, LINKS.replace(b"- [[b]] (refutes)\n", b"")),
}
UNCHANGED = {
    "set": (["set", "n", "a", "1"], BOM),
    "unset": (["unset", "n", "nothing"], BOM),
    "tag": (["tag", "n", "B"], PLAIN),
    "append": (["append", "n", ""], PLAIN),
    "link": (["link", "n", "B", "cites"], LINKS),
}
REFUSED = {
    "a-missing-property": (["rename-property", "n", "nope", "x"], PLAIN, "there is no property 'nope'"),
    "a-name-in-use": (["rename-property", "n", "z", "tags"], PLAIN, "there is a property 'tags' already"),
    "a-missing-heading": (["append", "n", "x", "--under", "Nope"], SECTIONS, "there is no heading 'Nope'"),
    "a-missing-section": (["replace-section", "n", "x", "--under", "Nope"], SECTIONS, "there is no heading 'Nope'"),
    "a-missing-text": (["replace", "n", "nope", "x"], PLAIN, "the text stands 0 times in the body, not 1"),
    "another-section": (
        ["replace-section", "n", "x", "--under", "Log", "--expect-section", "0" * 8],
        SECTIONS,
        "the section is not the one that was read",
    ),
    "no-tag": (["tag", "n", "a b"], PLAIN, "'a b' is no tag"),
    "one-of-two-tags": (["untag", "n", "a", "nope"], PLAIN, "does not hold 'nope'"),
    "no-target": (["link", "n", "a|b", "cites"], PLAIN, "'a|b' is no target of a link"),
    "a-missing-link": (["unlink", "n", "d"], LINKS, "no line under '## Links' links 'd'"),
    "broken-frontmatter": (["set", "n", "k", "v"], b"---\na: [\n---\nx\n", "the frontmatter is invalid"),
}
DAMAGED = {
    "not-utf-8": ("n.md", b"caf\xe9\n", "not UTF-8 (byte 3)"),
    "merge-markers": ("n.md", b"<<<<<<< a\none\n=======\ntwo\n>>>>>>> b\n", "a merge's conflict markers"),
    "excalidraw": ("n.excalidraw.md", b"# Drawing\n", "an Excalidraw drawing"),
}
USAGE = {
    "no-value": (["set", "n", "k"], "`memwell note unset NOTE KEY` takes a property away"),
    "a-value-and-json": (["set", "n", "k", "v", "--json-value", "1"], "or --json-value"),
    "text-and-json": (["set", "n", "k", "--text", "--json-value", "1"], "--text is about VALUE"),
    "no-json": (["set", "n", "k", "--json-value", "[1"], "not JSON"),
    "endless-json": (["set", "n", "k", "--json-value", "[" * 100_000], "not JSON"),
    "json-that-is-none": (["set", "n", "k", "--json-value", "NaN"], "NaN is no number"),
    "no-key": (["unset", "n"], "Missing argument"),
    "no-text": (["append", "n"], "give TEXT as an argument, or on stdin"),
    "no-text-for-a-section": (["replace-section", "n", "--under", "T"], "give TEXT as an argument, or on stdin"),
    "no-section": (["replace-section", "n", "x"], "Missing option '--under'"),
    "an-impossible-count": (["replace", "n", "a", "b", "--count", "-1"], "'-1' is not"),
    "too-much": (["append", "n", "a", "-1"], "(-1)"),
    "no-tags": (["tag", "n"], "Missing argument"),
}


def journal_of(home):
    """Count what Memwell did; what others did is entered before that."""
    with Engine.open(home) as engine:
        assert () == engine.status().journal_problems
        return sum(entry.op != "external" for entry in engine.last_entries(1000).entries)


@pytest.mark.parametrize("name", EFFECTS)
def test_an_edit_changes_its_part_and_no_byte_besides(name, cli, home, put):
    """One line says so, and the journal has one entry more."""
    arguments, before, after = EFFECTS[name]
    note = put("n.md", before)

    done = cli("note", *arguments)

    assert (0, "updated n.md\n", "") == done
    assert after == note.read_bytes()
    assert 1 == journal_of(home)


def test_a_dry_run_prints_the_lines_and_writes_nothing(cli, home, put, tree):
    """The lines of the note that would go and come, below the number of the first."""
    for arguments, before, after in EFFECTS.values():
        put("n.md", before)
        found = tree(home)

        done = cli("note", *arguments, "--dry-run")

        first, *lines = done.out.replace("\r", "").splitlines()
        assert (0, True) == (done.code, first.startswith("@@ "))
        assert {"-", "+"} >= {line[:1] for line in lines} > set()
        assert {line[1:] for line in lines if line[0] == "+"} <= set(after.decode("utf-8-sig").splitlines())
        assert found == tree(home)
    assert 0 == journal_of(home)


def test_as_json_it_is_one_object(cli, put):
    """What was done, to which note, from which revision to which."""
    note = put("n.md", BOM)
    hashes = [hashlib.sha256(data).hexdigest() for data in (BOM, BOM.replace(b"1", b"2"))]

    done = cli("note", "set", "n", "a", "2", "--json").json

    assert {
        "format": 1,
        "action": "updated",
        "id": None,
        "path": "n.md",
        "before": hashes[0],
        "sha256": hashes[1],
        "diff": "@@ 2 @@\n-a: 1\n+a: 2",
    } == done
    assert hashes[1] == hashlib.sha256(note.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", UNCHANGED)
def test_what_is_so_already_is_not_written(name, cli, home, put, tree):
    """Neither the file nor the journal; a dry run says so too."""
    arguments, before = UNCHANGED[name]
    put("n.md", before)
    found = tree(home)

    for more in ([], ["--dry-run"]):
        assert (0, "unchanged n.md\n", "") == cli("note", *arguments, *more)
    assert (found, 0) == (tree(home), journal_of(home))


def test_what_does_not_fit_the_note_is_refused(cli, home, put, tree):
    """Exit code 11, the reason, where to look; nothing is written, of several edits none."""
    for arguments, before, reason in REFUSED.values():
        put("n.md", before)
        found = tree(home)

        refused = cli("note", *arguments)

        assert (11, "", found) == (refused.code, refused.out, tree(home)), arguments
        assert reason in refused.err
        assert "n.md was not edited: " in refused.err
        assert "Nothing was changed. Look at it with `memwell note show n.md`" in refused.err
    assert 0 == journal_of(home)


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.parametrize(("verb", "more"), [("set", ["k", "v"]), ("append", ["x"]), ("tag", ["x", "--dry-run"])])
def test_a_note_that_nobody_may_edit_is_left_alone(name, verb, more, cli, home, put, tree):
    """Exit code 14, with what is wrong."""
    path, before, reason = DAMAGED[name]
    put(path, before)
    found = tree(home)

    refused = cli("note", verb, path, *more)

    assert (14, "") == (refused.code, refused.out)
    assert reason in refused.err
    assert found == tree(home)


def test_what_can_not_be_meant_is_a_usage_error(cli, put):
    """Exit code 2, with what to do instead; the note stays."""
    note = put("n.md", PLAIN)

    for arguments, words in USAGE.values():
        refused = cli("note", *arguments)
        assert (2, "", PLAIN) == (refused.code, refused.out, note.read_bytes()), arguments
        assert words in refused.err


def test_an_unknown_note_is_not_found(cli, put):
    """Exit code 10, of every command."""
    put("other.md", PLAIN)

    for arguments, _, _ in EFFECTS.values():
        assert (10, "") == cli("note", arguments[0], "nope", *arguments[2:])[:2]


class TestExpect:
    """Only the revision that the caller has read."""

    def test_the_revision_itself(self, cli, put):
        """Its SHA-256 or the first eight digits."""
        note = put("n.md", BOM)
        for value in ("2", "3"):
            found = hashlib.sha256(note.read_bytes()).hexdigest()
            assert 0 == cli("note", "set", "n", "a", value, "--expect", found[: 64 if value == "2" else 8]).code
        assert BOM.replace(b"1", b"3") == note.read_bytes()

    @pytest.mark.parametrize("named", ["0" * 64, "0" * 8, "", "x"])
    def test_another_one(self, named, cli, put):
        """Exit code 11; the advice names the revision there is, and works."""
        note = put("n.md", BOM)
        found = hashlib.sha256(BOM).hexdigest()[:8]

        refused = cli("note", "append", "n", "x", "--expect", named)

        assert (11, "", BOM) == (refused.code, refused.out, note.read_bytes())
        assert f"`--expect {found}`" in refused.err

    def test_the_section_itself(self, cli, put):
        """Other parts of the note may have changed."""
        note = put("n.md", SECTIONS)
        found = hashlib.sha256(b"\nold\n\n").hexdigest()[:8]

        assert 0 == cli("note", "replace-section", "n", "new", "--under", "Deep", "--expect-section", found).code
        assert SECTIONS.replace(b"old", b"new") == note.read_bytes()


class TestStdin:
    """Text that is too long for an argument."""

    @pytest.mark.parametrize("arguments", [["append", "n"], ["append", "n", "-"]])
    @pytest.mark.parametrize("given", [b"new\n", b"new", b"\xef\xbb\xbfnew\n", b"new\r\n"])
    def test_is_read(self, arguments, given, cli, put):
        """With ``-``, or when there is no TEXT."""
        note = put("n.md", PLAIN)

        assert 0 == cli("note", *arguments, stdin=given).code
        assert PLAIN + b"\nnew\n" == note.read_bytes()

    def test_empties_a_section_only_when_asked(self, cli, put):
        """Without ``-`` an empty stdin is nobody's wish."""
        note = put("n.md", SECTIONS)

        assert 2 == cli("note", "replace-section", "n", "--under", "Deep").code
        assert SECTIONS == note.read_bytes()
        assert 0 == cli("note", "replace-section", "n", "--under", "Deep", "-").code
        assert SECTIONS.replace(b"\n\nold", b"") == note.read_bytes()

    def test_must_be_utf_8(self, cli, put):
        """Exit code 2."""
        note = put("n.md", PLAIN)

        refused = cli("note", "append", "n", "-", stdin=b"caf\xe9")
        assert (2, "", PLAIN) == (refused.code, refused.out, note.read_bytes())
        assert "stdin is not UTF-8 (byte 3)" in refused.err

    def test_of_a_terminal_is_not_waited_for(self, put, capsys, monkeypatch):
        """Nothing is asked: a missing TEXT is a usage error."""
        from memwell_cli.main import run

        class Terminal(io.StringIO):
            def isatty(self):
                return True

        put("n.md", PLAIN)
        for stdin in (Terminal("typed"), None):
            monkeypatch.setattr(sys, "stdin", stdin)
            assert 2 == run(["note", "append", "n"])


def test_half_a_character_is_refused(cli, put):
    """An argument that is no UTF-8, as Python reads it, changes nothing."""
    note = put("n.md", PLAIN)

    for arguments in (["append", "n", "\udcff"], ["set", "n", "k", "\udcff"], ["tag", "n", "\udcff"]):
        assert (11, "") == cli("note", *arguments)[:2]
    assert PLAIN == note.read_bytes()
