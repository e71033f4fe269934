"""A caller that reaches one folder: to it, a vault is what it would be if that folder were all there is."""

from dataclasses import asdict

import pytest

from vault_engine import Engine, Memory
from vault_engine.errors import BadInput, NameTaken, NotAllowed, NoteAmbiguous, NoteMissing
from vault_engine.vault.paths import check_folder
from vault_engine.vault.reach import is_within

SEEN = {
    "work/tea.md": "# Tea\n\nTea is at four. See [[secret plan]], [[coffee]] and [[private/tea]].\n",
    "work/coffee.md": "# Coffee\n\nCoffee is at nine, the machine is loud.\n",
    "work/deep/plan.md": "# Plan\n\nWe plan to buy a quieter machine. [[work/tea]]\n",
}
HIDDEN = {
    "private/secret plan.md": "# Secret plan\n\nThe merger is on Friday, machine machine machine. [[work/tea]]\n",
    "private/tea.md": "# Tea\n\nThe merger tea.\n",
    "Work/tea.md": "# Other\n\nThe merger by another case.\n",
    "work2/tea.md": "# Tea\n\nThe merger next door.\n",
    "mergers.md": "# Mergers\n\nmerger merger\n",
}
QUESTIONS = ("machine", "tea at four", "merger", "mergr", "machnie", "quieter", "plan", "nothing at all")


@pytest.fixture
def whole(write_note, open_engine) -> Engine:
    """A vault with a folder that is seen and others that are not."""
    for path, text in (SEEN | HIDDEN).items():
        write_note(path, text)
    return open_engine()


@pytest.fixture
def alone(tmp_path, open_engine) -> Engine:
    """A vault with nothing but that folder."""
    Engine.create(tmp_path / "alone")
    for path, text in SEEN.items():
        file = tmp_path / "alone" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return open_engine(tmp_path / "alone", MEMWELL_CACHE_DIR=str(tmp_path / "alone-cache"))


class TestSearching:
    """No score, count or suggestion tells of what is not reached."""

    @pytest.mark.parametrize("question", QUESTIONS)
    def test_it_answers_as_if_nothing_else_were_there(self, question, whole, alone):
        """Hits, scores, what was searched and what may have been meant are those of the folder alone."""
        assert alone.recall(question) == whole.recall(question, within="work")

    @pytest.mark.parametrize("question", ["mach*", "merger OR tea", "title:tea", "path:private", "category:private"])
    def test_so_does_the_query_language(self, question, whole, alone):
        """Which names fields, patterns and folders."""
        found = whole.recall(question, within="work", query_syntax=True)
        assert alone.recall(question, query_syntax=True).hits == found.hits

    def test_so_does_the_search_by_meaning(self, whole, alone, endpoint, open_engine, vault, tmp_path):
        """Vectors of other notes are not looked at."""
        settings = {"MEMWELL_EMBEDDER": endpoint.setting}
        for folder in (vault, tmp_path / "alone"):
            with open_engine(folder, **settings, MEMWELL_CACHE_DIR=str(tmp_path / f"{folder.name}-vectors")) as engine:
                engine.build_index()
        with open_engine(vault, **settings, MEMWELL_CACHE_DIR=str(tmp_path / "vault-vectors")) as one:
            found = one.recall("merger on friday", within="work", mode="semantic")
        with open_engine(tmp_path / "alone", **settings, MEMWELL_CACHE_DIR=str(tmp_path / "alone-vectors")) as other:
            assert other.recall("merger on friday", mode="semantic") == found

    def test_a_hidden_word_does_not_change_a_score(self, whole, write_note):
        """A search can't be used to learn whether some other note has a word."""
        before = whole.recall("machine", within="work")
        write_note("private/new.md", "machine " * 50, fresh=True)
        assert before.hits == whole.recall("machine", within="work").hits

    def test_a_change_in_the_folder_is_found(self, whole, write_note):
        """What is remembered of a folder is not kept longer than it holds."""
        assert () == whole.recall("walrus", within="work").hits
        write_note("work/walrus.md", "A walrus.\n", fresh=True)
        assert ["work/walrus.md"] == [hit.path for hit in whole.recall("walrus", within="work").hits]

    def test_other_filters_hold_too(self, whole):
        """A category outside the folder has nothing in it."""
        assert () == whole.recall("merger", within="work", category="private").hits


