"""Every exception Memwell raises on purpose.

    MemwellError
    ├── BadInput            an argument that can't be used as it is
    │   ├── BadName         a category, key, path or workspace that can't be had
    │   ├── NeedsConfirmation   a rename would change more files than the caller has agreed to
    │   ├── NotesVanished   so many notes are gone from one side of a sync that it is asked about
    │   └── NeedsYes        what would be done can't be taken back
    ├── ConfigBroken        config.toml or an environment variable can't be understood
    ├── VaultMissing        no vault where one was looked for
    ├── VaultDenied         the system refuses to read or write a file of the vault
    ├── VaultBusy           another process holds the vault's lock
    │   └── NoteOpen        another program has a note open for writing
    │       └── NoteInUse   somebody changed a page in Logseq a moment ago
    ├── StorageFailed       the disk is full or broken; the write did not happen
    │   └── NotConfirmed    the disk took the write and did not confirm it
    ├── NoteMissing         no note answers to that name
    ├── NoteAmbiguous       several notes answer to that name
    ├── NoteExists          a note is there which this call may not replace
    │   └── NameTaken       a path that a note should have belongs to another file
    ├── NoteChanged         the note on disk is not the revision the caller read
    │   └── CannotMerge     and what the caller wants changed was changed there too
    ├── EditRefused         an edit does not fit the note, or would risk other bytes of it
    ├── NoteDamaged         the note can't be edited without risking its bytes
    ├── EmbedderFailed      no vectors: the model is missing or its endpoint does not answer
    ├── RerankerFailed      hits could not be ranked again: the same, or it took too long
    ├── VersionMissing      the history of a note has no such version
    ├── EntryMissing        the journal has no such entry
    ├── ClientFileUnusable  a client's file of settings does not parse, or can't be changed safely
    │   └── ClientFileBusy  another program was writing it at that moment
    ├── NotAllowed          who asks may not do that
    ├── TokenMissing        there is no token of that name
    ├── CannotServe         a server can't listen as it was told to, or would be open to strangers
    ├── GitUnusable         git is missing, is no repository, or is in the middle of something
    ├── BucketUnusable      a bucket can't be reached, is not there, or refuses
    ├── BucketDamaged       an object of a bucket is missing, or not what its name says
    └── SyncBlocked         what another machine has can't be brought in

An exception carries facts. Its text says what happened and where; ``state`` says what state the data is in. The
next step differs between a terminal and an agent: each interface owns one table from the class to its advice, and
one from `Kind` to its exit code or status.
"""

from collections.abc import Sequence
from enum import StrEnum


class Kind(StrEnum):
    """What sort of failure it is, for the interfaces' tables."""

    FAILED = "failed"
    USAGE = "usage"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    LOCKED = "locked"
    DENIED = "denied"
    DAMAGED = "damaged"


class MemwellError(Exception):
    """Base of all; never raised itself."""

    kind = Kind.FAILED
    state = "Nothing was changed."


class BadInput(MemwellError):
    """An argument can't be used as it is."""

    kind = Kind.USAGE


class BadName(BadInput):
    """A category, key, path or workspace that some device or Obsidian could not hold, or that leads elsewhere."""

    def __init__(self, name: str, problem: str, what: str = "a note") -> None:
        self.name, self.problem = name, problem
        super().__init__(f"{name!r} can't name {what}: {problem}")


class NeedsConfirmation(BadInput):
    """A rename would change more files than it may without being told so; ``files`` says how many."""

    def __init__(self, old: str, new: str, files: int) -> None:
        self.old, self.new, self.files = old, new, files
        super().__init__(f"moving {old} to {new} changes {files} files")


class NotesVanished(BadInput):
    """Many notes are gone from one side since both held the same: deleted, or their drive is not there."""

    def __init__(self, where: str, gone: int, of: int) -> None:
        self.where, self.gone, self.of = where, gone, of
        super().__init__(f"{gone} of {of} notes are gone from {where} since both held the same")


class NeedsYes(BadInput):
    """A purge can't be taken back, and nobody has said that it is meant."""

    def __init__(self, path: str, revisions: int) -> None:
        self.path, self.revisions = path, revisions
        super().__init__(f"purging {path} erases it and {revisions} revisions for good")


