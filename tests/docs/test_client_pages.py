"""docs/clients is what ``memwell setup`` itself does."""

from pathlib import Path

from memwell_cli.client_pages import pages

FOLDER = Path(__file__).parents[2] / "docs" / "clients"


def test_the_pages_about_clients_are_up_to_date():
    """`make docs` writes them anew; there are no others."""
    assert pages() == {file.name: file.read_text("utf-8") for file in FOLDER.iterdir()}
