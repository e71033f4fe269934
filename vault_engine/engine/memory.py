"""What is to be remembered, checked, and the note text it becomes. Reads no file and no clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import vault_engine.note as notes
from vault_engine.engine.marked import END, without_contexts
from vault_engine.errors import BadInput, NoteDamaged
from vault_engine.note import FrontmatterState, to_key
from vault_engine.search.query import UNTRUSTED
from vault_engine.vault.paths import clean_name, note_path
from vault_engine.vault.reach import Reach, Within, below_workspace, workspace_of

DEFAULT_CATEGORY = "notes"
MAX_TEXT_BYTES = 1 << 20
MAX_FIELD_CHARS = 500
MAX_LIST_ITEMS = 50

# The order in which a new note of ours holds its properties; what the text brought along comes after.
PROPERTY_ORDER = (
    "id",
    "type",
    "category",
    "key",
    "importance",
    "pinned",
    "created",
    "updated",
    "recall_when",
    "source",
    "trust",
    "agent",
    "tags",
)


_UNFIT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, half surrogates
_FIT = re.compile(r"[\t\n\x0c\r -~]*+")  # what is nearly all of nearly every text

OnSimilar = Literal["off", "hint", "supersede"]
"""Nothing; a hint that names the note; or put the new note in the place of the one that it contradicts."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_NEVER_BROUGHT = ("id", "category", "key", "updated")


@dataclass(frozen=True, slots=True)
class Memory:
    """Something to remember. A text that begins with frontmatter brings its properties along.

    Same category and key means the same note of a workspace, or of none: it is updated. Without a key, one is made
    from the title or the text, and never one that another note has.
    """

    text: str
    category: str | None = None
    key: str | None = None
    title: str | None = None
    type: str | None = None
    tags: tuple[str, ...] = ()
    importance: float | None = None  # in [0, 1]
    pinned: bool | None = None
    recall_when: tuple[str, ...] = ()
    source: str | None = None
    trust: str | None = None  # how far it is to be trusted: ``untrusted`` for what anybody may have written
    expected: str | None = None  # the SHA-256 the caller read; "" for a note that must not exist yet
    merge: bool = False  # if the note has changed since the revision expected, merge the two
    on_similar: OnSimilar = "off"  # what is done where a note of the category says the same, or the contrary
    id: str | None = None  # of a note that is made; None: a new one
    properties: Mapping[str, Any] = field(default_factory=dict)  # others that it is to state: texts, numbers, lists


@dataclass(frozen=True, slots=True)
class Draft:
    """A memory after all checks: where it goes, what it says."""

    category: str
    key: str
    key_is_given: bool
    body: str
    properties: Mapping[str, Any] = field(default_factory=dict)  # only what the caller stated
    home: str | None = None  # the folder of its workspace; None: it is for no workspace
    id: str | None = None  # where the caller has one for a new note

    @property
    def path(self) -> str:
        """Where its note goes. Raises BadName: its category or key is no name."""
        return note_path(f"{self.home}/{self.category}" if self.home else self.category, self.key)


def draft(memory: Memory, within: Within = None) -> Draft:
    """Check a memory and complete its category and key.

    Args:
        memory: what is to be remembered.
        within: what may be reached: a folder, which is the category where none is given; or a workspace, in which the
            category is.

    Raises:
        BadInput: it is empty, too long, not text, or a field is out of its range.
    """
    _check(memory)
    text = without_contexts(memory.text.removeprefix("\ufeff"))
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    head = notes.read_frontmatter(text)
    brought: dict[str, Any] = {}
    if head.state in (FrontmatterState.OK, FrontmatterState.EMPTY):
        brought, text = dict(head.properties), text[head.body_start :]
    body = _body(text, memory.title)
    if not body.strip():
        said = "there is no text below the frontmatter"
        raise BadInput(said if END not in memory.text else "there is no text but what a context said")
    stated = {
        "type": memory.type,
        "importance": memory.importance,
        "pinned": memory.pinned,
        "recall_when": list(memory.recall_when) or None,
        "source": memory.source,
        "trust": memory.trust,
        "tags": [tag.removeprefix("#") for tag in memory.tags] or None,
    }
    properties = brought | dict(memory.properties) | {name: one for name, one in stated.items() if one is not None}
    if memory.on_similar == "supersede" and str(properties.get("trust")).casefold() == UNTRUSTED:
        raise BadInput("what is untrusted takes the place of no other note by itself")
    key = _text(properties.get("key")) if memory.key is None else memory.key
    category = memory.category
    if category is None:
        category = _text(properties.get("category")) or _default_category(within)
    home, category = home_of(clean_name(category).rstrip("/"), within)
    return Draft(
        category=category,
        key=clean_name(to_key(memory.title or body) if key is None else key),
        key_is_given=key is not None,
        body=body,
        properties={name: value for name, value in properties.items() if name not in _NEVER_BROUGHT},
        home=home,
        id=memory.id,
    )


