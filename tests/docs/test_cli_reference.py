"""docs/cli.md is what the commands themselves say."""

from pathlib import Path

from memwell_cli.reference import reference

ROOT = Path(__file__).parents[2]


def test_the_reference_page_is_up_to_date():
    """`make docs` writes it anew."""
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == reference()
