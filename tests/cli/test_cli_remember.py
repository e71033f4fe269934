"""``memwell remember``: a text becomes a note, from wherever the text comes, or nothing happens at all."""

import hashlib
import re

import pytest


def test_a_text_becomes_a_note(cli, home):
    """The path it got is the answer."""
    done = cli("remember", "Tea at four.", "--category", "preferences", "--key", "tea")

    assert (0, "created preferences/tea.md\n", "") == done
    assert (home / "preferences" / "tea.md").read_text().endswith("Tea at four.\n")


def test_as_json_it_names_the_note_and_its_revision(cli, home):
    """``sha256`` is that of the bytes on disk."""
    done = cli("remember", "Tea at four.", "--key", "tea", "--json")

    assert (0, "") == (done.code, done.err)
    answer = done.json
    assert (1, "created", "notes/tea.md", "notes", "tea") == tuple(
        answer[name] for name in ("format", "action", "path", "category", "key")
    )
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", answer["id"])
    assert hashlib.sha256((home / "notes" / "tea.md").read_bytes()).hexdigest() == answer["sha256"]


def test_every_option_reaches_the_note(cli, home):
    """Nothing that was said is dropped."""
    cli(
        *["remember", "At four.", "--key", "tea", "--title", "Tea", "--type", "preference", "--tag", "a/b"],
        *[
            "--tag",
            "c",
            "--importance",
            "0.7",
            "--pin",
            "--source",
            "mail",
            "--trust",
            "untrusted",
            "--recall-when",
            "planning a day",
        ],
    )

    properties = cli("note", "show", "tea", "--json").json["properties"]
    assert {
        "type": "preference",
        "tags": ["a/b", "c"],
        "importance": 0.7,
        "pinned": True,
        "source": "mail",
        "trust": "untrusted",
        "recall_when": ["planning a day"],
    }.items() <= properties.items()
    assert "# Tea\n\nAt four.\n" in (home / "notes" / "tea.md").read_text()


def test_the_same_category_and_key_is_the_same_note(cli):
    """Created, then unchanged, then updated; the id stays."""
    answers = [cli("remember", text, "--key", "tea", "--json").json for text in ("four", "four", "five")]

    assert ["created", "unchanged", "updated"] == [answer["action"] for answer in answers]
    assert 1 == len({answer["id"] for answer in answers})


@pytest.fixture(autouse=True)
def _home(home):
    return home


class TestWhereTheTextComesFrom:
    """From the argument, from stdin, from a file: from one of them."""

    def test_stdin(self, cli):
        """``-`` reads it, UTF-8 whatever the terminal speaks."""
        assert 0 == cli("remember", "-", "--key", "k", stdin="Größe: 潮\n".encode()).code
        assert cli("note", "show", "k").out.endswith("Größe: 潮\n")

    def test_a_file(self, cli, tmp_path):
        """``--file`` reads it."""
        (tmp_path / "text.txt").write_text("from a file\n")

        assert 0 == cli("remember", "--file", str(tmp_path / "text.txt"), "--key", "k").code
        assert cli("note", "show", "k").out.endswith("from a file\n")

    def test_frontmatter_comes_along(self, cli, home):
        """A text with properties brings them, category and key too."""
        text = b"---\ncategory: ops/backup\nkey: drill\nstars: 3\n---\nEvery month.\n"

        assert "created ops/backup/drill.md\n" == cli("remember", "-", stdin=text).out
        assert 3 == cli("note", "show", "drill", "--json").json["properties"]["stars"]

    def test_windows_line_ends_become_ours(self, cli, home):
        """A note we make has one kind of line end."""
        cli("remember", "-", "--key", "k", stdin=b"\xef\xbb\xbfone\r\ntwo\r\n")

        assert (home / "notes" / "k.md").read_bytes().endswith(b"\n\none\ntwo\n")

    @pytest.mark.parametrize("arguments", [[], ["text", "--file", "f"], ["-", "--file", "f"]])
    def test_one_and_only_one(self, arguments, cli, home):
        """None or two is a usage error, and says which three there are."""
        refused = cli("remember", *arguments)

        assert (2, "") == (refused.code, refused.out)
        assert "'-' for stdin" in refused.err
        assert not (home / "notes").exists()

    @pytest.mark.parametrize(
        ("arguments", "stdin", "message"),
        [
            (["-"], b"\xff\xfe", "stdin is not UTF-8 (byte 0)"),
            (["-"], b"", "there is no text to remember"),
            (["-"], b" \n\t\n", "there is no text to remember"),
            ([""], b"", "there is no text to remember"),
            (["a\x01b"], b"", "U+0001"),
            (["x" * 1_100_000], b"", "more than the 1 MiB of one note"),
            (["--file", "/nonexistent/file"], b"", "can't read /nonexistent/file: No such file or directory"),
            (["x", "--importance", "2"], b"", "importance 2 is not between 0 and 1"),
            (["x", "--importance", "nan"], b"", "importance nan is not between 0 and 1"),
            (["x", "--tag", ""], b"", "tags must be one line"),
            (["x", "--title", "two\nlines"], b"", "title must be one line"),
            (["x", "--category", "../../etc"], b"", "'..' can't name a note"),
            (["x", "--category", ".memwell"], b"", "'.memwell' can't name a note"),
            (["x", "--key", "a/b"], b"", "'a/b' can't name a note"),
            (["x", "--key", "CON"], b"", "'CON' can't name a note"),
        ],
    )
    def test_what_can_not_be_kept_is_refused(self, arguments, stdin, message, cli, home, tree):
        """Exit code 2, the reason, and not one new file."""
        before = tree(home)

        refused = cli("remember", *arguments, stdin=stdin)

        assert (2, "") == (refused.code, refused.out)
        assert message in refused.err
        assert "Nothing was changed." in refused.err
        assert before == tree(home)