class TestReading:
    """What is not reached does not exist."""

    @pytest.mark.parametrize("ref", ["private/tea.md", "private/tea", "mergers", "secret plan", "work2/tea", "Mergers"])
    def test_other_notes_are_missing(self, ref, whole):
        """By whatever name; and nothing similar is named."""
        with pytest.raises(NoteMissing) as raised:
            whole.read(ref, within="work")
        assert not any(path in str(raised.value).replace(ref, "") for path in HIDDEN)

    def test_a_name_that_others_share_means_the_one_that_is_reached(self, whole):
        """It is ambiguous only to who sees both."""
        assert "work/tea.md" == whole.read("tea", within="work").path
        with pytest.raises(NoteAmbiguous):
            whole.read("tea")

    def test_links_that_lead_out_lead_nowhere(self, whole):
        """And notes elsewhere that link here are not named."""
        view = whole.read("work/tea.md", within="work")
        assert ("work/coffee.md",) == view.links
        assert ("private/tea", "secret plan") == view.unresolved
        assert ("work/deep/plan.md",) == view.backlinks
        assert "private/secret plan.md" in whole.read("work/tea.md").backlinks

    def test_the_status_is_that_of_the_folder(self, whole, alone):
        """And says nothing of the machine."""
        seen, own = asdict(whole.status(within="work")), asdict(alone.status())
        assert own["notes"] == seen["notes"] == 3
        for name in ("notes", "chunks"):
            assert own["index"][name] == seen["index"][name]
        assert "work" == seen["vault"]
        assert str(whole.root) not in repr(seen)
        assert "merger" not in repr(seen).lower()


class TestChanging:
    """What is not reached can't be changed, and nobody is told of it."""

    def test_a_note_without_a_category_goes_into_the_folder(self, whole):
        """As the folder is all there is."""
        assert "work/new.md" == whole.remember(Memory("New.", key="new"), within="work").path

    @pytest.mark.parametrize(
        "memory",
        [
            Memory("x", category="private", key="k"),
            Memory("x", category="work2", key="k"),
            Memory("x", category="Work", key="k"),
            Memory("---\ncategory: private\n---\nx", key="k"),
        ],
    )
    def test_another_category_is_refused(self, memory, whole, vault):
        """However it is asked for."""
        with pytest.raises(NotAllowed, match="lies outside work/"):
            whole.remember(memory, within="work")
        assert [] == list(vault.rglob("k.md"))

    def test_a_note_that_was_moved_out_is_left_alone(self, whole, vault, write_note):
        """It is not what the folder's caller means by its category and key any more."""
        made = whole.remember(Memory("Ours.", category="work", key="k"), within="work")
        (vault / made.path).rename(vault / "private/k.md")
        before = (vault / "private/k.md").read_bytes()

        again = whole.remember(Memory("Anew.", category="work", key="k"), within="work")

        assert ("created", "work/k.md") == (again.action, again.path)
        assert before == (vault / "private/k.md").read_bytes()

    def test_a_namesake_elsewhere_is_not_named(self, whole):
        """Neither as a hint nor in a refusal."""
        made = whole.remember(Memory("Mergers of ours.", category="work/deep", key="walrus plan"), within="work")
        assert () == made.hints
        with pytest.raises(NameTaken) as raised:  # the link in work/tea.md would lead to it
            whole.remember(Memory("x", category="work", key="secret plan"), within="work")
        assert "private" not in str(raised.value)

    def test_forgetting_reaches_no_further(self, whole, vault):
        """A note elsewhere is missing; one in the folder goes."""
        with pytest.raises(NoteMissing):
            whole.forget("private/tea.md", within="work")
        with pytest.raises(NoteMissing):
            whole.forget("mergers", within="work")
        assert (vault / "private/tea.md").exists()
        assert "work/tea.md" == whole.forget("tea", within="work").path


@pytest.mark.parametrize(
    ("path", "folder", "is_in"),
    [
        ("a/b.md", "a", True),
        ("a/b/c.md", "a", True),
        ("ab/c.md", "a", False),
        ("a.md", "a", False),
        ("A/b.md", "a", False),
        ("a", "a", False),
        ("x.md", None, True),
        ("cafe\u0301/b.md", "caf\u00e9", True),
        ("caf\u00e9/b.md", "caf\u00e9", True),
    ],
)
def test_what_lies_in_a_folder(path, folder, is_in):
    """Case counts; how an accent is written does not."""
    assert is_in is is_within(path, folder)


@pytest.mark.parametrize("folder", ["", "/", "/a", "../a", "a/../b", ".memwell", "a/.b", "a//b", "a\x00b", "a\u202eb"])
def test_no_folder_of_a_vault(folder):
    """What leads out of it, is hidden or can't be seen."""
    with pytest.raises(BadInput):
        check_folder(folder)
