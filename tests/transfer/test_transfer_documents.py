"""Files as notes: what each kind says, that it is kept up to date, and that a hostile file costs nobody anything."""

import io
import json
import os

import pypdf
import pytest
from document_files import docx, paragraph, pdf

from vault_engine.engine import Append, Reach
from vault_engine.errors import BadInput
from vault_engine.transfer import documents
from vault_engine.transfer.document_reader import read
from vault_engine.transfer.documents import Terms, ingest

MIB = 1 << 20


@pytest.fixture
def put(tmp_path):
    """Makes a file outside the vault."""
    folder = tmp_path / "files"
    folder.mkdir()

    def put(name, data):
        file = folder / name
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        return file

    return put


def body(engine, path):
    """Give what a note says below its properties."""
    return engine.read(path).text.split("---\n", 2)[2].strip()


def problem(engine, file, **terms):
    """Give why a file did not become a note."""
    done = ingest(engine, [file], Terms(**terms))
    assert () == done.files
    return done.failed[0].problem


PAGE = (
    "<title>Berths &amp; more</title><script>evil()</script><style>x{}</style><h2>Berths</h2><p>There are <b>forty</b>,"
    "<br>all taken.</p><ul><li>one<li>two</ul><pre>a  b\n  `c`</pre><table><tr><th>n<th>m<tr><td>1<td>2</table>"
)
LETTER = (
    paragraph("Berths", '<w:pStyle w:val="Heading2"/>')
    + "<w:p><w:r><w:t>There are </w:t></w:r><w:del><w:r><w:delText>four</w:delText></w:r></w:del>"
    + "<w:r><w:t>forty.</w:t></w:r></w:p>"
    + paragraph("one", "<w:numPr/>")
    + paragraph("two", '<w:pStyle w:val="ListBullet"/>')
    + f"<w:tbl><w:tr><w:tc>{paragraph('1')}</w:tc><w:tc>{paragraph('2')}{paragraph('3')}</w:tc></w:tr></w:tbl>"
)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("Log Book.md", "Wind *north*.\n\n- [ ] sail\n", "Wind *north*.\n\n- [ ] sail"),
        ("log.txt", "\ufeffOne.\r\nTwo.", "# log\n\nOne.\nTwo."),
        ("wide.txt", "Wide.".encode("utf-16"), "# wide\n\nWide."),
        ("log.json", '{"a": "```"}', '# log\n\n````json\n{"a": "```"}\n````'),
        (
            "page.HTML",
            PAGE,
            "# Berths & more\n\n## Berths\n\nThere are forty,\nall taken.\n\n- one\n- two\n\n```\na  b\n  `c`\n```\n\n"
            "n | m\n\n1 | 2",
        ),
        ("old.htm", '<meta charset="iso-8859-1"><p>Gr\xfc\xdfe'.encode("latin-1"), "# old\n\nGr\xfc\xdfe"),
        ("letter.docx", docx(LETTER), "# letter\n\n## Berths\n\nThere are forty.\n\n- one\n- two\n\n1 | 2 3"),
        ("paper.pdf", pdf("Page one.", "Page two."), "# paper\n\nPage one.\n\nPage two."),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 12 else "",
)
def test_each_kind_becomes_a_note_of_its_text(engine, put, name, data, said):
    """Named after its file; it states where it comes from, and that it is not to be trusted."""
    file = put(name, data)
    (done,) = ingest(engine, [file]).files

    view = engine.read(done.path)
    assert (said, "created") == (body(engine, done.path), done.action)
    assert ("document", "untrusted", str(file)) == tuple(view.properties[one] for one in ("type", "trust", "source"))
    assert 1 == engine.list(category="documents").total


def test_what_a_file_says_of_itself_has_no_say_in_the_note(engine, put):
    """But for title and tags: else a file from anywhere could pin itself."""
    head = "---\ntitle: Pumps\ntags: [sea, '9', 'a b']\npinned: true\nrecall_when: [always]\ntrust: full\n---\n"
    (done,) = ingest(engine, [put("a.md", f"{head}---\npinned: true\n---\nText.\n")], Terms(tags=("port",))).files

    view = engine.read(done.path)
    assert "# Pumps\n\n---\npinned: true\n---\nText." == body(engine, done.path)
    assert (["port", "sea"], "untrusted") == (view.properties["tags"], view.properties["trust"])
    assert not {"pinned", "recall_when"} & view.properties.keys()