def _default_category(within: Within) -> str:
    folder = within.folder if isinstance(within, Reach) else within
    return folder or DEFAULT_CATEGORY


def home_of(category: str, within: Within) -> tuple[str | None, str]:
    """Split a category, which may name a folder of a workspace, into the workspace's folder and the category there.

    The folder is None where it is for no workspace.
    """
    inside = f"{category}/"
    if workspace_of(inside):
        rest = below_workspace(inside).rstrip("/")
        return (category.removesuffix(f"/{rest}"), rest) if rest else (category, DEFAULT_CATEGORY)
    return within.home if isinstance(within, Reach) else None, category


def new_text(draft: Draft, *, id: str, moment: str, agent: str | None) -> str:
    """Write the note a draft becomes."""
    stated = {
        **draft.properties,
        "id": id,
        "category": draft.category,
        "key": draft.key,
        "created": draft.properties.get("created", moment),
        "updated": moment,
        "agent": agent,
    }
    properties = {name: stated[name] for name in PROPERTY_ORDER if name in stated}
    properties.update(stated)  # what is there keeps its place
    return notes.render(properties, draft.body)


def updated_text(path: str, old: str, draft: Draft, *, moment: str) -> str:
    """Write the note again with a draft's body and the properties it states; everything else stays as it is.

    Returns:
        ``old`` itself when the draft says nothing new.

    Raises:
        NoteDamaged: the note can't be edited without risking bytes that nobody asked to change.
    """
    text = notes.replace_body(old, draft.body).text
    stated = {name: value for name, value in draft.properties.items() if name != "created"}
    current = notes.read_head(text)[0].properties if stated else {}
    changes = {name: value for name, value in stated.items() if current.get(name) != value}
    if text == old and not changes:
        return old
    changes["updated"] = moment
    result = notes.set_properties(
        text, {name: notes.DELETED if value is None else value for name, value in changes.items()}
    )
    if isinstance(result, notes.Refused):
        raise NoteDamaged(path, f"its properties can't be changed safely: {result.reason}")
    assert isinstance(result, notes.Edited)
    return result.text


def _check(memory: Memory) -> None:
    if not memory.text or memory.text.isspace():
        raise BadInput("there is no text to remember")
    size = len(memory.text) if memory.text.isascii() else len(memory.text.encode("utf-8", "surrogatepass"))
    if size > MAX_TEXT_BYTES:
        raise BadInput(
            f"the text has {size / 1e6:.1f} MB, more than the {MAX_TEXT_BYTES >> 20} MiB of one note; split it"
        )
    if bad := _unfit(memory.text):
        raise BadInput(f"the text holds the character U+{ord(bad[0]):04X}, which no text has")
    if memory.on_similar not in get_args(OnSimilar):
        raise BadInput(f"on_similar is one of {', '.join(get_args(OnSimilar))}, not {memory.on_similar!r}")
    if memory.merge and not memory.expected:
        raise BadInput("a merge needs the revision that was read, as `expected`")
    if memory.id is not None and not _ID.fullmatch(memory.id):
        raise BadInput(f"{memory.id[:80]!r} is no id: up to 80 letters, digits, '-' and '_'")
    if memory.importance is not None and not 0 <= memory.importance <= 1:
        raise BadInput(f"importance {memory.importance:g} is not between 0 and 1")
    lines = {"title": memory.title, "type": memory.type, "source": memory.source, "trust": memory.trust}
    for name, value in lines.items():
        if value is not None:
            _check_field(name, (value,))
    _check_field("tags", memory.tags)
    _check_field("recall_when", memory.recall_when)
    if bad_tag := next((tag for tag in memory.tags if not notes.is_tag(tag.removeprefix("#"))), None):
        raise BadInput(f"{bad_tag!r} is no tag: letters, digits, '_', '-' and '/', and not digits alone")


def _unfit(text: str) -> re.Match[str] | None:
    """Find what no text has, None if there is nothing."""
    return _UNFIT.search(text, fit.end()) if (fit := _FIT.match(text)) and fit.end() < len(text) else None


def _check_field(name: str, values: tuple[str, ...]) -> None:
    if len(values) > MAX_LIST_ITEMS:
        raise BadInput(f"{name} has {len(values)} items, more than {MAX_LIST_ITEMS}")
    for value in values:
        if not value.strip() or len(value) > MAX_FIELD_CHARS or _unfit(value) or "\n" in value:
            raise BadInput(f"{name} must be one line of 1 to {MAX_FIELD_CHARS} characters, not {value[:60]!r}")


def _body(text: str, title: str | None) -> str:
    body = text.strip("\n")
    if title and not body.lstrip().startswith("# "):
        return f"# {title.strip()}\n\n{body}"
    return body


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
