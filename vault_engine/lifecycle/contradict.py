"""Whether two texts say the same, contradict each other, or are about different things. Pure, no model.

Each sentence is reduced to what it is about, its words, its values and whether it denies. Two sentences contradict each
other when they are about the same and differ in one place only: in a value, in a name that excludes another, or in
denying. Where one of them says that something has changed, that is an update.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import islice, product
from typing import NamedTuple

from vault_engine.lifecycle.sentences import sentences
from vault_engine.lifecycle.values import Value, values
from vault_engine.lifecycle.words import (
    ALWAYS,
    CHANGED,
    FOR_ONE,
    FORMER,
    LEADS_IN,
    MANY_VALUED,
    NAMES_ONE,
    NEGATIONS,
    ONCE,
    OPPOSITES,
    PRONOUNS,
    SILENT,
    VERBS,
    stem,
)

_MOST_CHARS = 20_000  # of a text that are looked at
_LONGEST = 400  # characters of a sentence: what is longer is a log or a paste
_MOST_SENTENCES = 40  # of a text that are compared
_NAME_WORDS = 2
_NAMED_BY = 2  # words that two texts of different titles must share to be about one thing
_LONGEST_SLOT = 4  # words in the place where two sentences differ
_MOST_OPEN = 3  # pairs of sentences of two texts about which somebody may be asked
_ALIKE = 0.6  # a cosine: notes of one vault that are about one thing
_TITLES_DIFFER = "of different titles"
_WORD = re.compile(r"[^\W_](?:[\w./+#'-]*[\w+#])?|§[0-9]+§")
_MARKS = re.compile(r"[*`~]+|(?<!\w)_+|_+(?!\w)")
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "§": " "})  # the last is ours: it stands for values


class VerdictKind(StrEnum):
    """How two texts stand to each other."""

    SAME = "same"
    UPDATE = "update"  # they differ, and one says that it is what holds now
    CONTRADICTION = "contradiction"
    RELATED = "related"  # about the same thing, and both may hold
    UNRELATED = "unrelated"

    @property
    def is_conflict(self) -> bool:
        """Whether not both can hold now."""
        return self in (VerdictKind.UPDATE, VerdictKind.CONTRADICTION)


@dataclass(frozen=True)
class Verdict:
    """How two texts stand to each other, and why."""

    kind: VerdictKind
    why: str
    old: str = ""  # the sentences that decided
    new: str = ""


_UNRELATED = Verdict(VerdictKind.UNRELATED, "about different things")
_ABOUT_ONE = Verdict(VerdictKind.RELATED, "about one thing")


class Undecided(NamedTuple):
    """Two sentences about one thing, of which the rules can't tell whether both may hold."""

    alike: float  # the share of words that both have, of the words of either, in [0, 1]
    verdict: Verdict


class Word(NamedTuple):
    """One word of a claim that says something."""

    stem: str
    place: int  # counts the words of the sentence
    is_name: bool  # whether it is written as names are
    value: Value | None


@dataclass(frozen=True)
class Claim:
    """What one sentence says, reduced to what can be compared."""

    text: str
    words: tuple[Word, ...]
    verb: str  # the stem of the first verb, "" where none is known
    verb_place: int
    negated: bool
    is_change: bool  # it says that something is otherwise than it was
    former: frozenset[str]  # the stems of what it says was before

    @cached_property
    def stems(self) -> frozenset[str]:
        """The words, without values."""
        return frozenset(word.stem for word in self.words if word.value is None)

    @cached_property
    def head(self) -> frozenset[str]:
        """What it is about: the words before the verb, else the first one."""
        before = (word.stem for word in self.words if word.place < self.verb_place and word.value is None)
        return frozenset(before) or frozenset(word.stem for word in self.words[:1])


def claims(text: str) -> tuple[Claim, ...]:
    """Reduce a text to what its sentences claim; a question claims nothing."""
    said = (one.text for one in sentences(text[:_MOST_CHARS]) if len(one.text) <= _LONGEST)
    return tuple(
        claim for one in islice(said, _MOST_SENTENCES) if not one.endswith("?") and (claim := _claim(one)).words
    )


