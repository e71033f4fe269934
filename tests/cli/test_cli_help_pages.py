"""``memwell help``: the documentation comes with the package."""

from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def test_without_a_topic_the_commands_and_all_pages_are_listed(cli):
    """So that one can pick."""
    shown = cli("help")

    assert 0 == shown.code
    assert "  quickstart\n" in shown.out
    assert "  clients/cursor\n" in shown.out
    assert "memwell serve" in shown.out


@pytest.mark.parametrize("topic", ["quickstart", "setup", "clients/cursor"])
def test_a_page_is_shown_as_it_is(topic, cli):
    """Character by character."""
    text = (DOCS / f"{topic}.md").read_text("utf-8")

    assert (0, text) == (cli("help", topic).code, cli("help", topic, "--json").json["text"])
    assert text.rstrip("\n") == cli("help", topic).out.rstrip("\n")


def test_a_command_without_a_page_shows_its_help(cli):
    """The same as --help."""
    assert cli("remember", "--help").out.split() == cli("help", "remember").out.split()


@pytest.mark.parametrize("topic", ["nothing", "", "../README", "/etc/passwd", "clients", "README", "quickstart.md"])
def test_what_is_no_topic_is_refused(topic, cli):
    """No other file can be read that way."""
    refused = cli("help", topic)

    assert (2, "") == (refused.code, refused.out)
    assert "memwell help" in refused.err