def test_a_file_that_did_not_change_is_left_alone(engine, put):
    """One that did has its note brought up to date; a dry run says so and writes nothing."""
    file = put("plan.txt", "Old.")
    assert "created" == ingest(engine, [file], Terms(dry_run=True)).files[0].action
    assert 0 == engine.list().total
    (made,) = ingest(engine, [file]).files
    entries = engine.status().journal_entries
    assert "unchanged" == ingest(engine, [file]).files[0].action
    put("plan.txt", "New.")
    assert "updated" == ingest(engine, [file], Terms(dry_run=True)).files[0].action
    assert entries == engine.status().journal_entries

    assert ("updated", made.path) == ((done := ingest(engine, [file]).files[0]).action, done.path)
    assert "# plan\n\nNew." == body(engine, made.path)
    assert 1 == engine.list().total


def test_a_note_that_was_moved_is_still_that_of_its_file(engine, put):
    """And what was added to it by an agent that had read it is not overwritten unseen."""
    file = put("plan.txt", "Old.")
    ingest(engine, [file])
    engine.move("documents/plan.md", "ships/plan.md")
    put("plan.txt", "New.")

    assert ("updated", "ships/plan.md") == ((done := ingest(engine, [file]).files[0]).action, done.path)


def test_an_edit_by_hand_is_not_overwritten(engine, put, vault):
    """The file is named as one that could not be kept."""
    file = put("plan.txt", "Old.")
    (done,) = ingest(engine, [file]).files
    note = vault / done.path
    note.write_text(note.read_text() + "\nBy hand.\n")
    put("plan.txt", "New.")

    assert "plan.md" in problem(engine, file)
    assert "By hand." in note.read_text()


def test_the_note_of_another_file_or_another_note_is_not_taken(engine, put, tmp_path):
    """Unless that is asked for; another key or category helps."""
    ingest(engine, [put("plan.txt", "One.")])
    other = tmp_path / "plan.md"
    other.write_text("Two.")

    assert "of another file" in problem(engine, other)
    assert "documents/plan-2.md" == ingest(engine, [other], Terms(key="plan-2")).files[0].path
    assert "work/plan.md" == ingest(engine, [other], Terms(category="work")).files[0].path
    assert "updated" == ingest(engine, [other], Terms(replace=True)).files[0].action
    assert "Two." == body(engine, "documents/plan.md").splitlines()[-1]


def test_a_workspace_gets_its_own(engine, put):
    """In its folder."""
    done = ingest(engine, [put("plan.txt", "Text.")], within=Reach(workspace="a"))
    assert "workspaces/a/documents/plan.md" == done.files[0].path
    assert "unchanged" == ingest(engine, [put("plan.txt", "Text.")], within=Reach(workspace="a")).files[0].action


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.exe", b"MZ", "of no kind that is read"),
        ("a", b"text", "of no kind that is read"),
        ("a.txt", b"\x89PNG\r\n\0", "not UTF-8 (byte 0)"),
        ("a.txt", "a\0b", "U+0000"),
        ("a.txt", "Gr\xfc\xdfe".encode("latin-1"), "save it as UTF-8"),
        ("a.txt", "  \n", "no text in it"),
        ("a.md", "---\ntitle: x\n---\n", "no text in it"),
        ("a.txt", "word " * (MIB // 4), "more than 1 MiB of text"),
        ("a.json", "{'a': 1}", "not JSON"),
        ("a.json", "[" * 200_000, "not JSON"),
        ("a.html", "<p></p><script>x</script>", "no text in it"),
        ("a.html", '<meta charset="rot13"><p>x', "it is not the rot13 text"),
        ("a.html", '<meta charset="zip"><p>x', "it is not the zip text"),
        ("a.html", "<![ " * 100, "no web page"),
        ("a.html", b"<p>\xff\xfe\xfa", "it is not the utf-8 text"),
        ("a.html", "<p>word" * MIB, "more than 1 MiB of text"),
        ("a.docx", b"PK\3\4 damaged", "no Word document"),
        ("a.docx", docx("<w:p>"), "no Word document"),
        ("a.docx", docx("", before='<!DOCTYPE x [<!ENTITY a "b">]>'), "declares entities"),
        ("a.docx", docx(paragraph("word " * MIB)), "more than 1 MiB of text"),
        ("a.docx", docx(" " * (65 * MIB)), "unpacks to more than 64 MiB"),
        ("a.pdf", b"%PDF-1.7 damaged", "damaged, or no PDF"),
        ("a.pdf", b"", "damaged, or no PDF"),
        ("a.pdf", pdf(""), "pictures"),
        ("a.pdf", pdf("x" * 2 * MIB), "more than 1 MiB of text"),
    ],
    ids=lambda value: "",
)
def test_what_can_not_be_read_is_said(engine, put, name, data, said):
    """In words, and no note is made."""
    assert said in problem(engine, put(name, data))
    assert 0 == engine.list().total