def compare(
    old: Sequence[Claim], new: Sequence[Claim], *, similarity: float | None = None, same_subject: bool | None = None
) -> Verdict:
    """Say how two texts stand to each other.

    Args:
        old: what the one claims.
        new: and the other; which of them is the older one makes no difference.
        similarity: the cosine of the two, where it is known.
        same_subject: whether both are about one thing, as far as that is known: they have one title, or different
            ones. Those of different titles must name more of the same for a contradiction.
    """
    verdicts = [_compared(one, two, same_subject) for one, two in product(old, new)]
    for kind in (VerdictKind.UPDATE, VerdictKind.CONTRADICTION):
        if found := next((verdict for verdict in verdicts if verdict.kind is kind), None):
            return found
    same = [verdict for verdict in verdicts if verdict.kind is VerdictKind.SAME]
    if same and _texts(old) == {one.old for one in same} and _texts(new) == {one.new for one in same}:
        return same[0]
    if same_subject or same or any(verdict.kind is VerdictKind.RELATED for verdict in verdicts):
        return next(
            (one for one in verdicts if one.kind is VerdictKind.RELATED),
            Verdict(VerdictKind.RELATED, "about one thing"),
        )
    if similarity is not None and similarity >= _ALIKE:
        return Verdict(VerdictKind.RELATED, f"alike in meaning ({similarity:.2f})")
    return _UNRELATED


def undecided(old: Sequence[Claim], new: Sequence[Claim], *, same_subject: bool | None = None) -> list[Undecided]:
    """Give the sentences of two texts that are about one thing and are only related by the rules.

    Args:
        old: what the one claims.
        new: and the other.
        same_subject: see `compare`.

    Returns:
        A few, the most alike first.
    """
    found = [
        Undecided(len(one.stems & two.stems) / max(len(one.stems | two.stems), 1), verdict)
        for one, two in product(old, new)
        if (verdict := _compared(one, two, same_subject)).kind is VerdictKind.RELATED and verdict.why != _TITLES_DIFFER
    ]
    return sorted(found, key=lambda each: -each.alike)[:_MOST_OPEN]


def says_change(text: str) -> bool:
    """Say whether a text says that something is otherwise than it was."""
    return any(claim.is_change for claim in claims(text))


def _texts(said: Sequence[Claim]) -> set[str]:
    return {claim.text for claim in said}


# ---- one sentence


def _claim(text: str) -> Claim:
    """Reduce one sentence."""
    said, found = _with_values_apart(_MARKS.sub("", text.translate(_PLAIN)))
    words: list[Word] = []
    negated, is_change, verb, verb_place = False, False, "", -1
    former, places = _former(said), [one[0] for one in _WORD.finditer(said)]
    is_less = False  # behind "over" or "to" of a preference
    for place, written in enumerate(places):
        low = written.lower()
        if written.startswith("§"):
            value = found[int(written[1:-1])]
            if written not in former:
                words.append(Word(f"{value.dimension}:{value.amount}", place, False, value))
            continue
        if low in NEGATIONS or low.endswith("n't"):
            negated = not negated
            low = "can" if low in ("can't", "won't") else low.removesuffix("n't")
        is_change = is_change or low in CHANGED
        root = stem(low)
        is_verb = not verb and place > 0 and (low in VERBS or root in VERBS)
        if is_verb or (verb in SILENT and root in VERBS and root not in SILENT):
            verb, verb_place = root, place
        if root in OPPOSITES:
            root, flips = OPPOSITES[root]
            negated ^= flips
        if verb == "prefer" and low in ("over", "to", "than"):
            is_less = True
        elif not (low in SILENT or root in SILENT or low in NEGATIONS or low in CHANGED or low in former):
            words.append(Word(f"less {root}" if is_less else root, place, _is_name(written, place), None))
    return Claim(text, tuple(words), verb, verb_place, negated, is_change, frozenset(map(stem, former)))


