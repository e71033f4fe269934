"""Finding in a text what is worth keeping, and keeping it: one note for each thing."""

from collections.abc import Collection
from dataclasses import dataclass

from vault_engine.engine.bulk import NotRemembered, remember_many
from vault_engine.engine.memory import MAX_TEXT_BYTES, Memory
from vault_engine.engine.results import Remembered
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput
from vault_engine.journal.entry import Actor
from vault_engine.lifecycle.extract import Item, ItemKind, extract

# The folder that a kind of item goes into, where none is named.
CATEGORIES = {
    ItemKind.DECISION: "decisions",
    ItemKind.PREFERENCE: "preferences",
    ItemKind.EPISODE: "episodes",
    ItemKind.TEMPORAL_EVENT: "events",
    ItemKind.FACT: "facts",
}


@dataclass(frozen=True)
class Kept:
    """What became of one item."""

    action: str  # created, updated, unchanged; planned after a dry run; failed
    path: str | None
    problem: str | None = None  # why it did not become a note


@dataclass(frozen=True)
class Extracted:
    """What a text says."""

    items: tuple[Item, ...]
    notes: tuple[Kept, ...] = ()  # what became of each, where they were to be remembered


def extract_items(text: str, kinds: Collection[str] = ()) -> Extracted:
    """Give what a text says; needs no vault.

    Args:
        text: a note, a conversation, any text.
        kinds: what is wanted, by the names of `ItemKind`; none: everything.

    Raises:
        BadInput: the text is too long, or there is no such kind.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        raise BadInput(f"the text is longer than {MAX_TEXT_BYTES >> 20} MiB; split it")
    if unknown := set(kinds) - set(ItemKind):
        raise BadInput(f"there is no kind {min(unknown)!r} (there are {', '.join(ItemKind)})")
    return Extracted(extract(text, [ItemKind(kind) for kind in kinds] or tuple(ItemKind)))


def remember_extracted(
    session: Session,
    text: str,
    kinds: Collection[str] = (),
    *,
    category: str | None = None,
    source: str | None = None,
    dry_run: bool = False,
    actor: Actor | None = None,
) -> Extracted:
    """Make a note of each thing that a text says, with its kind as type and how sure the rule is as confidence.

    Args:
        session: the open vault.
        text: as `extract_items` takes it.
        kinds: likewise.
        category: the folder for all of them; without it each kind has its own.
        source: where the text comes from.
        dry_run: only say what would be kept.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        BadInput: as `extract_items`.
        VaultBusy, VaultDenied, StorageFailed: nothing was written.
    """
    found = extract_items(text, kinds)
    memories = [_memory(item, category or CATEGORIES[item.kind], source) for item in found.items]
    if dry_run:
        return Extracted(found.items, tuple(Kept("planned", f"{memory.category}/") for memory in memories))
    done = remember_many(session, memories, actor=actor)
    return Extracted(found.items, tuple(map(_kept, done.notes)))


def _memory(item: Item, category: str, source: str | None) -> Memory:
    text = f"---\nconfidence: {item.confidence}\n---\n{item.text}"
    return Memory(text, category=category, type=item.kind.value, source=source)


def _kept(one: Remembered | NotRemembered) -> Kept:
    if isinstance(one, NotRemembered):
        return Kept("failed", None, str(one.error))
    return Kept(one.action, one.path)
