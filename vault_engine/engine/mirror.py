"""Keeping a vault and a folder in step, both ways, without losing a line. See `sync.plan` for what is done when.

The vault's notes change through the journal, in the name of somebody at the folder; the folder's notes are written as
those of a vault are. What both held last is remembered after that: a run cut short anywhere is carried on by the next.
"""

import threading
import time
from collections.abc import Callable, Container
from contextlib import nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain, repeat
from pathlib import Path

from vault_engine.engine.changing import writing
from vault_engine.engine.mirror_export import Export
from vault_engine.engine.mirror_form import MirrorForm, WithLinks
from vault_engine.engine.mirror_inplace import InPlace
from vault_engine.engine.mirror_links import prefix_for
from vault_engine.engine.mirror_logseq import AsPages
from vault_engine.engine.mirror_run import Run
from vault_engine.engine.mirror_select import selected
from vault_engine.engine.mirror_shown import Shown
from vault_engine.engine.mirrored import Mirrored
from vault_engine.engine.session import Session
from vault_engine.errors import BadInput, MemwellError, NotesVanished, VaultMissing
from vault_engine.journal.entry import Actor
from vault_engine.note import Profile
from vault_engine.sync.folder import Folder
from vault_engine.sync.logseq_paths import PagePaths, daily_folder
from vault_engine.sync.mounts import why_poll
from vault_engine.sync.plan import Side
from vault_engine.sync.shown import Extra
from vault_engine.sync.state import State
from vault_engine.sync.watch import Hint, Watcher
from vault_engine.vault.files import explained, make_folder
from vault_engine.vault.habits import read_daily_folder, read_graph, read_logseq_config_text

INTERVAL_S = 2.0
_FIRST_LOOKS_S = (0.0, 1.0, 5.0)  # a watcher takes a moment to begin, and tells nothing of what was before
_LOOK_S = 60.0  # look this often where nothing is told: some file systems tell nothing
_POLL_S = 0.2


class Format(StrEnum):
    """For which program a folder's notes are written."""

    OBSIDIAN = "obsidian"
    LOGSEQ = "logseq"
    NOTION = "notion"  # one way only


@dataclass(frozen=True, slots=True)
class MirrorTerms:
    """How a vault and a folder are kept in step."""

    format: Format = Format.OBSIDIAN
    select: tuple[str, ...] = ()  # see `mirror_select.selected`
    one_way: bool = False  # only from the vault to the folder, and over nothing that a person did there
    dry_run: bool = False
    yes: bool = False  # take notes that are gone for deleted, however many
    extras: frozenset[Extra] = frozenset()  # what the folder's notes show that those of the vault do not say


def mirror(session: Session, target: Path, terms: MirrorTerms, actor: Actor | None = None) -> Mirrored:
    """Bring the vault and a folder together.

    With the vault itself as the folder, only what is added to notes elsewhere, links and ``terms.extras``, is written
    into its own.

    Raises:
        BadInput: the folder lies in the vault, or the vault in it; a selection can't be read; pages of Logseq can't
            show extras.
        NotesVanished: more than a fifth of the notes is gone from one side. Nothing was changed.
        VaultMissing: the folder was there the last time and is not now.
        VaultBusy, VaultDenied, StorageFailed: nothing was changed, or not all.
    """
    root = resolved(session, target)
    if terms.format is Format.NOTION and root == session.config.root:
        raise BadInput("the vault itself is not written for Notion: name another folder")
    if terms.format is Format.LOGSEQ and root == session.config.root:
        raise BadInput("the vault itself is not written for Logseq: name another folder")
    with session.guard:
        session.refresh()
        _check_extras(session, terms)
        wanted = selected(session, terms.select)
        state = State(session.vault.local_dir, root, terms.format)
        if root == session.config.root:
            in_place = InPlace(session, state, wanted, Shown(session, terms.extras))
            in_place.carry_out(actor, dry_run=terms.dry_run)
            run: InPlace | Export | Run = in_place
        else:
            _check_there(root, is_first=not state.is_kept, dry_run=terms.dry_run)
            folder = Folder(root)
            with nullcontext() if terms.dry_run else folder.held():  # before what both held last is read
                run = _done(session, folder, state, terms, wanted)
        return Mirrored(str(root), terms.dry_run, run.notes, tuple(run.changes), tuple(run.problems))


def _done(session: Session, folder: Folder, state: State, terms: MirrorTerms, wanted: Container[str]) -> Export | Run:
    if terms.format is Format.NOTION:
        export = Export(session, folder, state, wanted, Shown(session, terms.extras))
        export.carry_out(dry_run=terms.dry_run, yes=terms.yes)
        return export
    form = _form(session, folder, state, terms)
    run = Run(session, folder, state, form=form, one_way=terms.one_way, is_selected=wanted.__contains__)
    if terms.dry_run:
        run.look()
        run.preview()
        return run
    with writing(session, None):
        pass  # what others did is entered first, and every text kept on which a merge may be based
    run.tidy()
    run.look()
    if not terms.yes and (found := run.vanished()):
        where = "the vault" if found.side is Side.OURS else str(folder.root)
        raise NotesVanished(where, found.gone, found.of)
    run.carry_out()
    return run