class TestEditedByHand:
    """A note that a person has edited since is not replaced unseen."""

    @pytest.fixture
    def edited(self, cli, home) -> str:
        cli("remember", "Never on a Friday.", "--key", "deploys")
        with (home / "notes" / "deploys.md").open("a") as note:
            note.write("Except in winter.\n")
        return hashlib.sha256((home / "notes" / "deploys.md").read_bytes()).hexdigest()

    def test_it_is_a_conflict(self, edited, cli, home):
        """Exit code 11; the message has the very option that would do it."""
        refused = cli("remember", "Never.", "--key", "deploys")

        assert (11, "") == (refused.code, refused.out)
        assert f"--expect {edited[:8]}" in refused.err
        assert "Except in winter." in (home / "notes" / "deploys.md").read_text()

    def test_as_json_the_whole_hash_is_among_the_facts(self, edited, cli):
        """A program need not read the sentence."""
        error = cli("remember", "Never.", "--key", "deploys", "--json").error

        assert ("conflict", edited, "notes/deploys.md") == (
            error["kind"],
            error["facts"]["found"],
            error["facts"]["path"],
        )

    @pytest.mark.parametrize("digits", [8, 12, 64])
    def test_naming_the_revision_replaces_it(self, edited, digits, cli, home):
        """Eight digits of the hash are enough."""
        assert "updated" in cli("remember", "Never.", "--key", "deploys", "--expect", edited[:digits].upper()).out
        assert "Except in winter." not in (home / "notes" / "deploys.md").read_text()

    @pytest.mark.parametrize("named", ["0" * 64, "00000000", ""], ids=["other", "other-short", "absent"])
    def test_naming_another_revision_does_not(self, edited, named, cli):
        """``--expect ''`` means a note that is not there yet."""
        assert 11 == cli("remember", "Never.", "--key", "deploys", "--expect", named).code

    def test_fewer_digits_are_not_enough(self, edited, cli):
        """Two digits would name one in 256 revisions."""
        assert cli("remember", "Never.", "--key", "deploys", "--expect", edited[:2]).code in (2, 11)


def test_a_revision_of_a_note_that_is_not_there_is_a_conflict(cli, home):
    """Whoever names a revision wants to replace a note, not to make one."""
    refused = cli("remember", "x", "--key", "new", "--expect", "0" * 64)

    assert 11 == refused.code
    assert not (home / "notes" / "new.md").exists()


def test_a_note_that_can_not_be_edited_safely_is_damaged(cli, put):
    """Broken YAML: exit code 14, byte for byte as it was."""
    note = put("notes/broken.md", "---\na: [\n---\ntext\n")
    sha256 = hashlib.sha256(note.read_bytes()).hexdigest()

    refused = cli("remember", "new", "--key", "broken", "--expect", sha256)

    assert (14, "") == (refused.code, refused.out)
    assert "Mend the note in an editor" in refused.err
    assert "---\na: [\n---\ntext\n" == note.read_text()


def test_hints_go_beside_the_answer(cli, put):
    """A second note of one name is allowed, and said on stderr."""
    put("ideas/tea.md", "other tea")

    done = cli("remember", "x", "--key", "tea")
    assert "created notes/tea.md\n" == done.out
    assert "note: ideas/tea.md has the same name" in done.err


def test_hints_are_in_the_json_too(cli, put):
    """stderr of a successful ``--json`` may stay unread."""
    put("ideas/tea.md", "other tea")

    assert 1 == len(cli("remember", "x", "--key", "tea", "--json").json["hints"])


def test_a_person_makes_the_change_and_no_agent(cli, home):
    """The journal names the user of the terminal; the note has no ``agent``."""
    cli("remember", "x", "--key", "k")

    journal = "".join(file.read_text() for file in (home / ".memwell" / "journal").rglob("*.jsonl"))
    assert '"kind":"human"' in journal
    assert '"client":"cli"' in journal
    assert "agent" not in cli("note", "show", "k", "--json").json["properties"]


def test_the_environment_says_otherwise(cli, home, monkeypatch):
    """``MEMWELL_ACTOR`` overrides the user's name."""
    monkeypatch.setenv("MEMWELL_ACTOR", "human:anna")
    cli("remember", "x", "--key", "k")

    journal = "".join(file.read_text() for file in (home / ".memwell" / "journal").rglob("*.jsonl"))
    assert '"name":"anna"' in journal


@pytest.mark.parametrize("device", ["a/b", "../../outside", "/absolute", "a\nb"])
def test_a_device_name_that_is_a_path_is_refused(device, cli, home, monkeypatch):
    """``MEMWELL_DEVICE`` names a folder of the journal and must stay there."""
    monkeypatch.setenv("MEMWELL_DEVICE", f"{home}{device}" if device.startswith("/") else device)

    assert 2 == cli("remember", "x", "--key", "k").code
    assert not (home / "notes").exists()
