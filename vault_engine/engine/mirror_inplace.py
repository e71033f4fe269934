"""Writing into the vault's own notes the links that are added for a reader that knows only links in the text."""

from collections.abc import Container
from typing import Any

from vault_engine.engine.changing import check_here, editable_text, write_bytes, writing
from vault_engine.engine.lifecycle import keep_age, state_properties
from vault_engine.engine.mirror_links import AddedLinks
from vault_engine.engine.mirror_shown import Shown
from vault_engine.engine.mirrored import MirrorChange
from vault_engine.engine.results import Problem
from vault_engine.engine.session import Session
from vault_engine.errors import MemwellError
from vault_engine.index.record import describe
from vault_engine.journal.entry import Actor, Change, Expect, Op
from vault_engine.sync.exported import mark_of, with_links, without_links
from vault_engine.sync.plan import Held
from vault_engine.sync.shown import property_marks
from vault_engine.sync.state import State, Synced
from vault_engine.vault.files import sha256_hex

_REASON = "links of its properties"
_SHOWN_REASON = "decay and counters"


class InPlace:
    """One look at the notes whose properties relate them to others."""

    def __init__(self, session: Session, state: State, is_selected: Container[str], shown: Shown) -> None:
        """Begin; ``state`` tells which lines were added before."""
        self.changes: list[MirrorChange] = []
        self.problems: list[Problem] = []
        self._session, self._state, self._is_selected = session, state, is_selected
        self._before = state.load()
        self._counted = session.counters.load()
        self._shown = shown
        self._lines = AddedLinks(session, "", session.index.records.keys())

    @property
    def notes(self) -> int:
        """How many notes there are."""
        return len(self._session.index.records)

    def carry_out(self, actor: Actor | None, *, dry_run: bool) -> None:
        """Bring the links of each note up to date; what can't be written is said."""
        kept, records = dict(self._before), self._session.index.records
        for path in sorted(records.keys()):
            if path not in self._is_selected:
                continue
            if path not in self._before and not AddedLinks.may_be_below(records[path]):
                continue
            try:
                kept[path] = self._bring_up_to_date(path, actor, dry_run=dry_run)
            except MemwellError as error:
                self.problems.append(Problem(path, str(error)))
        self._state_properties(kept, actor, dry_run=dry_run)
        if not dry_run:
            failed = {problem.path for problem in self.problems}
            self._state.save({path: one for path, one in kept.items() if one.added}, unsure=failed)

    def _state_properties(self, kept: dict[str, Synced], actor: Actor | None, *, dry_run: bool) -> None:
        """Write into notes what is to be shown of them, into each at most once a day."""
        if not self._shown.extras:
            return
        session, counted = self._session, self._session.counters.load()
        session.refresh()  # the links may have been written just now
        marks = self._state.marks(kept)
        due: dict[str, dict[str, Any]] = {}
        for path, record in session.index.records.items():
            if path in self._is_selected and (values := self._shown.changed(record, marks.get(path, ()))):
                due[path] = values
        records = {path: session.index.records[path] for path in due}
        stating = {path: self._shown.stating(records[path], due[path], marks.get(path, ())) for path in due}
        if due and not dry_run:
            self._state.announce(stating, marks)
        for path, record in records.items():
            values = due[path]
            try:
                state_properties(session, record, values, counted, reason=_SHOWN_REASON, dry_run=dry_run, actor=actor)
            except MemwellError as error:
                self.problems.append(Problem(path, str(error)))
            else:
                kept[path] = Synced(Held(record.sha256), record.sha256, stating[path])
                self.changes.append(MirrorChange("properties", "vault", path))

    def _bring_up_to_date(self, path: str, actor: Actor | None, *, dry_run: bool) -> Synced:
        check_here(self._session, path)
        data = self._session.vault.read(path)
        text = editable_text(self._session, path, data)
        bare = without_links(text, lambda _mark: True)
        lines = self._lines.of_record(describe(path, bare.encode(), self._session.index.rules).record)
        marks = tuple(map(mark_of, lines))
        known = self._before[path].added if path in self._before else ()
        new = with_links(without_links(text, {*marks, *known}.__contains__), lines).encode()
        if new != data:
            if not dry_run:
                self._write(path, data, new, actor)
            self.changes.append(MirrorChange("links", "vault", path))
        return Synced(Held(sha256_hex(new)), sha256_hex(new), (*marks, *property_marks(known)))

    def _write(self, path: str, old: bytes, new: bytes, actor: Actor | None) -> None:
        with writing(self._session, actor, exact=False) as author:
            keep_age(self._session, self._session.index.records[path], sha256_hex(new), self._counted)
            change = Change(Op.WRITE, path, "", "", reason=_REASON, expect=Expect.GIVEN)
            write_bytes(self._session, change, old, new, author)
