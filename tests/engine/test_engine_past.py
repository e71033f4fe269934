"""`vault_at` and `list_at`: the whole vault as it was known at a time, and what holds when."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from history_helpers import arrive, forget_revisions, save
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_engine import Engine
from vault_engine.engine.entries import last_entries
from vault_engine.engine.history import history, show_at
from vault_engine.engine.past import Missing, list_at, vault_at
from vault_engine.errors import BadInput, MemwellError
from vault_engine.journal.entry import Change, Op
from vault_engine.vault.files import sha256_hex


@pytest.fixture
def session(engine):
    return engine._session


@pytest.fixture
def out(tmp_path):
    return tmp_path / "then"


@pytest.fixture
def moment(engine, session, vault):
    """A time with `a.md` and `x/b.md`; since, the one was edited and moved, the other archived, a third was made."""
    save(engine, vault, "a.md", "a1\n")
    save(engine, vault, "x/b.md", "b1\n")
    then = history(session, "b").versions[0].at
    save(engine, vault, "a.md", "a2\n")
    engine.move("a", "aa.md")
    engine.forget("b")
    save(engine, vault, "c.md", "c1\n")
    return then


def files(folder: Path) -> dict[str, bytes]:
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


class TestVaultAt:
    """Every note as it was, in a folder of its own."""

    def test_the_notes_of_a_time_are_written_with_the_bytes_of_then(self, session, out, moment):
        """Under the paths of then; what was made later is not among them."""
        done = vault_at(session, moment, out)

        assert {"a.md": b"a1\n", "x/b.md": b"b1\n"} == files(out)
        assert (moment, 2, (), str(out)) == (done.at, done.notes, done.missing, done.folder)

    def test_as_of_now_it_is_the_vault(self, session, vault, out, moment):
        """Nothing of it has changed meanwhile."""
        assert 2 == vault_at(session, "now", out).notes
        assert {"aa.md": b"a2\n", "c.md": b"c1\n"} == files(out)

    def test_before_the_first_entry_there_was_nothing(self, session, out, moment):
        """The folder is there and empty."""
        assert (0, ()) == ((done := vault_at(session, "2001-01-01", out)).notes, done.missing)
        assert {} == files(out)

    def test_what_is_not_kept_any_more_is_missing(self, session, vault, out, moment):
        """The rest is written; what a file still holds counts as kept."""
        forget_revisions(vault)

        done = vault_at(session, "now", out)
        assert (2, ()) == (done.notes, done.missing)
        done = vault_at(session, moment, out / "2")
        lost = "what it held is not kept any more"
        assert (
            Missing("a.md", sha256_hex(b"a1\n"), lost),
            Missing("x/b.md", sha256_hex(b"b1\n"), lost),
        ) == done.missing

    def test_a_note_that_no_entry_tells_of_is_missing(self, session, out, moment, write_note):
        """It may have been there, and may have held anything."""
        write_note("old.md", "x")

        assert (Missing("old.md", "", "nothing is known of it but what it is now"),) == vault_at(
            session, moment, out
        ).missing  # fmt: skip

    @pytest.mark.parametrize(
        "path",
        ["../../etc/passwd.md", "../x.md", "/tmp/x.md", "x/../../y.md", ".memwell/config.md", ".obsidian/x.md",
         "a\0.md", "a\n.md", "x.txt", "", "\ud800.md"],
    )  # fmt: skip
    def test_a_hostile_path_leads_nowhere(self, session, vault, out, tmp_path, path):
        """It is missing, with the reason; nothing is written outside the folder."""
        content = session.revisions.put(b"evil\n")
        arrive(vault, Change(Op.CREATE, path, "", content), Change(Op.CREATE, "good.md", "", content))
        before = files(tmp_path)

        done = vault_at(session, "now", out)

        assert (1, [path]) == (done.notes, [one.path for one in done.missing])
        assert {"good.md": b"evil\n"} == files(out)
        assert before == {name: data for name, data in files(tmp_path).items() if not name.startswith("then/")}

    def test_names_that_get_in_each_others_way_are_missing(self, session, vault, out):
        """A note and a folder of one name; a name too long for the disk."""
        content = session.revisions.put(b"x\n")
        paths = ("a.md", "a.md/b.md", f"{'n' * 300}.md")
        arrive(vault, *(Change(Op.CREATE, path, "", content) for path in paths))

        done = vault_at(session, "now", out)

        assert (1, ["a.md/b.md", f"{'n' * 300}.md"]) == (done.notes, [one.path for one in done.missing])

    def test_canvases_are_left_out(self, session, vault, out):
        """As attachments are: the journal knows only those whose links followed a move."""
        arrive(vault, Change(Op.WRITE, "a.canvas", "0" * 64, session.revisions.put(b"{}")))

        assert (0, ()) == ((done := vault_at(session, "now", out)).notes, done.missing)

    @pytest.mark.parametrize("where", ["", "sub", "sub/deep", ".memwell/local/then"])
    def test_a_folder_in_the_vault_is_refused(self, session, vault, where, moment):
        """Its notes would be the vault's; a link to it does not help."""
        before = files(vault)
        (vault.parent / "link").symlink_to(vault)

        for folder in (vault / where, vault.parent / "link" / where):
            with pytest.raises(BadInput, match="is in the vault"):
                vault_at(session, "now", folder)
        assert before == files(vault)

    def test_a_folder_that_holds_something_is_refused(self, session, out, moment):
        """Nothing is ever replaced; a file is no folder."""
        out.mkdir()
        (out / "mine").write_bytes(b"x")

        for folder in (out, out / "mine"):
            with pytest.raises(BadInput, match="is not an empty folder"):
                vault_at(session, "now", folder)
        assert {"mine": b"x"} == files(out)

    def test_a_folder_that_can_not_be_made_is_an_error(self, session, out, moment):
        """Said as everywhere."""
        out.write_bytes(b"x")
        with pytest.raises(MemwellError):
            vault_at(session, "now", out / "below")

    def test_progress_is_told(self, session, out, moment):
        """How many are done of how many."""
        told = []

        vault_at(session, moment, out, progress=lambda *step: told.append(step))

        assert [("writing notes", 1, 2), ("writing notes", 2, 2)] == told

    def test_a_time_that_is_none_makes_no_folder(self, session, out):
        """It is read first."""
        with pytest.raises(BadInput):
            vault_at(session, "soon", out)
        assert not out.exists()


