"""From a question to ranked notes."""

import pytest

from vault_engine import Mode


@pytest.fixture
def filed(write_note, engine):
    """Notes that all speak of lanterns, filed in several ways."""
    write_note("ops/a.md", "lantern")
    write_note("ops/backup/b.md", "lantern")
    write_note("opsx/c.md", "lantern")
    write_note("d.md", "---\ncategory: ops\ntype: Decision\ntags: [harbour/north]\n---\nlantern\n")
    write_note("e.md", "---\ntype: decision\ntags: [harbour, red]\n---\nlantern lantern lantern\n")
    write_note("f.md", "lantern #harbour/north/mole #red\n")
    write_note("g.md", "lantern #harbourx\n")
    return engine


def paths(engine, query="lantern", **asked):
    return sorted(hit.path for hit in engine.recall(query, **asked).hits)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"category": "ops"}, ["d.md", "ops/a.md", "ops/backup/b.md"]),
        ({"category": "OPS/"}, ["d.md", "ops/a.md", "ops/backup/b.md"]),
        ({"category": "ops/backup"}, ["ops/backup/b.md"]),
        ({"type": "decision"}, ["d.md", "e.md"]),
        ({"tags": ("harbour",)}, ["d.md", "e.md", "f.md"]),
        ({"tags": ("#harbour/north",)}, ["d.md", "f.md"]),
        ({"tags": ("Harbour", "red")}, ["e.md", "f.md"]),
        ({"tags": ("harbour",), "type": "decision", "category": "ops"}, ["d.md"]),
        ({"category": "nowhere"}, []),
    ],
)
def test_filters(filed, asked, expected):
    """A category or tag means itself and all below it; every filter must hold; case does not matter."""
    assert expected == paths(filed, **asked)
    assert expected == [line.path for line in filed.list(**asked).notes]


def test_filters_hold_before_ranking(filed, write_note):
    """The one note that may answer is found behind any number of better ones that may not."""
    for number in range(60):
        write_note(f"better/{number}.md", "# Lantern\n\nlantern lantern")

    assert ["ops/backup/b.md"] == paths(filed, category="ops/backup", limit=1)


def test_hits_are_in_order_of_their_scores(harbour):
    """Best first, each in [0, 1], each note once, no more than asked for."""
    for mode in Mode:
        hits = harbour.recall("double booked berths in the harbour", mode=mode, limit=8).hits
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)
        assert 8 == len({hit.path for hit in hits})
        assert all(0 < score <= 1 for score in scores)


def test_a_note_that_was_replaced_stands_behind_its_successor(engine, write_note):
    """Deprecated notes are found, at half their worth."""
    write_note("old.md", "---\nstatus: deprecated\n---\nlantern lantern\n")
    write_note("new.md", "the lantern is lit at dusk, by the harbour office\n")

    assert ["new.md", "old.md"] == [hit.path for hit in engine.recall("lantern").hits]


def test_the_sample_vaults_replaced_decision_stands_behind(harbour):
    """Which queue do we use: the choice of today before the one of last year."""
    hits = [hit.path for hit in harbour.recall("which job queue do we use", limit=20).hits]

    assert hits.index("decisions/job-queue-postgres.md") < hits.index("decisions/job-queue-redis.md")


PARAPHRASES = [
    ("smartphone program from the shop", "decisions/no-native-app.md"),
    ("daylight saving mistake", "incidents/2026-03-30-tides-one-hour-off.md"),
]


@pytest.mark.parametrize(("query", "path"), PARAPHRASES)
def test_a_paraphrase_is_found_by_its_meaning(harbour, query, path):
    """Not one term of the question stands in the note; its words do not find it, its meaning does."""
    assert path not in paths(harbour, query, mode="keyword", limit=200)
    recalled = harbour.recall(query, mode="semantic", limit=3)

    assert (Mode.SEMANTIC, None, 0) == (recalled.mode, recalled.degraded, recalled.chunks_waiting)
    assert path in [hit.path for hit in recalled.hits]
    assert path in paths(harbour, query, mode="hybrid", limit=10)


def test_the_mode_that_was_asked_for_is_the_one_that_ran(harbour):
    """And is said so."""
    assert list(Mode) == [harbour.recall("berths", mode=mode).mode for mode in Mode]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("Renee Fournier", "people/Renée Fournier.md"),
        ("lukasz wojcik", "people/Łukasz Wójcik.md"),
        ("Grossenmessung Liegeplatze", "research/Größenmessung Liegeplätze.md"),
        ("潮位", "research/潮位データ.md"),
        ("データ", "research/潮位データ.md"),
    ],
)
@pytest.mark.parametrize("mode", ["keyword", "hybrid"])
def test_accents_and_other_scripts(harbour, query, path, mode):
    """A name is found without its accents, a Japanese word within a sentence."""
    assert path == harbour.recall(query, mode=mode).hits[0].path


def test_every_hit_shows_where_it_was_found(harbour):
    """Its excerpt is one line out of the note itself, and its facts are those of the note."""
    for query in ("exclusion constraint", "tide tables one hour off", "who pays the deposit"):
        for hit in harbour.recall(query).hits:
            view = harbour.read(hit.path)
            whole = " ".join(view.text.split())
            assert " ".join(hit.excerpt.removeprefix("…").removesuffix("…").split()) in whole
            assert len(hit.excerpt) <= 242
            assert (view.id, view.title, view.tags) == (hit.id, hit.title, hit.tags)


def test_a_title_counts_for_more_than_a_mention(engine, write_note):
    """A note about lanterns before one that has the word in passing."""
    write_note("mention.md", "Some words, and a lantern among them, as it happens.")
    write_note("Lantern.md", "Some words, and a light among them, as it happens.")

    assert ["Lantern.md", "mention.md"] == [hit.path for hit in engine.recall("lantern").hits]


def test_properties_aliases_and_headings_are_searched(engine, write_note):
    """What a person wrote anywhere in a note can be asked for; how Memwell keeps it can't."""
    write_note("a.md", "---\naliases: [beacon]\nmood: cheerful\nsource: spreadsheet\n---\n## Anchorage\n\nwords\n")

    found = {word: bool(engine.recall(word).hits) for word in ("beacon", "cheerful", "anchorage", "spreadsheet")}
    assert {"beacon": True, "cheerful": True, "anchorage": True, "spreadsheet": False} == found


def test_the_texts_and_numbers_of_properties_are_searched(write_note, engine):
    """A film is found by its director and its year; a checkbox says nothing."""
    write_note("film.md", "---\nyear: 1982\ndirector: Scott\nseen: true\n---\n")
    write_note("other.md", "nothing of the kind")

    for query, found in (("1982", ["film.md"]), ("scott", ["film.md"]), ("true", [])):
        assert found == [hit.path for hit in engine.recall(query).hits]