class ConfigBroken(MemwellError):
    """A setting can't be understood."""

    kind = Kind.USAGE

    def __init__(self, where: str, problem: str) -> None:
        self.where, self.problem = where, problem
        super().__init__(f"{where}: {problem}")


class VaultMissing(MemwellError):
    """No vault where one was looked for."""

    kind = Kind.NOT_FOUND

    def __init__(self, where: str, problem: str = "is no Memwell vault (it has no .memwell folder)") -> None:
        self.where, self.problem = where, problem
        super().__init__(f"{where} {problem}")


class VaultDenied(MemwellError):
    """The system refuses to read or write a file of the vault."""

    kind = Kind.DENIED

    def __init__(self, where: str, reason: str) -> None:
        self.where, self.reason = where, reason
        super().__init__(f"{where}: {reason}")


class VaultBusy(MemwellError):
    """Another process has held the lock for too long."""

    kind = Kind.LOCKED

    def __init__(self, where: str, waited_s: float) -> None:
        self.where, self.waited_s = where, waited_s
        super().__init__(f"another process has been writing to {where} for more than {waited_s:g} s")


class NoteOpen(VaultBusy):
    """A program has held the note open for writing for too long: what it writes would be lost with the old file."""

    def __init__(self, path: str) -> None:
        self.path = path
        MemwellError.__init__(self, f"another program has {path} open for writing")


class NoteInUse(NoteOpen):
    """Somebody has changed a page a moment ago: the program that holds it in memory would write over a change."""

    def __init__(self, path: str, rests_s: float) -> None:
        self.path, self.rests_s = path, rests_s
        MemwellError.__init__(self, f"somebody is writing in {path}: it was changed a moment ago")


class StorageFailed(MemwellError):
    """The disk is full or broken. The note is as it was before the call."""

    def __init__(self, where: str, reason: str) -> None:
        self.where, self.reason = where, reason
        super().__init__(f"could not write {where}: {reason}")


class NotConfirmed(StorageFailed):
    """The note is written and in the journal, but the disk did not confirm that it would survive a power failure."""

    state = "The change was made, but may be undone if the power fails."


class NoteMissing(MemwellError):
    """No note answers to that path, id or name; ``near`` lists those with a similar name."""

    kind = Kind.NOT_FOUND

    def __init__(self, ref: str, near: Sequence[str] = (), *, where: str = "the vault") -> None:
        self.ref, self.near, self.where = ref, tuple(near), where
        similar = f" (similar: {', '.join(near)})" if near else ""
        super().__init__(f"no note {ref!r} in {where}{similar}")


class NoteAmbiguous(MemwellError):
    """Several notes answer to that name; ``paths`` lists them."""

    kind = Kind.CONFLICT

    def __init__(self, ref: str, paths: Sequence[str]) -> None:
        self.ref, self.paths = ref, tuple(paths)
        super().__init__(f"{ref!r} names {len(paths)} notes: {', '.join(paths)}")


class NoteExists(MemwellError):
    """A note is there which this call may not replace."""

    kind = Kind.CONFLICT

    def __init__(self, path: str, found: str, why: str) -> None:
        self.path, self.found = path, found
        super().__init__(f"{path} exists already and {why} (now {found[:8]})")


class NameTaken(NoteExists):
    """Another file has the path that a note should have, or one that some device takes for the same."""

    def __init__(self, path: str, why: str) -> None:
        self.path, self.found = path, ""
        MemwellError.__init__(self, f"the name {path} is taken: {why}")


class NoteChanged(MemwellError):
    """The note on disk is not the revision the caller knows. ``expected`` is "" if it should not exist.

    ``text`` is the note as it is now, where it could be read.
    """

    kind = Kind.CONFLICT
    text: str | None = None

    def __init__(self, path: str, expected: str, found: str) -> None:
        self.path, self.expected, self.found = path, expected, found
        before = expected[:8] or "absent"
        super().__init__(f"{path} changed since you read it ({before}, now {found[:8] or 'absent'})")


class CannotMerge(NoteChanged):
    """Both the caller and somebody else changed the same lines; ``lines`` says where they stood before either did."""

    def __init__(self, path: str, expected: str, found: str, lines: Sequence[int]) -> None:
        super().__init__(path, expected, found)
        self.lines = tuple(lines)
        shown = ", ".join(map(str, self.lines[:5])) + (" and others" if len(self.lines) > 5 else "")
        self.args = (f"{path} changed since you read it, in the same place as your change (line {shown})",)