def _with_values_apart(text: str) -> tuple[str, list[Value]]:
    """Put ``§0§`` and so on in the place of values, and leave out since when something is so."""
    text = ALWAYS.sub("", LEADS_IN.sub(" now ", text))
    found = values(text)
    for number, one in reversed(list(enumerate(found))):
        text = f"{text[: one.start]} §{number}§ {text[one.end :]}"
    return text, [one.value for one in found]


def _former(text: str) -> frozenset[str]:
    """Give the words that name what was before: "from X to", "replaced X", "took over … from X"."""
    found = FORMER.search(text)
    return frozenset(_WORD.findall(next(filter(None, found.groups())).lower())) if found else frozenset()


def _is_name(written: str, place: int) -> bool:
    return place > 0 and any(char.isupper() or char.isdigit() or char in "./+#" for char in written)


# ---- two sentences


def _compared(old: Claim, new: Claim, same_subject: bool | None) -> Verdict:
    def verdict(kind: VerdictKind, why: str) -> Verdict:
        return Verdict(kind, why, old.text, new.text)

    if not (same_subject or old.stems & new.stems):
        return _UNRELATED
    is_about_one = same_subject or _have_one_subject(old, new)
    if same_subject is False and len((old.head | new.head) & old.stems & new.stems) < _NAMED_BY:
        return verdict(VerdictKind.RELATED, _TITLES_DIFFER) if is_about_one else _UNRELATED
    if max(len(old.stems - new.stems), len(new.stems - old.stems)) > _LONGEST_SLOT:
        return verdict(VerdictKind.RELATED, "about one thing, and both may hold") if is_about_one else _UNRELATED
    only_old, only_new = _left_over(old, new), _left_over(new, old)
    conflict = VerdictKind.UPDATE if _is_change(old, new) else VerdictKind.CONTRADICTION
    if not only_old and not only_new:
        if old.negated == new.negated:
            return verdict(VerdictKind.SAME, "they say the same")
        if same_subject or len(old.words) > 1:
            return verdict(conflict, "one denies what the other says")
    if not is_about_one:
        return _UNRELATED
    if old.negated == new.negated and only_old and only_new and (why := _excludes(old, new, only_old, only_new)):
        return verdict(conflict, why)
    return verdict(VerdictKind.RELATED, "about one thing, and both may hold")


def _left_over(one: Claim, other: Claim) -> tuple[Word, ...]:
    """Give the words of a claim that the other lacks; a word that is there twice counts twice."""
    there = Counter(word.stem for word in other.words)
    left = []
    for word in one.words:
        if there[word.stem]:
            there[word.stem] -= 1
        elif word.value is None or not any(_is_told_by(word, each) for each in other.words if each.value):
            left.append(word)
    return tuple(left)


def _is_told_by(word: Word, other: Word) -> bool:
    """Say whether a date is the other one, written with more or less of it."""
    if word.value is None or other.value is None or word.value.dimension != other.value.dimension:
        return False
    return not word.value.differs(other.value)


def _have_one_subject(old: Claim, new: Claim) -> bool:
    """Say whether two claims share what one of them is about: words before a verb, not only what is said."""
    common = old.stems & new.stems
    if not common:
        return False
    if old.verb == new.verb and old.verb in ONCE and len(common) > 1:
        return True
    heads = (old.head | new.head) & common
    return bool(heads - PRONOUNS) or (bool(heads) and len(common) > 1) or (old.verb == new.verb and bool(heads))


def _excludes(old: Claim, new: Claim, only_old: tuple[Word, ...], only_new: tuple[Word, ...]) -> str | None:
    """Say why what only one claim says excludes what only the other says; None: both may hold."""
    if {word.stem.removeprefix("less ") for word in only_old} == {word.stem.removeprefix("less ") for word in only_new}:
        return "the one is the other the wrong way round"
    if not (_is_one_place(old, only_old) and _is_one_place(new, only_new)):
        return None
    one, two = _told(only_old), _told(only_new)
    if one and two:
        return _differing(old, new, only_old, only_new)
    if one or two:
        return None
    is_replaced = _are_names(only_old, only_new) or _is_former(old, only_new) or _is_former(new, only_old)
    if (_is_change(old, new) and is_replaced) or _is_exclusive(old, new, only_old, only_new):
        return f"one says {_shown(only_old)}, the other {_shown(only_new)}"
    return None