def _check_extras(session: Session, terms: MirrorTerms) -> None:
    if terms.extras and (terms.format is Format.LOGSEQ or session.index.rules.profile is Profile.LOGSEQ):
        raise BadInput("decay and counters are shown in notes for Obsidian and Notion, not in pages of Logseq")


def _form(session: Session, folder: Folder, state: State, terms: MirrorTerms) -> MirrorForm:
    """Say how notes are written in the folder.

    Raises:
        BadInput: the vault is a Logseq graph, whose files are called otherwise than those of the folder.
    """
    root = folder.root
    shown = Shown(session, terms.extras)
    if terms.format is Format.OBSIDIAN:
        return WithLinks(session, prefix_for(root), shown, folder.has)
    config, rules = read_graph(root), session.index.rules
    if rules.profile is not Profile.LOGSEQ:
        state.load()
        if state.daily is None:
            state.daily = read_daily_folder(session.config.root)
        if state.daily is None:
            state.daily = daily_folder(session.index.records.keys())
        return AsPages(session, state, PagePaths(config, state.daily))
    if read_logseq_config_text(root) and replace(config, journal_title_format="") != replace(
        rules.logseq, journal_title_format=""
    ):
        raise BadInput(f"{root} is a graph that calls its files otherwise than the vault, which is one too")
    return WithLinks(session, "", shown, folder.has)  # its notes are pages already


def watch_mirror(
    session: Session,
    target: Path,
    terms: MirrorTerms,
    *,
    interval_s: float,
    tell: Callable[[Mirrored | MemwellError], None],
    stop: threading.Event,
) -> None:
    """Keep both in step until told to stop: when either changes, and from time to time where nothing is told.

    Args:
        session: the open vault.
        target: the folder.
        terms: as `mirror` takes them.
        interval_s: how long to wait from one run to the next, at least, in seconds.
        tell: called with what a run has done, if that is anything new, and with what went wrong and may pass.
        stop: ends it.

    Raises as `mirror` does the first time, and later where going on needs somebody: `NotesVanished`.
    """
    hint = threading.Event()
    root = resolved(session, target)
    tell(mirror(session, target, terms))

    def on_hint(_where: Hint | None) -> bool:
        hint.set()
        return False

    config = session.config
    watchers = [
        Watcher(folder, on_hint, look_s=config.look_seconds, polling=why_poll(folder, config.watch))
        for folder in {config.root, root}
    ]
    told: object = None
    try:
        for watcher in watchers:
            watcher.start()
        waits = chain(_FIRST_LOOKS_S, repeat(_LOOK_S))
        seen: object = None  # what both sides looked like when there was nothing left to do
        while not stop.wait(interval_s):
            _wait(hint, stop, next(waits))
            hint.clear()
            try:
                looks = _look(session, root), terms.extras and session.now().date()  # what notes show is due daily
                if looks == seen:
                    continue
                done: Mirrored | MemwellError = mirror(session, target, terms)
            except NotesVanished:
                raise
            except MemwellError as error:
                done = error
            news = _news(done)
            seen = None if news else looks
            if news and news != told:
                tell(done)
            told = news
    finally:
        for watcher in watchers:
            watcher.stop()


def _wait(hint: threading.Event, stop: threading.Event, most_s: float) -> None:
    until = time.monotonic() + most_s
    while not hint.is_set() and not stop.is_set() and time.monotonic() < until:
        hint.wait(_POLL_S)


def _look(session: Session, root: Path) -> object:
    """Say what both sides look like, without opening a note."""
    with session.guard:
        session.refresh()
        return session.index.records.version, Folder(root).walk()


def _news(done: Mirrored | MemwellError) -> object:
    """Give what is worth telling, None if nothing is: what is left alone is told once."""
    if isinstance(done, MemwellError):
        return str(done)
    return (done.changes, done.problems) if done.changes or done.problems else None


def resolved(session: Session, target: Path) -> Path:
    """Give the folder by its whole path, links resolved.

    Raises:
        BadInput: it lies in the vault, or the vault in it, or it is no folder.
    """
    root = session.config.root
    with explained(target):
        folder = target.expanduser().resolve()
        if folder == root or (folder.exists() and folder.samefile(root)):
            return root
        if _is_within(folder, root):
            raise BadInput(f"{target} lies in the vault: its notes would be notes of the vault too")
        if _is_within(root, folder):
            raise BadInput(f"the vault lies in {target}: its own notes would be taken for others")
        if folder.exists() and not folder.is_dir():
            raise BadInput(f"{target} is no folder")
    return folder


def _is_within(inner: Path, outer: Path) -> bool:
    return any(
        parent == outer or (parent.exists() and parent.samefile(outer)) for parent in inner.parents if outer.exists()
    )


def _check_there(root: Path, *, is_first: bool, dry_run: bool) -> None:
    """Make the folder the first time; later it must be there."""
    if root.is_dir() or (dry_run and is_first):
        return
    if not is_first:
        raise VaultMissing(str(root), "is not there any more")
    if not root.parent.is_dir():
        raise BadInput(f"there is no folder {root.parent} to make {root.name} in")
    with explained(root):
        make_folder(root)
