"""The links of a note as a Logseq page has them, and back. Pure.

``[[b|label]]`` is ``[label]([[folder/b]])`` there: the page's whole name, for Logseq knows no other. A part of a note
that a link goes to has no name in Logseq; the label keeps it. Links that mean no note stay as they are.
"""

from collections.abc import Mapping
from typing import Protocol

from vault_engine.note import Link, LinkKind, parse
from vault_engine.note.logseq.page import read_page

_UNFIT_LABEL = frozenset("[]\n\r")
_UNFIT_ALIAS = frozenset("[]|\n\r")


class Names(Protocol):
    """Says which pages and notes links mean, seen from one note."""

    def page_of(self, link: Link) -> str | None:
        """Give the name of the page that is the note a link means; None if it means none."""

    def target_of(self, name: str) -> str | None:
        """Give what a link must say so that it means the note that is the page of a name; None if there is none."""


def page_links(text: str, names: Names) -> tuple[str, Mapping[str, str]]:
    """Rewrite the links in the body of a note for Logseq.

    Returns:
        The text, whose lines are those of the note; and what each rewritten link was, by what it is now.
    """
    pieces: list[str] = []
    were: dict[str, str] = {}
    at = 0
    for link in parse(text).links:
        if link.start < at or link.kind not in (LinkKind.WIKI, LinkKind.MARKDOWN):
            continue
        now, was = _page_link(link, names.page_of(link)), text[link.start : link.end]
        if now is None or was.count("\n") != now.count("\n"):
            continue
        were.setdefault(now, was)
        pieces += [text[at : link.start], now]
        at = link.end
    return "".join([*pieces, text[at:]]), were


def note_links(content: str, were: Mapping[str, str], names: Names) -> str:
    """Rewrite the links in a block of a page for a note.

    Args:
        content: what the block says.
        were: what links were in the note, by what they are in the page.
        names: which notes links mean.
    """
    if "[[" not in content:
        return content
    pieces: list[str] = []
    at = 0
    for link in read_page(f"- {content}").links:
        start, end = link.start - 2, link.end - 2
        if link.kind is not LinkKind.WIKI or start < at:
            continue
        now = content[start:end]
        pieces += [content[at:start], were.get(now) or _note_link(link, now, names.target_of(link.target))]
        at = end
    return "".join([*pieces, content[at:]])


def property_link(link: Link, names: Names) -> str:
    """Write a link that is the value of a property for Logseq."""
    return _page_link(link, names.page_of(link)) or f"[[{link.target}]]"


def _page_link(link: Link, page: str | None) -> str | None:
    """Write a link for Logseq; None if it is to stay as it is."""
    if page is None and (link.kind is not LinkKind.WIKI or link.embed or not (link.alias or link.subpath)):
        return None
    name = page or link.target
    if "[[" in name or "]]" in name or not name.strip():
        return None
    if link.embed:
        return f"{{{{embed [[{name}]]}}}}"
    label = link.alias or (f"{link.target}{link.subpath}" if link.subpath else "")
    if not label and link.kind is LinkKind.MARKDOWN:
        label = name
    return f"[[{name}]]" if not label or _UNFIT_LABEL & set(label) else f"[{label}]([[{name}]])"


def _note_link(link: Link, written: str, target: str | None) -> str:
    """Write a link of a page for a note."""
    name = target or link.target
    if link.embed:
        return f"![[{name}]]" if link.alias is None else written
    if link.alias:
        return written if _UNFIT_ALIAS & set(link.alias) else f"[[{name}|{link.alias}]]"
    return f"[[{name}]]" if target else written
