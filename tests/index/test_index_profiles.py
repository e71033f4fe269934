"""What the index takes in of notes that are special: Logseq's pages, drawings, half-done merges, evicted files."""

from vault_engine import Engine

CONFLICT = "# Berths\n\n<<<<<<< ours\nnine berths\n=======\nten berths\n>>>>>>> theirs\n"


def paths_of(engine: Engine, query: str) -> list[str]:
    return [hit.path for hit in engine.recall(query, mode="keyword").hits]


def make_graph(write_note) -> None:
    write_note("logseq/config.edn", "{:file/name-format :triple-lowbar}")
    write_note(
        "pages/ops___tides.md",
        "alias:: high water\ntags:: harbour\n\n- the gauge\n  id:: " + "ab" * 4 + "-0000-0000-0000-" + "c" * 12,
    )
    write_note(
        "pages/a.md", "- [[OPS/tides]] and [[High Water]] and ((abababab-0000-0000-0000-cccccccccccc))\n- [[nobody]]"
    )
    write_note("journals/2026_11_20.md", "- [[Nov 20th, 2026]] #ops/tides")


def test_a_logseq_graph_is_read_by_its_own_rules(write_note, open_engine):
    """Pages have the names that their files spell; aliases and block ids resolve."""
    make_graph(write_note)
    engine = open_engine()

    assert "ops/tides" == engine.read("ops/tides").title
    assert ("pages/ops___tides.md",) == engine.read("pages/a.md").links
    assert ("nobody",) == engine.read("pages/a.md").unresolved
    assert ("journals/2026_11_20.md", "pages/a.md") == engine.read("high water").backlinks
    assert ["pages/ops___tides.md"] == paths_of(engine, "gauge")


def test_the_profile_is_a_setting(vault, write_note, open_engine):
    """What the vault says goes before what its folders look like, and the index is made again."""
    make_graph(write_note)
    assert "ops/tides" == open_engine().read("pages/ops___tides.md").title
    (vault / ".memwell" / "config.toml").write_text('profile = "obsidian"\n', "utf-8")

    assert "ops___tides" == open_engine().read("pages/ops___tides.md").title
    assert "ops/tides" == open_engine(MEMWELL_PROFILE="logseq").read("pages/ops___tides.md").title


def test_an_obsidian_folder_decides(write_note, open_engine):
    """A graph that is opened in Obsidian too is read as Obsidian reads it."""
    make_graph(write_note)
    write_note(".obsidian/app.json", "{}")

    assert "ops___tides" == open_engine().read("pages/ops___tides.md").title


def test_a_merge_left_half_done_changes_nothing(write_note, engine):
    """Of a note with conflict markers nothing new is taken in; what was known is still found, and status names it."""
    write_note("berths.md", "# Berths\n\nnine berths in the north\n")
    assert ["berths.md"] == paths_of(engine, "north")

    write_note("berths.md", CONFLICT, fresh=True)

    assert [] == paths_of(engine, "theirs")
    assert ["berths.md"] == paths_of(engine, "north")
    assert "merge" in engine.status().problems[0].problem

    write_note("berths.md", "# Berths\n\nten berths in the south\n", fresh=True)
    assert ["berths.md"] == paths_of(engine, "south")
    assert () == engine.status().problems


def test_of_a_merge_never_seen_whole_only_the_name_is_known(write_note, engine):
    """The note can be found by what its file is called."""
    write_note("berths.md", CONFLICT)

    assert ["berths.md"] == paths_of(engine, "berths")
    assert [] == paths_of(engine, "nine")


def test_the_data_of_a_drawing_is_not_searched(write_note, engine):
    """The text part of an Excalidraw note is found, its compressed data is not."""
    text = "---\nexcalidraw-plugin: parsed\n---\n# Text Elements\nquay wall ^a1\n\n[[berths]]\n\n%%\n## Drawing\n"
    write_note("plan.excalidraw.md", f"{text}```compressed-json\nN4KAkARALgngDg lighthouse\n```\n%%")
    write_note("berths.md", "x")

    assert ["plan.excalidraw.md"] == paths_of(engine, "quay")
    assert [] == paths_of(engine, "lighthouse")
    assert ("plan.excalidraw.md",) == engine.read("berths").backlinks


def test_an_evicted_note_is_not_gone(vault, write_note, engine):
    """What iCloud took off this device is still found, and links to it still lead to it."""
    write_note("berths.md", "nine berths in the north")
    write_note("a.md", "[[berths]]")
    assert ["berths.md"] == paths_of(engine, "north")

    (vault / "berths.md").unlink()
    write_note(".berths.md.icloud", b"\x00")

    assert ["berths.md"] == paths_of(engine, "north")
    assert ("berths.md",) == engine.read("a.md").links
    (vault / ".berths.md.icloud").unlink()
    assert [] == paths_of(engine, "north")
    assert ("berths",) == engine.read("a.md").unresolved


def test_what_the_owner_wants_to_see_less_of_stands_behind(write_note, open_engine):
    """Files that are excluded in Obsidian are still found and linked, after the others."""
    write_note(".obsidian/app.json", '{"userIgnoreFilters": ["a/"]}')
    write_note("a/old.md", "nine berths")
    write_note("b/new.md", "nine berths and [[old]]")
    engine = open_engine()

    assert ["b/new.md", "a/old.md"] == paths_of(engine, "nine berths")
    assert ("a/old.md",) == engine.read("new").links
