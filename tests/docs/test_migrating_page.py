"""docs/migrating.md is what the profiles of other memories themselves go by."""

from pathlib import Path

from memwell_cli.migrating_page import page

PAGE = Path(__file__).parents[2] / "docs" / "migrating.md"


def test_the_page_about_moving_is_up_to_date():
    """`make docs` writes it anew."""
    assert page() == PAGE.read_text("utf-8")
