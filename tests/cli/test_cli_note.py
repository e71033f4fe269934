"""``memwell note``: single notes, as they are; forgotten and brought back."""

import hashlib

import pytest

ANY_BYTES = {
    "unix": b"# One\n\ntext\n",
    "crlf": b"# One\r\n\r\ntext\r\n",
    "mixed": b"one\r\ntwo\nthree\r\n",
    "no-final-newline": b"no newline at the end",
    "newlines-at-the-end": b"text\n\n\n",
    "bom": b"\xef\xbb\xbf# One\n",
    "not-utf-8": b"caf\xe9\n",
    "frontmatter": b'---\nid: "x"   # mine\n---\ntext\n',
    "escape-sequence": b"red \x1b[31mtext\x1b[0m\n",
    "empty": b"",
}


@pytest.mark.parametrize("name", ANY_BYTES)
def test_show_prints_exactly_the_bytes_of_the_note(name, spawn, home, put):
    """``memwell note show x > copy`` is a copy: "Print NOTE as it is"."""
    put("n.md", ANY_BYTES[name])

    done = spawn("note", "show", "n.md", cwd=home)

    assert (0, ANY_BYTES[name]) == (done.returncode, done.stdout)


@pytest.mark.parametrize("ref", ["ideas/Tea time.md", "ideas/Tea time", "Tea time", "tea TIME", "T4", "[[Tea time]]"])
def test_a_note_is_found_by_path_name_or_id(ref, cli, put):
    """As a person would call it."""
    put("ideas/Tea time.md", "---\nid: T4\n---\nat four\n")

    assert "ideas/Tea time.md" == cli("note", "show", ref, "--json").json["path"]


def test_show_as_json_has_text_properties_links_and_hash(cli, put):
    """Everything one needs for changing the note knowingly."""
    note = put("a.md", "---\ntags: [x]\nn: 1\n---\n[[b]] and [[nowhere]]\n")
    put("b.md", "b\n")

    view = cli("note", "show", "a", "--json").json
    assert (1, "a.md", {"tags": ["x"], "n": 1}, ["x"], ["b.md"], ["nowhere"]) == tuple(
        view[name] for name in ("format", "path", "properties", "tags", "links", "unresolved")
    )
    assert note.read_text() == view["text"]
    assert hashlib.sha256(note.read_bytes()).hexdigest() == view["sha256"]
    assert ["a.md"] == cli("note", "show", "b", "--json").json["backlinks"]


def test_show_of_a_damaged_note_shows_it_and_says_so(cli, put):
    """The problem goes to stderr: the answer is the note."""
    put("broken.md", "---\na: [\n---\ntext\n")

    done = cli("note", "show", "broken")
    assert (0, "---\na: [\n---\ntext\n") == (done.code, done.out)
    assert "note: broken.md: " in done.err


@pytest.mark.parametrize("ref", ["nope", "", "../outside", "/etc/passwd", ".memwell/config.toml", "a" * 5000])
@pytest.mark.parametrize("verb", ["show", "forget"])
def test_what_is_no_note_is_not_found(verb, ref, cli, put):
    """Exit code 10, whatever was asked for."""
    put("tea.md", "x")

    missing = cli("note", verb, ref)
    assert (10, "") == (missing.code, missing.out)
    assert "Nothing was changed." in missing.err


def test_a_misspelt_name_brings_the_right_one_up(cli, put):
    """So that it need not be searched for."""
    put("projects/Harbourline.md", "x")

    assert "(similar: projects/Harbourline.md)" in cli("note", "show", "Harborline").err


def test_a_name_of_two_notes_is_a_conflict(cli, put):
    """Exit code 11; the advice is a command that works."""
    put("a/tea.md", "x")
    put("b/tea.md", "y")

    refused = cli("note", "forget", "tea")
    assert (11, "") == (refused.code, refused.out)
    assert "a/tea.md, b/tea.md" in refused.err
    assert 0 == cli("note", "show", "a/tea.md").code


