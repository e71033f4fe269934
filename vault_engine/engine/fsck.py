"""Looking the journal, the revisions and the notes through, and mending what can be mended."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass

from vault_engine.engine.changing import writing
from vault_engine.engine.maintain import journal_problems
from vault_engine.engine.move import finish_moves, unfinished
from vault_engine.engine.purge import finish_purges, oldest_kept
from vault_engine.engine.results import Problem
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput, MemwellError
from vault_engine.journal.entry import Actor, Entry, Op
from vault_engine.journal.replay import standing
from vault_engine.journal.retention import kept, purged
from vault_engine.journal.store import Head
from vault_engine.vault.files import sha256_hex
from vault_engine.vault.store import ARCHIVE

_MAX_LISTED = 1000  # problems of one kind
_CUT_SHORT = "are cut short"  # at the end of a pack: by a crash, or another device's sync goes on


@dataclass(frozen=True)
class Verified:
    """How journal, revisions and notes fit together."""

    entries: int
    heads: tuple[str, ...]  # DEVICE:SEQ:HASH of each device's last entry: what to hold the journal against later
    damaged: tuple[Problem, ...]  # what is not as it was written, and can't be mended
    missing: tuple[Problem, ...]  # revisions that an entry names and that are not kept
    loose: tuple[Problem, ...]  # what a crash left open: the next write settles it, or `repair`
    differing: tuple[Problem, ...]  # notes that hold what no journal knows: the next write enters them
    data_was_read: bool

    @property
    def is_whole(self) -> bool:
        """Whether nothing was lost or changed behind the journal's back."""
        return not self.damaged and not self.missing


@dataclass(frozen=True)
class Repaired:
    """What was mended, in words, or would be."""

    done: tuple[str, ...]
    left: tuple[Problem, ...]


def verify(session: Session, *, read_data: bool = False, against: Sequence[str] = ()) -> Verified:
    """Check the chain of every device's journal; with ``read_data`` every revision and every note as well.

    Args:
        session: the open vault.
        read_data: read all revisions, and hold each note against the journal.
        against: heads noted earlier, ``DEVICE:SEQ:HASH``, that the journal must still hold.

    Raises:
        BadInput: a head is not of that form.
    """
    known_heads = [_head(text) for text in against]
    with session.guard:
        had_news = session.has_news
        session.refresh()
        session.has_news = had_news  # who only verifies lets nothing be entered, not even at the end
        session.known.catch_up()
        entries = session.journal.entries()
        damaged = journal_problems(session, known_heads)
        missing: list[Problem] = []
        differing: list[Problem] = []
        loose = _loose(session)
        if read_data:
            in_revisions = _revision_problems(session, entries)
            loose += [one for one in in_revisions if one.problem.endswith(_CUT_SHORT)]
            if still_kept := purged(entries).difference(session.known.current().values()) & session.revisions.names():
                loose.append(Problem("revisions", f"{len(still_kept)} that were purged are still kept"))
            damaged += [one for one in in_revisions if not one.problem.endswith(_CUT_SHORT)]
            missing = _missing(session, entries)
            differing = _differing(session)
        heads = tuple(str(head) for head in session.journal.heads())
        return Verified(
            len(entries),
            heads,
            tuple(damaged[:_MAX_LISTED]),
            tuple(missing[:_MAX_LISTED]),
            tuple(loose),
            tuple(differing[:_MAX_LISTED]),
            read_data,
        )


def repair(session: Session, *, dry_run: bool = False, actor: Actor | None = None) -> Repaired:
    """Settle what a crash left, finish moves it cut short, keep again what is missing and still to be had.

    Damage is never cut away: the journal goes on behind it. No note is written, but for links that a move left.

    Args:
        session: the open vault.
        dry_run: only say what would be done.
        actor: who asks for it, where that is not who opened the vault.

    Raises:
        VaultBusy, VaultDenied, StorageFailed: nothing, or nothing more, was done.
    """
    found = verify(session, read_data=True)
    if dry_run:
        would = [f"{problem.path}: {problem.problem}" for problem in (*found.loose, *found.differing)]
        would += [f"{path}: to be kept again" for path in _lost(session)]
        return Repaired(tuple(would), found.damaged + found.missing)
    known = {entry.id for entry in session.journal.entries()}
    with session.guard:
        with writing(session, actor):
            done = session.revisions.mend()
            done += _keep_again(session)
            done += finish_purges(session)
        rewritten, unfinished_moves = finish_moves(session, actor)
        done += [f"{path}: links follow the move that was cut short" for path in rewritten]
        after = verify(session, read_data=True)
        left = {*after.loose, *after.differing}
        settled = [f"{one.path}: {one.problem}" for one in (*found.loose, *found.differing) if one not in left]
        return Repaired(
            (*_recovered(session, known), *settled, *done), after.damaged + after.missing + unfinished_moves
        )


