"""What a tag is: the rule for its characters, shared by the body and the ``tags`` property."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

TAG_NAME = re.compile(r"[^\s\u2000-\u206f\u2e00-\u2e7f'!\"#$%&()*+,.:;<=>?@^`{|}~\[\]\\]+")


def is_tag(name: str) -> bool:
    """Whether the text is a tag name: allowed characters only, not digits alone."""
    return TAG_NAME.fullmatch(name) is not None and not (name.isascii() and name.isdigit())


def property_tags(value: Any) -> tuple[str, ...]:
    """The tags of a ``tags`` property: a list of texts, or one text. What is no tag is left out."""
    entries = value if isinstance(value, list) else [value]
    names = (entry.removeprefix("#") for entry in entries if isinstance(entry, str))
    return tuple(name for name in names if is_tag(name))


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Drop what differs from an earlier name only in case."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(name.casefold(), name)
    return tuple(first.values())