steps = st.lists(
    st.tuples(st.sampled_from(["a.md", "x/b.md", "c.md"]), st.none() | st.text("xyz\n", max_size=4)), max_size=8
)


@settings(max_examples=25, deadline=None)
@given(steps)
def test_every_moment_can_be_had_again(steps):
    """Whatever was saved and deleted: the vault and each note of every moment are what they were."""
    with TemporaryDirectory() as folder:
        root, moments = Path(folder) / "vault", {}
        Engine.create(root)
        env = {"MEMWELL_CACHE_DIR": f"{folder}/cache", "MEMWELL_EMBEDDER": "none"}
        with Engine.open(root, env=env) as engine:
            for path, text in steps:
                if text is not None or (root / path).exists():
                    save(engine, root, path, text)
                    moments[last_entries(engine._session, 1).entries[0].at] = notes(root)
            for number, (moment, expected) in enumerate(moments.items()):
                vault_at(engine._session, moment, Path(folder) / str(number))
                assert expected == files(Path(folder) / str(number))
                shown = {path: show_at(engine._session, path, moment).data for path in expected}
                assert expected == shown


def notes(vault: Path) -> dict[str, bytes]:
    return {name: data for name, data in files(vault).items() if not name.startswith(".memwell")}


class TestListAt:
    """Two times: when it was known, and when it holds."""

    @pytest.fixture
    def job(self, engine, session, vault):
        """A note that held in spring, and was corrected later to hold until summer; the time before that."""
        save(engine, vault, "job.md", "---\nvalid_from: 2026-03-01\nvalid_to: 2026-06-01\n---\nAt the mill.\n")
        save(engine, vault, "always.md", "x\n")
        then = history(session, "always").versions[0].at
        save(engine, vault, "job.md", "---\nvalid_from: 2026-03-01\nvalid_to: 2026-09-01\n---\nAt the mill.\n")
        return then

    @pytest.mark.parametrize(
        ("known_then", "valid_at", "expected"),
        [
            (False, None, ["always.md", "job.md"]),
            (False, "2026-02-28", ["always.md"]),
            (False, "2026-03-01", ["always.md", "job.md"]),
            (False, "2026-07-01", ["always.md", "job.md"]),
            (False, "2026-09-01", ["always.md"]),
            (True, None, ["always.md", "job.md"]),
            (True, "2026-05-31", ["always.md", "job.md"]),
            (True, "2026-06-01", ["always.md"]),
            (True, "2026-07-01", ["always.md"]),
        ],
    )
    def test_what_was_known_and_what_holds_are_two_things(self, session, job, known_then, valid_at, expected):
        """The second bound is exclusive, days are compared as days."""
        assert expected == [line.path for line in list_at(session, job if known_then else None, valid_at).notes]

    def test_a_line_says_what_a_list_of_notes_says_and_the_bounds(self, session, job):
        """As the note writes them."""
        line = list_at(session, job, "2026-04-01").notes[-1]

        assert ("job.md", "job", "2026-03-01", "2026-06-01", None) == (
            line.path, line.title, line.valid_from, line.valid_to, line.problem
        )  # fmt: skip

    def test_a_bound_that_can_not_be_read_is_open_and_said_to_be(self, engine, session, vault):
        """In the note's line."""
        save(engine, vault, "a.md", "---\nvalid_to: soon\n---\n")

        (line,) = list_at(session, None, "2030-01-01").notes

        assert ("soon", "valid_to is no date: 'soon'") == (line.valid_to, line.problem)

    def test_what_is_not_kept_any_more_is_missing(self, session, vault, job):
        """The rest is listed."""
        forget_revisions(vault)

        found = list_at(session, job)

        assert (["always.md"], ["job.md"]) == ([n.path for n in found.notes], [m.path for m in found.missing])

    def test_before_the_first_entry_nothing_was_known(self, session, job):
        """An empty list."""
        assert ((), ()) == ((found := list_at(session, "2001-01-01")).notes, found.missing)

    def test_times_that_are_none_are_refused(self, session, job):
        """Either of them."""
        for times in (("soon", None), (None, "soon")):
            with pytest.raises(BadInput):
                list_at(session, *times)