def _head(text: str) -> Head:
    device, _, rest = text.rpartition(":")[0].rpartition(":")
    h = text.rpartition(":")[2]
    if not device or not rest.isdecimal() or len(h) != len(sha256_hex(b"")):
        raise BadInput(f"{text!r} is no head of a journal: DEVICE:NUMBER:HASH, as `journal verify` shows it")
    return Head(device, int(rest), h)


def _revision_problems(session: Session, entries: Sequence[Entry]) -> list[Problem]:
    """List what is wrong with the revisions, twice: what another process was just writing is whole by then.

    A damaged one that no entry names was never announced: a crash came before its bytes were all on the disk.
    """
    found = session.revisions.verify()
    still = session.revisions.verify() if found else []
    named = {sha256 for entry in entries for sha256 in (entry.change.before, entry.change.after)} | {""}
    return [
        Problem(f"revisions/{one.file}:{one.offset}", one.problem)
        for one in still
        if one in found and one.sha256 in named
    ]


def _missing(session: Session, entries: Sequence[Entry]) -> list[Problem]:
    """List the revisions that entries name and that can't be had, but for those that were purged or pruned."""
    gone = purged(entries)
    since = oldest_kept(session)
    wanted = kept(entries, since=since, versions=session.config.keep_versions) if since else None
    named: dict[str, str] = {}
    for entry in standing(entries):
        for sha256 in (entry.change.before, entry.change.after):
            if sha256 and sha256 not in gone and (wanted is None or sha256 in wanted):
                named.setdefault(sha256, entry.change.path or f"entry {entry.id}")
    return [
        Problem(path, f"its revision {sha256[:8]} is not kept")
        for sha256, path in named.items()
        if sha256 not in session.revisions
    ]


def _differing(session: Session) -> list[Problem]:
    """List the notes that are not what the journal says."""
    known, records = session.known.current(), session.index.records
    found: list[Problem] = []
    for path in sorted(known.keys() | records.keys()):
        try:
            now = session.vault.revision_of(path)
        except MemwellError as error:
            found.append(Problem(path, str(error)))
            continue
        if now != known.get(path, ""):
            found.append(Problem(path, "was changed and is not in the journal yet" if now else "is gone"))
    return found


def _loose(session: Session) -> list[Problem]:
    """List what a crash left open."""
    tmp = session.vault.local_dir
    found = [Problem(str(file.relative_to(tmp.parent)), "left by a crash") for file in session.vault.temporaries()]
    unsettled = session.journal.unsettled() if session.is_named else []
    found += [Problem(entry.change.path, f"announced in entry {entry.id} and not settled") for entry in unsettled]
    found += [Problem(entry.change.path, "its links did not follow a move") for entry in unfinished(session)]
    return found


def _recovered(session: Session, known: Collection[str]) -> list[str]:
    """Say how the journal itself was mended since it held the entries known."""
    entries = session.journal.entries()
    return [entry.change.reason for entry in entries if entry.change.op is Op.RECOVERED and entry.id not in known]


def _lost(session: Session) -> dict[str, bytes]:
    """Give the notes, and those in the archive, whose revisions were lost: what they hold is what the journal says."""
    lost: dict[str, bytes] = {}
    for path, sha256 in session.known.current().items():
        with suppress(MemwellError):
            if sha256 not in session.revisions and session.vault.revision_of(path) == sha256:
                lost[path] = session.vault.read(path)
    named = {entry.change.before for entry in session.journal.entries() if entry.change.op is Op.ARCHIVE}
    for name in session.vault.archived():
        with suppress(MemwellError):
            data = session.vault.read_archived(name)
            if (sha256 := sha256_hex(data)) in named and sha256 not in session.revisions:
                lost[f"{ARCHIVE}/{name}"] = data
    return lost


def _keep_again(session: Session) -> list[str]:
    """Keep what notes hold that the journal names and the revisions have lost."""
    lost = _lost(session)
    session.revisions.put_many(lost.values())
    session.revisions.sync()
    return [f"{path}: kept again" for path in lost]