class TestList:
    """All notes by path, or those that pass."""

    @pytest.fixture(autouse=True)
    def _notes(self, put):
        put("b.md", "---\ntype: idea\nupdated: 2026-01-02T03:04:05\ntags: [t]\n---\n")
        put("a/c.md", "x\n")
        put("photo.png", b"\x89PNG")

    def test_plain(self, cli):
        """Path, type and date in columns."""
        assert "a/c.md  -     -\nb.md    idea  2026-01-02\n" == cli("note", "list").out

    def test_as_json(self, cli):
        """One object, with how many there are in all."""
        listed = cli("note", "list", "--json").json

        assert (1, 2, ["a/c.md", "b.md"]) == (listed["format"], listed["total"], [n["path"] for n in listed["notes"]])
        assert {"id", "title", "category", "type", "tags", "updated", "size"} <= listed["notes"][0].keys()

    @pytest.mark.parametrize("narrow", [["--type", "idea"], ["--tag", "t"]])
    def test_filters(self, narrow, cli):
        """The same as recall's."""
        assert ["b.md"] == [note["path"] for note in cli("note", "list", "--json", *narrow).json["notes"]]

    def test_a_limit_that_cuts_is_said_on_stderr(self, cli):
        """Nobody takes a part for the whole."""
        done = cli("note", "list", "--limit", "1")

        assert (1, True) == (len(done.out.splitlines()), "1 of 2 notes" in done.err)

    @pytest.mark.parametrize("limit", ["0", "-1", "x"])
    def test_an_impossible_limit_is_a_usage_error(self, limit, cli):
        """Exit code 2."""
        assert (2, "") == cli("note", "list", "--limit", limit)[:2]

    @pytest.mark.parametrize("which", [["--category", "nope"], ["--archived"]])
    def test_an_empty_list_says_so(self, which, cli):
        """Exit code 0, nothing on stdout, a remark on stderr: as a search without hits."""
        done = cli("note", "list", *which)

        assert (0, "") == (done.code, done.out)
        assert "no notes" in done.err or "nothing" in done.err

    def test_wide_characters_keep_the_columns(self, cli, put):
        """A CJK sign takes two cells of a terminal."""
        put("潮.md", "---\ntype: idea\n---\n")

        rows = {line.split()[0]: line for line in cli("note", "list").out.splitlines()}
        assert rows["b.md"].index("idea") == rows["潮.md"].index("idea") + 1


class TestForgetAndRestore:
    """Deleting is archiving, and can be taken back."""

    @pytest.fixture(autouse=True)
    def _note(self, put):
        put("ideas/tea time.md", b"at four\r\n")

    def test_a_forgotten_note_is_gone_from_list_recall_and_disk(self, cli, home):
        """But in the archive."""
        assert 0 == cli("note", "forget", "tea time", "--reason", "no more").code

        assert not (home / "ideas" / "tea time.md").exists()
        assert 0 == cli("note", "list", "--json").json["total"]
        assert [] == cli("recall", "four", "--json").json["hits"]
        assert "ideas/tea time.md  -  -\n" == cli("note", "list", "--archived").out

    def test_the_answer_has_the_command_that_takes_it_back(self, cli, home):
        """As it stands, quotes included, it works in a shell."""
        out = cli("note", "forget", "tea time").out

        assert "forgot ideas/tea time.md (`memwell note restore 'ideas/tea time.md'` brings it back)\n" == out
        assert "restored ideas/tea time.md\n" == cli("note", "restore", "ideas/tea time.md").out
        assert b"at four\r\n" == (home / "ideas" / "tea time.md").read_bytes()

    def test_as_json(self, cli):
        """Both say path and hash."""
        forgotten, restored = (cli("note", verb, "tea time", "--json").json for verb in ("forget", "restore"))

        assert (1, "ideas/tea time.md", "ideas/tea time.md") == tuple(
            forgotten[name] for name in ("format", "path", "archived")
        )
        assert hashlib.sha256(b"at four\r\n").hexdigest() == forgotten["sha256"] == restored["sha256"]

    def test_the_reason_is_in_the_journal(self, cli, home):
        """As the help says."""
        cli("note", "forget", "tea time", "--reason", "we drink coffee")

        assert any("we drink coffee" in file.read_text() for file in (home / ".memwell").rglob("*.jsonl"))

    def test_what_is_not_in_the_archive_is_not_found(self, cli):
        """And the advice is about the archive."""
        missing = cli("note", "restore", "tea time")

        assert 10 == missing.code
        assert "memwell note list --archived" in missing.err

    def test_a_note_in_the_way_is_a_conflict(self, cli, put, home):
        """Restoring replaces nothing."""
        cli("note", "forget", "tea time")
        put("ideas/tea time.md", "a new one")

        assert 11 == cli("note", "restore", "tea time").code
        assert "a new one" == (home / "ideas" / "tea time.md").read_text()

    def test_two_forgotten_notes_of_one_path_are_both_kept(self, cli, put):
        """The last one comes back first; the other by its name in the archive."""
        cli("note", "forget", "tea time")
        put("ideas/tea time.md", "second")
        archived = cli("note", "forget", "tea time", "--json").json["archived"]

        assert archived != "ideas/tea time.md"
        assert 2 == cli("note", "list", "--archived", "--json").json["total"]
        assert 0 == cli("note", "restore", "ideas/tea time.md").code
        assert "second" == cli("note", "show", "tea time", "--json").json["text"]

    def test_the_list_of_the_archive_tells_them_apart(self, cli, put):
        """Without the archive's own names nobody could ask for the older one."""
        cli("note", "forget", "tea time")
        put("ideas/tea time.md", "second")
        cli("note", "forget", "tea time")

        assert 2 == len(set(cli("note", "list", "--archived").out.splitlines()))