class EditRefused(MemwellError):
    """An edit does not fit the note as it is, or can't be made without risking bytes nobody asked to change."""

    kind = Kind.CONFLICT

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} was not edited: {reason}")


class NoteDamaged(MemwellError):
    """The note can't be edited without risking its bytes: not UTF-8, broken YAML and the like."""

    kind = Kind.DAMAGED

    def __init__(self, path: str, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path}: {problem}")


class EmbedderFailed(MemwellError):
    """No vectors can be made. Keyword search goes on without them."""

    state = "Notes and keyword search are not affected."

    def __init__(self, embedder: str, reason: str) -> None:
        self.embedder, self.reason = embedder, reason
        super().__init__(f"embedder {embedder!r}: {reason}")


class RerankerFailed(MemwellError):
    """Hits can't be ranked again. They stay in the order they were in."""

    state = "The order of the search itself is kept."

    def __init__(self, reranker: str, reason: str) -> None:
        self.reranker, self.reason = reranker, reason
        super().__init__(f"reranker {reranker!r}: {reason}")


class JudgeFailed(MemwellError):
    """The model that is to judge contradictions can't be asked. The rules judge alone."""

    state = "What the rules say is kept."

    def __init__(self, judge: str, reason: str) -> None:
        self.judge, self.reason = judge, reason
        super().__init__(f"judge of contradictions {judge!r}: {reason}")


class VersionMissing(MemwellError):
    """The history of a note has no such version."""

    kind = Kind.NOT_FOUND

    def __init__(self, path: str, named: str, why: str) -> None:
        self.path, self.named = path, named
        super().__init__(f"{path} has no version {named!r}: {why}")


class EntryMissing(MemwellError):
    """The journal has no such entry."""

    kind = Kind.NOT_FOUND

    def __init__(self, named: str) -> None:
        self.named = named
        super().__init__(f"the journal has no entry {named!r}")


class ClientFileUnusable(MemwellError):
    """A client's file of settings does not parse, or can't be changed without touching what is not ours."""

    kind = Kind.DAMAGED

    def __init__(self, path: str, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path} was not changed: {problem}")


class ClientFileBusy(ClientFileUnusable):
    """Another program was writing a client's file at that moment."""

    kind = Kind.LOCKED

    def __init__(self, path: str) -> None:
        super().__init__(path, "another program was writing it at that moment")


class NotAllowed(MemwellError):
    """Who asks may not do that: its token is for less."""

    kind = Kind.DENIED

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class TokenMissing(MemwellError):
    """There is no token of that name."""

    kind = Kind.NOT_FOUND

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there is no token {name!r}")


class CannotServe(MemwellError):
    """A server can't listen where it was told to, or would be open to strangers there. It has not started."""

    def __init__(self, where: str, reason: str) -> None:
        self.where, self.reason = where, reason
        super().__init__(f"can't serve at {where}: {reason}")


class GitUnusable(MemwellError):
    """Git is missing, is no repository here, or is in the middle of something: nothing is committed now."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"git: {reason}")


class BucketUnusable(MemwellError):
    """A bucket can't be reached, is not there, refuses, or holds what this version can't read."""

    state = "Nothing was lost, here or there; what was sent already is not sent again."

    def __init__(self, address: str, reason: str) -> None:
        self.address, self.reason = address, reason
        super().__init__(f"{address}: {reason}")


class BucketDamaged(MemwellError):
    """An object of a bucket is missing, or does not hold what its name says. Nothing of it was brought in."""

    kind = Kind.DAMAGED

    def __init__(self, address: str, key: str, problem: str) -> None:
        self.address, self.key, self.problem = address, key, problem
        super().__init__(f"{address}: the object {key} {problem}")


class SyncBlocked(MemwellError):
    """What another machine has can't be brought in; ``paths`` says at which files that lies."""

    kind = Kind.CONFLICT
    state = "What was here stays as it is."

    def __init__(self, reason: str, paths: Sequence[str] = ()) -> None:
        self.reason, self.paths = reason, tuple(paths)
        shown = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
        super().__init__(f"{reason}: {shown}" if paths else reason)
