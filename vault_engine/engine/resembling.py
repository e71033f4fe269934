"""Whether a new note says what another of its category says already, or the contrary."""

from collections.abc import Sequence
from dataclasses import dataclass

from vault_engine.engine.session import Session
from vault_engine.errors import MemwellError
from vault_engine.index.record import Record, decode
from vault_engine.lifecycle.contradict import Claim, Verdict, VerdictKind, claims, compare
from vault_engine.search.run import DEPRECATED
from vault_engine.search.similar import with_like_words
from vault_engine.vault.reach import Within

_LOOKED_AT = 3  # notes
COMPARED_CHARS = 2000  # of each note
ASKED_CHARS = 160  # of the new note: its first sentences say what it is about
MUCH_ALIKE = 0.7  # the share of words that both have, of the words of either


@dataclass(frozen=True)
class Alike:
    """A note that is much like a new one."""

    path: str
    similarity: float  # the share of words that both have, in [0, 1]
    verdict: Verdict

    def __str__(self) -> str:
        found = f"{self.path} is {self.similarity:.0%} alike"
        match self.verdict.kind:
            case VerdictKind.SAME:
                return f"{found} and says the same: update it by its key, or forget one of them"
            case VerdictKind.UPDATE | VerdictKind.CONTRADICTION:
                return f"{found} and disagrees ({self.verdict.why}): if this one holds now, supersede that one"
            case _:
                return found


def alike(session: Session, path: str, data: bytes, category: str, within: Within = None) -> list[Alike]:
    """Give the notes of a category that say the same as a new one, the contrary, or nearly all of its words.

    Args:
        session: the open vault, held; what was written here since the last look is looked at.
        path: of the new note.
        data: its bytes.
        category: whose notes are compared, without those below it.
        within: what who asks is confined to.
    """
    text = data.decode("utf-8", "replace")
    said = claims(text[:COMPARED_CHARS])
    asked = " ".join(claim.text for claim in said)[:ASKED_CHARS]
    if not asked.strip():
        return []
    session.look_at_told()
    found = []
    for other in with_like_words(session.index, asked, category, _LOOKED_AT, within):
        record = session.index.records[other]
        if other != path and record.category == category and record.status != DEPRECATED:
            found.append(_compared(session, said, record))
    return sorted(filter(None, found), key=lambda one: -one.similarity)


def _compared(session: Session, said: tuple[Claim, ...], other: Record) -> Alike | None:
    try:
        others = claims(decode(session.vault.read(other.path))[0][:COMPARED_CHARS])
    except MemwellError:  # it went away
        return None
    verdict = compare(others, said)
    similarity = similarity_of(said, others)
    is_notable = verdict.kind is VerdictKind.SAME or verdict.kind.is_conflict or similarity >= MUCH_ALIKE
    return Alike(other.path, similarity, verdict) if is_notable else None


def similarity_of(one: Sequence[Claim], other: Sequence[Claim]) -> float:
    """Give the share of words that two texts have in common, of the words of either, in [0, 1]."""
    first, second = ({word.stem for claim in said for word in claim.words} for said in (one, other))
    return round(len(first & second) / max(len(first | second), 1), 2)
