"""Keeping what somebody corrected, in a form that says what was wrong, what is right, and when it matters."""

from vault_engine.engine.memory import MAX_FIELD_CHARS, Memory
from vault_engine.engine.results import Remembered
from vault_engine.engine.session import Session
from vault_engine.engine.write import remember
from vault_engine.errors import BadInput
from vault_engine.journal.entry import Actor

CATEGORY, TYPE = "corrections", "correction"
_MAX_CHARS = 20_000
_TITLE_CHARS = 80


def correct(
    session: Session,
    wrong: str,
    right: str,
    context: str = "",
    *,
    tags: tuple[str, ...] = (),
    category: str | None = None,
    source: str | None = None,
    actor: Actor | None = None,
) -> Remembered:
    """Make a note of a correction: of type ``correction``, fully certain, thought of when its context comes up.

    Args:
        session: the open vault.
        wrong: what was said or done.
        right: what is right instead.
        context: in which task or situation that matters.
        tags: for the note.
        category: of the note; without it ``corrections``.
        source: where the correction comes from.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        BadInput: one of the texts is missing or too long.
        VaultBusy, VaultDenied, StorageFailed: nothing was written.
    """
    for name, text in (("what was wrong", wrong), ("what is right", right)):
        if not text.strip():
            raise BadInput(f"a correction needs to say {name}")
    if len(wrong) + len(right) + len(context) > _MAX_CHARS:
        raise BadInput(f"a correction has at most {_MAX_CHARS:,} characters")
    parts = [("Wrong", wrong), ("Right", right), ("Context", context)]
    body = "\n\n".join(f"## {name}\n\n{text.strip()}" for name, text in parts if text.strip())
    situation = " ".join(context.split())[:MAX_FIELD_CHARS]
    memory = Memory(
        f"---\nconfidence: 1.0\n---\n{body}",
        category=category or CATEGORY,
        title=" ".join(right.split())[:_TITLE_CHARS],
        type=TYPE,
        tags=tags,
        recall_when=(situation,) if situation else (),
        source=source,
        on_similar="off",
    )
    return remember(session, memory, actor)
