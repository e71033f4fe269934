"""``memwell vault check``: what is broken or in doubt, and an exit code that says whether there is anything."""

import pytest


def test_a_sound_vault_is_done_with_nothing_to_show(cli, put):
    """Exit code 0; how much was looked at goes to stderr."""
    put("a.md", "[[b]]\n")
    put("b.md", "x\n")

    assert (0, "", "2 notes, 1 links: nothing found\n") == cli("vault", "check")


def test_what_is_found_stands_on_a_line_each_and_is_exit_code_3(cli, put):
    """Path, line, kind and words, as compilers do; the counts by kind to stderr."""
    put("a.md", "---\ntags: x, y\n---\n[[One]]\n[[Two]]\n")
    put("con.md", "x\n")

    assert (
        3,
        "a.md:2: old tags: several tags in one text are no tags any more: write them as a list\n"
        "a.md:4: broken link: [[One]] leads nowhere\n"
        "a.md:5: broken link: [[Two]] leads nowhere\n"
        "con.md: name: con is a device on Windows\n",
        "2 notes, 2 links: broken link 2, old tags 1, name 1\n",
    ) == cli("vault", "check")


def test_as_json_it_is_one_object(cli, put):
    """With what to write instead."""
    put("One.md", "---\naliases: [Uno]\n---\n")
    put("a.md", "[[Uno]]\n")

    done = cli("vault", "check", "--json")

    (finding,) = done.json.pop("findings")
    assert (3, "", 1, 2, 1) == (done.code, done.err, *(done.json[name] for name in ("format", "notes", "links")))
    assert {
        "kind": "alias-only link",
        "path": "a.md",
        "line": 1,
        "problem": "[[Uno]] names a note by its alias, which leads nowhere: write [[One|Uno]]",
        "target": "Uno",
        "suggestions": ["[[One|Uno]]"],
    } == finding


@pytest.mark.parametrize(
    ("kinds", "code", "lines"),
    [(("name",), 3, 1), (("broken link",), 3, 2), (("name", "broken link"), 3, 3), (("twin name",), 0, 0)],
)
def test_kinds_can_be_chosen(kinds, code, lines, cli, put):
    """Only they are shown, and only they count."""
    put("con.md", "[[x]] and [[y]]\n")

    done = cli("vault", "check", *(word for kind in kinds for word in ("--kind", kind)))

    assert (code, lines) == (done.code, len(done.out.splitlines()))


def test_an_unknown_kind_is_a_usage_error(cli, home):
    """The message lists those that are known."""
    done = cli("vault", "check", "--kind", "ugly")

    assert (2, "") == (done.code, done.out)
    assert "broken link" in done.err


def test_without_a_vault_nothing_is_checked(cli):
    """Exit code 10, as for every command."""
    assert 10 == cli("vault", "check").code


def test_checking_changes_nothing(cli, put, home, tree):
    """No byte and no time of any file."""
    put("a.md", "---\ntags: x, y\n---\r\n[[One]]\n")
    put("map.canvas", '{"nodes":[{"type":"file","file":"b.md"}]}')
    before = tree(home)

    assert 3 == cli("vault", "check").code
    assert before == tree(home)


def test_a_process_of_its_own_gives_the_same_exit_code(spawn, put, home):
    """As scripts see it."""
    put("a.md", "[[One]]\n")

    done = spawn("vault", "check", cwd=home)

    assert (3, b"a.md:1: broken link: [[One]] leads nowhere\n") == (done.returncode, done.stdout)


def test_very_many_notes_that_are_gone_are_asked_about(cli, home, put):
    """Status says so until it was said that it is meant."""
    for number in range(30):
        put(f"{number}.md", f"lantern{number}")
    cli("remember", "first")
    for number in range(30):
        (home / f"{number}.md").unlink()
    cli("remember", "second")

    assert "30 notes are gone. Is a drive missing" in cli("status").out
    assert "30 notes are gone for good\n" == cli("vault", "accept-gone").out
    assert "are gone" not in cli("status").out