def _differing(old: Claim, new: Claim, only_old: tuple[Word, ...], only_new: tuple[Word, ...]) -> str | None:
    """Say which values differ, where nothing but a value does."""
    is_change = _is_change(old, new)
    if not is_change and (_is_before(old, only_old) or _may_be_many(old, new, is_number=True)):
        return None
    if not is_change and old.verb != new.verb and not {old.verb, new.verb} & (SILENT | {""}):
        return None
    if any(_is_before(claim, [word]) for claim, left in ((old, only_old), (new, only_new)) for word in _nouns(left)):
        return None  # they are about different things
    beside = max(len(_nouns(only_old)), len(_nouns(only_new)))
    pairs = product(_told(only_old), _told(only_new))
    if beside <= is_change and any(a.dimension == b.dimension and a.differs(b) for a, b in pairs):
        return f"the values differ: {_shown(only_old)}, {_shown(only_new)}"
    return None


def _is_change(old: Claim, new: Claim) -> bool:
    return old.is_change or new.is_change


def _nouns(words: Sequence[Word]) -> list[Word]:
    return [word for word in words if word.value is None and word.stem not in VERBS]


def _are_names(only_old: Sequence[Word], only_new: Sequence[Word]) -> bool:
    """Say whether a name stands in the place of a name."""
    one, two = _nouns(only_old), _nouns(only_new)
    return 0 < len(one) <= _NAME_WORDS and 0 < len(two) <= _NAME_WORDS and one[-1].is_name and two[-1].is_name


def _is_former(claim: Claim, words: Sequence[Word]) -> bool:
    """Say whether a claim names other words as what was before."""
    return bool(claim.former & {word.stem for word in words})


def _told(words: Sequence[Word]) -> list[Value]:
    return [word.value for word in words if word.value]


def _is_one_place(claim: Claim, words: Sequence[Word]) -> bool:
    """Say whether words stand together: nothing that both claims say is between them."""
    places = [word.place for word in words]
    between = [word for word in claim.words if min(places) < word.place < max(places) and word not in words]
    return not between and len(words) <= _LONGEST_SLOT


def _is_before(claim: Claim, words: Sequence[Word]) -> bool:
    return words[-1].place < claim.verb_place


def _may_be_many(old: Claim, new: Claim, *, is_number: bool = False) -> bool:
    """Say whether the verb lets several things hold at once, as "supports" and what was done more than once do."""
    many = MANY_VALUED - {"have", "includ", "contain", "need"} if is_number else MANY_VALUED
    return bool({old.verb, new.verb} & many)


def _is_exclusive(old: Claim, new: Claim, only_old: tuple[Word, ...], only_new: tuple[Word, ...]) -> bool:
    """Say whether names in one place of two claims exclude each other."""
    if old.verb != new.verb or len(only_old) > 2 or len(only_new) > 2:
        return False
    are_names = only_old[-1].is_name and only_new[-1].is_name
    if _is_before(old, only_old) != _is_before(new, only_new):
        return False
    if _is_before(old, only_old):
        return old.verb in ONCE and only_old[0].place == only_new[0].place == 0
    if only_old[-1].place != only_new[-1].place and not are_names:
        return False
    has_head = max(word.place for word in old.words) > only_old[-1].place
    if _may_be_many(old, new):
        return are_names and has_head
    return are_names or bool((old.stems & new.stems) & NAMES_ONE) or (old.verb in FOR_ONE and has_head)


def _shown(words: Sequence[Word]) -> str:
    """Write some words of a claim."""
    return " ".join(word.stem if word.value is None else _amount(word.value) for word in words)


def _amount(value: Value) -> str:
    shown = "-".join(f"{part:g}" if isinstance(part, float) else str(part) for part in value.amount if part is not None)
    return f"{shown} {value.dimension}" if value.dimension not in ("number", "date") else shown
