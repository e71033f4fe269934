"""Their names and bodies in our notes, and back. Pure: nothing here reads a file or a clock.

A category and key become a path, so marks that no file name can hold are written as ``%3A`` is for ``:``. A body that
is JSON becomes Markdown: its text is what stands in the note, and the property `BODY` is the same JSON without it.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from vault_engine.errors import BadInput

BODY = "body_json"  # the property: the JSON around the text of a note
TEXTS = ("content", "text", "body", "summary", "value", "description")  # what may be the text, the foremost first
LAYERS = {  # that may be asked for, with the tier that states it
    "buffer": "episodic",
    "episodic": "episodic",
    "working": "semantic",
    "semantic": "semantic",
    "core": "core",
    "world": "core",
}
_LAYER_OF = {
    **dict.fromkeys(("working", "episodic", "buffer"), "buffer"),
    **dict.fromkeys(("semantic", "procedural", "procedure"), "working"),
    **dict.fromkeys(("core", "world"), "core"),
}

_NO_NAME = re.compile(r'[\\/:*?"<>|#^\[\]]|%(?=[0-9A-Fa-f]{2})|\A\.|\.\Z')
_NO_TAG = re.compile(r"[^\w/-]+")
_LINKS = "## Links"
_FENCED = re.compile(r"(?P<fence>`{3,})json\n(?P<inside>.*)\n(?P=fence)\Z", re.DOTALL)
_BLANK = re.compile(r"[ \t\n\r]*")
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0d-\x1f\x7f-\x9f\ud800-\udfff]")


class Written(NamedTuple):
    """A body of theirs as a note has it."""

    text: str
    template: str | None  # for the property; None: it is all in the text


def as_key(name: str) -> str:
    """Write a key of theirs as a file may be called."""
    return _NO_NAME.sub(lambda mark: f"%{ord(mark[0]):02X}", name.strip())


def as_category(name: str) -> str:
    """Write a category of theirs as folders may be called; ``/`` is one below another."""
    return "/".join(map(as_key, name.strip().strip("/").split("/")))


def as_theirs(name: str) -> str:
    """Read a category or key back."""
    return unquote(name)


def as_tag(tag: str) -> str:
    """Write a tag as Markdown has it: other marks become ``-``, a number gets ``_`` before it; "" for none."""
    cleaned = _NO_TAG.sub("-", tag.strip().removeprefix("#")).strip("-/")
    return f"_{cleaned}" if cleaned.isdigit() else cleaned


def as_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Write tags of theirs as tags of Markdown, each once."""
    return tuple(dict.fromkeys(filter(None, map(as_tag, tags))))


def changed_tags(tags: Sequence[str]) -> list[str]:
    """Say which tags are written otherwise than they were given."""
    pairs = [(tag, as_tag(tag)) for tag in tags]
    return [f"the tag {tag!r} is written {now!r}" for tag, now in pairs if now and now != tag] + [
        f"{tag!r} can't be a tag" for tag, now in pairs if not now
    ]


def layer_of(tier: object) -> str:
    """Give the layer that a tier of ours is; a note without one is in the buffer."""
    return _LAYER_OF.get(tier.strip().casefold(), "buffer") if isinstance(tier, str) else "buffer"


def split_links(body: str) -> tuple[str, str]:
    """Part a text from the section of links at its end, which an agent's new text does not concern; "" for none."""
    head, mark, rest = body.rpartition(_LINKS)
    is_section = mark and (not head or head.endswith("\n")) and rest[:1] in ("", "\n")
    if not is_section or any(line.strip() and not line.startswith(("- [[", "* [[")) for line in rest.split("\n")):
        return body, ""
    return head.rstrip("\n"), f"{mark}{rest.rstrip()}"


def with_links(text: str, links: str) -> str:
    """Put them together again."""
    return f"{text}\n\n{links}" if links else text


def write_body(raw: str) -> Written:
    """Make of a JSON text what a note says.

    The foremost of `TEXTS` that an object has as a text is the note's text, as is a JSON string; anything else is a
    block of code.

    Raises:
        BadInput: it is not JSON.
    """
    try:
        json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadInput(f'body_json is not JSON ({error}): an object such as {{"content": "…"}}') from None
    at = _text_at(raw)
    if at is None or not _is_plain(text := json.loads(raw[at])):
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", raw)), default=0))
        return Written(f"{fence}json\n{raw}\n{fence}", None)
    emptied = f'{raw[: at.start]}""{raw[at.stop :]}'
    fitting = (one for one in (None, emptied) if read_body(text, one) == raw)
    return Written(text, next(fitting, raw))


def read_body(text: str, template: object) -> str:
    """Give the JSON text of a note: what was written, with what the note says now."""
    if isinstance(template, str) and _is_json(template) and (at := _text_at(template)) is not None:
        if json.loads(template[at]) == text:
            return template
        return f"{template[: at.start]}{json.dumps(text, ensure_ascii=False)}{template[at.stop :]}"
    fenced = _FENCED.fullmatch(text)
    if fenced and _is_json(fenced["inside"]):
        return fenced["inside"]
    return json.dumps({TEXTS[0]: text}, ensure_ascii=False)


def shown(raw: str) -> dict[str, Any]:
    """Give what of a body stands at the top of an item: its ``content`` and ``summary``."""
    body = json.loads(raw)
    if not isinstance(body, dict):
        return {"content": body}
    return {name: body[name] for name in ("content", "summary") if name in body}


def _is_json(raw: str) -> bool:
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return True


def _text_at(raw: str) -> slice | None:
    """Find the literal of the text in JSON that parses; None where it has none."""
    start = _past_blanks(raw, 0)
    if raw[start] == '"':
        return slice(start, len(raw.rstrip(" \t\n\r")))
    if raw[start] != "{":
        return None
    members = _members(raw, start + 1)
    texts = (members[name] for name in TEXTS if name in members)
    return next((one for one in texts if raw[one.start] == '"'), None)


def _members(raw: str, at: int) -> dict[str, slice]:
    """Say where the values of an object stand; ``at`` is behind its brace."""
    decoder, found = json.JSONDecoder(), dict[str, slice]()
    at = _past_blanks(raw, at)
    while raw[at] != "}":
        name, at = decoder.raw_decode(raw, at)
        start = _past_blanks(raw, _past_blanks(raw, at) + 1)
        _, at = decoder.raw_decode(raw, start)
        found[name] = slice(start, at)
        at = _past_blanks(raw, at)
        if raw[at] == ",":
            at = _past_blanks(raw, at + 1)
    return found


def _past_blanks(raw: str, at: int) -> int:
    found = _BLANK.match(raw, at)
    return found.end() if found else at


def _is_plain(text: str) -> bool:
    """Say whether a note can hold a text as it is."""
    return (
        bool(text.strip())
        and text == text.strip("\n")
        and not text.startswith(("---", "\ufeff", "```"))
        and not _UNFIT.search(text)
        and split_links(text) == (text, "")
    )
