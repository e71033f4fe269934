"""A note as plain Markdown, for Notion."""

import pytest

from vault_engine.note import Resolver
from vault_engine.sync.notion import notion_text

FILES = ("a/b.md", "a/c d.md", "e.md", "pic.png")
EXPORTED = ("a/b.md", "a/c d.md", "e.md")


def written(text, path="a/b.md"):
    """Write a note of a vault with these files."""
    resolver = Resolver(FILES)

    def file_of(link):
        file = resolver.find(link, path)
        return file if file in EXPORTED else None

    return notion_text(text, path, "Title", file_of)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Own\n\ntext\n", "# Own\n\ntext\n"),
        ("text\n", "# Title\n\ntext\n"),
        ("", "# Title\n"),
        ("Own\n===\n\ntext\n", "# Title\n\nOwn\n===\n\ntext\n"),
        ("---\ntags: [x, y]\ndone: true\nn:\n---\n# Own\ntext", "# Own\n\ntags: x, y\ndone: Yes\n\ntext\n"),
        (
            "---\nup: '[[e]]'\nall: ['[[c d|C]]', '[[gone]]']\n---\n",
            "# Title\n\nup: [e](../e.md)\nall: [C](c%20d.md), gone\n",
        ),
        ("see [[e]] and [[c d#H|C]].", "# Title\n\nsee [e](../e.md) and [C](c%20d.md).\n"),
        ("[[gone|G]], ![[pic.png|100]], ![[e]]", "# Title\n\nG, pic.png, [e](../e.md)\n"),
        ("[t](/e.md) [u](https://x.org) [v](gone.md)", "# Title\n\n[t](../e.md) [u](https://x.org) [v](gone.md)\n"),
        ("`[[e]]`\n\n```\n[[e]]\n```\n", "# Title\n\n`[[e]]`\n\n```\n[[e]]\n```\n"),
        ("[[e|a] b]]", "# Title\n\n[a\\] b](../e.md)\n"),
    ],
)
def test_what_only_obsidian_knows_becomes_plain_markdown(text, expected):
    """Properties are lines, links are relative; code and all other Markdown stay as they are."""
    assert expected == written(text)
