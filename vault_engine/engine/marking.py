"""What somebody says of a note with one word: that it is to be at hand, was checked, matters. Each is a property."""

from vault_engine.engine.edit import edit
from vault_engine.engine.results import Changed
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput
from vault_engine.journal.entry import Actor
from vault_engine.note.change import Edit, SetProperty, UnsetProperty
from vault_engine.vault.reach import Within


def pin(
    session: Session, ref: str, *, pinned: bool = True, actor: Actor | None = None, within: Within = None
) -> Changed:
    """Have a note at hand always, or no more: every context begins with it, it does not fade and is never swept.

    Raises as `edit.edit` does.
    """
    edits: list[Edit] = [SetProperty("pinned", True)]
    if not pinned:
        edits = [UnsetProperty("pinned"), UnsetProperty("always_on")]
    return edit(session, ref, edits, actor=actor, within=within, reason="pin" if pinned else "unpin")


def verify_note(
    session: Session, ref: str, *, verified: bool = True, actor: Actor | None = None, within: Within = None
) -> Changed:
    """Say that somebody has checked a note, or that nobody has: it does not fade to nothing and is never swept.

    Raises as `edit.edit` does.
    """
    word = SetProperty("verified", True) if verified else UnsetProperty("verified")
    return edit(session, ref, [word], actor=actor, within=within, reason="verify" if verified else "not verified")


def score(
    session: Session,
    ref: str,
    *,
    importance: float | None = None,
    confidence: float | None = None,
    actor: Actor | None = None,
    within: Within = None,
) -> Changed:
    """Say how much a note matters, and how sure it is.

    Raises as `edit.edit` does, and BadInput: neither is given, or one is not between 0 and 1.
    """
    given = {"importance": importance, "confidence": confidence}
    stated = {name: value for name, value in given.items() if value is not None}
    for name, value in stated.items():
        if not 0 <= value <= 1:
            raise BadInput(f"{name} {value:g} is not between 0 and 1")
    edits = [SetProperty(name, value) for name, value in stated.items()]
    return edit(session, ref, edits, actor=actor, within=within, reason="score")
