"""Which chunks are turns of conversations, and in what order. Pure.

A conversation is a folder whose notes are turns, or a note whose chunks are. What looks like a turn (`note.spoken`)
counts as one only where at least half of what is there looks so, and two speakers come back: so ``Note: …`` in a
handbook is none, and a vault without conversations is searched as if this module were not there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault_engine.index.texts import Texts

Rows = NDArray[np.int64]
Codes = NDArray[np.int32]
Signs = NDArray[np.uint8]

MIN_TURNS = 4  # of a conversation; a note of so many is one by itself
MIN_TIMES = 2  # a speaker comes back
MIN_SPEAKERS = 2

_NUMBER = re.compile(r"\d+")
_DIGITS = 20  # numbers are compared as numbers up to this length


class SegmentTurns(NamedTuple):
    """What looks like turns in one segment, in order of `keys`; and where each of its rows is."""

    places: tuple[str, ...]  # folders and notes that may be conversations, by number
    place_of_row: Codes  # shape (rows,)
    keys: tuple[str, ...]  # what the turns are sorted by, shape (n,)
    rows: Rows  # as the segment numbers them, shape (n,)
    speakers: tuple[str, ...]  # without case, by number
    speaker: Codes  # shape (n,)
    signs: Signs  # shape (n,), see `note.spoken.Sign`


@dataclass(frozen=True, slots=True)
class Turns:
    """The turns of all conversations, each conversation in its order, one after the other; n of them."""

    rows: Rows  # shape (n,)
    place_of: Rows  # by row: which turn it is, -1 for none
    conversation: Codes  # shape (n,), ascending
    speakers: tuple[str, ...]
    speaker: Codes  # shape (n,)
    signs: Signs  # shape (n,)

    def __len__(self) -> int:
        return len(self.rows)

    def shifted(self, values: NDArray[np.float32], steps: int) -> NDArray[np.float32]:
        """Give each turn the value of the one ``steps`` before it (behind it, if negative), 0 where there is none."""
        moved, count = np.zeros_like(values), len(values)
        if abs(steps) >= count:
            return moved
        late = slice(max(steps, 0), count + min(steps, 0))
        early = slice(max(-steps, 0), count - max(steps, 0))
        is_same = self.conversation[late] == self.conversation[early]
        moved[late] = np.where(is_same, values[early], 0)
        return moved


def segment_turns(paths: Texts, first_rows: Codes, turns: Texts) -> SegmentTurns:
    """Collect what looks like turns in a segment.

    Args:
        paths: of the notes.
        first_rows: of the notes, and the number of rows at the end.
        turns: of the rows, as `ChunkRecord.turn` has it.
    """
    found = np.flatnonzero(turns.lengths)
    note_of = np.searchsorted(first_rows, found, "right") - 1
    many = set(np.flatnonzero(np.bincount(note_of, minlength=1) >= MIN_TURNS).tolist())
    numbers: dict[str, int] = {}
    listed = list(paths)
    of_note = [
        numbers.setdefault(path if note in many else path.rpartition("/")[0] + "/", len(numbers))
        for note, path in enumerate(listed)
    ]
    keys = [
        f"{path.rpartition('/')[0]}/\0{_sortable(path)}\0{row:0{_DIGITS}}"
        for path, row in zip((listed[note] for note in note_of.tolist()), found.tolist(), strict=True)
    ]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    said = [turns[int(found[at])] for at in order]
    speakers: dict[str, int] = {}
    return SegmentTurns(
        tuple(numbers),
        np.repeat(np.array(of_note, np.int32), np.diff(first_rows)),
        tuple(keys[at] for at in order),
        found[order].astype(np.int64),
        tuple(speakers),
        np.array([speakers.setdefault(turn[1:].casefold(), len(speakers)) for turn in said], np.int32),
        np.array([int(turn[0]) for turn in said], np.uint8),
    )._replace(speakers=tuple(speakers))


def conversations(
    parts: Sequence[SegmentTurns], firsts: Sequence[int], alive: Sequence[NDArray[np.bool_] | None], row_count: int
) -> Turns | None:
    """Put the conversations of all segments together; None where there are none.

    Args:
        parts: of every segment.
        firsts: the number of each one's first row among all rows.
        alive: which rows of each still count; None: all.
        row_count: of all rows.
    """
    places: dict[str, int] = {}
    speakers: dict[str, int] = {}
    keys: list[str] = []
    rows, place, speaker, signs, everywhere = [], [], [], [], []
    for part, first, living in zip(parts, firsts, alive, strict=True):
        of_places = np.array([places.setdefault(name, len(places)) for name in part.places], np.int32)
        of_speakers = np.array([speakers.setdefault(name, len(speakers)) for name in part.speakers], np.int32)
        kept = np.ones(len(part.rows), np.bool_) if living is None else living[part.rows]
        keys += [key for key, is_kept in zip(part.keys, kept.tolist(), strict=True) if is_kept]
        rows.append(part.rows[kept] + first)
        place.append(of_places[part.place_of_row[part.rows[kept]]])
        speaker.append(of_speakers[part.speaker[kept]] if len(of_speakers) else part.speaker[kept])
        signs.append(part.signs[kept])
        everywhere.append(of_places[part.place_of_row if living is None else part.place_of_row[living]])
    order = np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)
    at, who = np.concatenate(place)[order], np.concatenate(speaker)[order]
    is_turn = _are_conversations(at, who, np.bincount(np.concatenate(everywhere), minlength=len(places)), len(speakers))
    kept_at = np.flatnonzero(is_turn)
    kept_at = kept_at[np.argsort(at[kept_at], kind="stable")]
    if not len(kept_at):
        return None
    every_row = np.concatenate(rows)[order][kept_at]
    place_of = np.full(row_count, -1, np.int64)
    place_of[every_row] = np.arange(len(every_row))
    every_sign = np.concatenate(signs)[order][kept_at]
    return Turns(every_row, place_of, at[kept_at], tuple(speakers), who[kept_at], every_sign)


def _are_conversations(place: Codes, speaker: Codes, row_counts: Rows, speaker_count: int) -> NDArray[np.bool_]:
    """Say of what looks like turns which are, shape ``(n,)``."""
    pairs, counts = np.unique(place.astype(np.int64) * max(speaker_count, 1) + speaker, return_counts=True)
    of = pairs // max(speaker_count, 1)
    regulars = np.bincount(of[counts >= MIN_TIMES], minlength=len(row_counts))
    turns = np.bincount(place, minlength=len(row_counts))
    is_one = (regulars >= MIN_SPEAKERS) & (turns >= MIN_TURNS) & (2 * turns >= row_counts)
    return np.asarray(is_one[place])


def _sortable(path: str) -> str:
    """Write the name of a note so that ``t10`` comes behind ``t9``."""
    name = path.rpartition("/")[2].rpartition(".")[0]
    return _NUMBER.sub(lambda found: found[0].zfill(_DIGITS), name).casefold()