def test_a_password_keeps_a_pdf_closed(engine, put):
    """An empty one does not."""
    made = {}
    for password in ("secret", ""):
        writer, out = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("Closed."))), io.BytesIO()
        writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
        writer.write(out)
        made[password] = out.getvalue()

    assert "needs a password" in problem(engine, put("a.pdf", made["secret"]))
    assert "created" == ingest(engine, [put("b.pdf", made[""])]).files[0].action


def test_a_file_that_takes_too_long_is_given_up(engine, put, monkeypatch):
    """Its process is ended."""
    monkeypatch.setattr(documents, "_READ_S", 0.001)
    assert "takes more than 0.001 seconds" in problem(engine, put("a.html", PAGE))


def test_a_reader_that_dies_is_told_of(engine, put, monkeypatch, tmp_path):
    """As the system ends one that takes too much."""
    dying = tmp_path / "dying.py"
    dying.write_text("raise SystemExit(1)")
    monkeypatch.setattr(documents.document_reader, "__file__", str(dying))
    assert "more memory or time" in problem(engine, put("a.html", PAGE))


def test_without_the_extra_the_message_names_it(engine, put, monkeypatch):
    """All other kinds need nothing."""
    monkeypatch.setattr(documents.importlib.util, "find_spec", lambda _name: None)
    assert "pip install 'memwell[documents]'" in problem(engine, put("a.pdf", pdf("x")))
    assert "created" == ingest(engine, [put("a.docx", docx(LETTER))]).files[0].action


def test_a_device_a_folder_and_nothing_are_no_files(engine, put, tmp_path):
    """None is read, and none is waited for."""
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "zero.txt").symlink_to("/dev/zero")

    for name in ("folder.txt", "pipe.txt", "zero.txt"):
        assert "no file" in problem(engine, tmp_path / name)
    assert "No such file" in problem(engine, tmp_path / "none.txt")


def test_a_file_may_have_fifty_mebibytes(engine, put):
    """However little it says; one more is too many."""
    file = put("a.html", b"<p>Text.<!--" + b" " * (50 * MIB - 15) + b"-->")
    assert "created" == ingest(engine, [file]).files[0].action
    assert "more than 50 MiB" in problem(engine, put("b.html", file.read_bytes() + b"x"))


def test_a_dry_run_refuses_what_would_be_refused(engine, put):
    """And says where in a workspace the note would be."""
    file = put("plan.txt", "Text.")
    for bad in ("../x", "a:b", ".hidden"):
        assert problem(engine, file, category=bad) == problem(engine, file, category=bad, dry_run=True)
    done = ingest(engine, [file], Terms(dry_run=True), within=Reach(workspace="a"))
    assert "workspaces/a/documents/plan.md" == done.files[0].path


def test_the_others_go_on(engine, put):
    """What can't be read stops nothing; how far it is is told."""
    told = []
    files = [put("a.txt", "A."), put("b.exe", "B."), put("c.txt", "C.")]
    done = ingest(engine, files, progress=lambda *what: told.append(what))

    assert (["a", "c"], [str(files[1])]) == ([one.title for one in done.files], [one.where for one in done.failed])
    assert [("reading", number, 3) for number in (1, 2, 3)] == told
    with pytest.raises(BadInput, match="one file"):
        ingest(engine, files, Terms(key="k"))


def test_the_reader_answers_as_json():
    """Title and text, or a problem; the title of a docx is what it says of itself."""
    core = '<p xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Berths</dc:title><dc:creator>x</dc:creator></p>'
    answer = read("docx", docx(paragraph("Text."), **{"docProps/core.xml": core}), MIB)

    assert {"title": "Berths", "text": "Text."} == json.loads(json.dumps(answer))
    assert {"problem": "there is no text in it"} == read("html", b"", MIB)


def test_a_text_that_an_agent_added_is_part_of_the_note_until_the_file_changes(engine, put):
    """Then the note says what the file says; the history has the rest."""
    file = put("plan.txt", "Old.")
    (done,) = ingest(engine, [file]).files
    engine.edit(done.path, Append("Added."))
    assert "unchanged" == ingest(engine, [file]).files[0].action
    assert body(engine, done.path).endswith("Added.")
