"""What a text says that is worth keeping: facts, preferences, events, what was done, what was decided. Pure, no model.

Each sentence is judged alone, by the rules below in their order, and is of one kind or of none. A question, a wish, an
order, a condition and a guess say nothing that holds. What a negated sentence says is marked as negated.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from vault_engine.lifecycle.sentences import sentences

_LONGEST = 400  # characters: what is longer is a log or a paste
_LESS_SURE = 0.7  # of what somebody only believes, times


class ItemKind(StrEnum):
    """What sort of thing a sentence says."""

    DECISION = "decision"  # what will be done from now on, and that it was settled
    PREFERENCE = "preference"  # what somebody likes or wants
    EPISODE = "episode"  # what somebody did
    TEMPORAL_EVENT = "temporal_event"  # what happens or happened at a named time
    FACT = "fact"  # what is so


@dataclass(frozen=True)  # no slots: it is shown as it is
class Item:
    """One thing that a text says."""

    kind: ItemKind
    text: str  # the sentence, on one line
    start: int  # where it stands in the text, in characters
    end: int
    subject: str | None  # whom or what it is about, as far as that can be told
    value: str | None  # and what it says of that
    negated: bool
    confidence: float  # how sure the rule is, in [0, 1]: chosen, not measured


class _Rule(NamedTuple):
    kind: ItemKind
    pattern: re.Pattern[str]
    confidence: float


_FIRST = r"(?:I|we|it|the (?:team|board|user|client|committee|customer)|management|[A-Z][\w-]+(?: and [A-Z][\w-]+)?)"
_HAVE = r"(?:'ve|'s|'d| have| has| had)?"
_OFTEN = (
    r"(?: (?:just|really|always|also|now|then|finally|already|recently|never|still|strongly|generally|usually|all))*"
)
_NOT = r"(?:n't| not| no longer| never)"

_MONTH = (
    r"(?:january|february|april|june|july|august|september|october|november|december"
    r"|(?:jan|feb|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?(?= ?\d))"
)
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_DONE = (
    r"(?:did|met|built|wrote|went|ran|made|took|sent|found|saw|spent|learn(?:ed|t)|gave|bought|sold|began|came|brought"
    r"|rebuilt|rewrote|rolled|set up|put|got|lost|won|broke|taught|told|talked|flew|read through"
    r"|(?!need|want|like|prefer|hat|lov|enjoy|own|depend|us|bas|requir|support|contain|consist|includ|decid|agre|seem"
    r"|favour|favor|mean|believ|dislik|replac)[a-z]{2,}ed)"
)


def _rule(kind: ItemKind, confidence: float, pattern: str, flags: re.RegexFlag = re.IGNORECASE) -> _Rule:
    for name, words in (("who", _FIRST), ("have", _HAVE), ("often", _OFTEN), ("not", _NOT), ("done", _DONE)):
        pattern = pattern.replace(f"<{name}>", words)
    return _Rule(kind, re.compile(pattern, flags), confidence)


# ---- what says nothing

_QUESTION = re.compile(
    r"\?[\"'”’)\]*_]*$|^(?:who|what|why|when|where|which|how|whose|do|does|did|should|shall|can|could|would|will|may|is"
    r"|are|was|were|has|have)(?:n't)? (?:i|we|you|it|he|she|they|there|the|a|an|my|our|this|that|any)\b",
    re.IGNORECASE,
)
_IDLE = re.compile(
    r"^(?:if|unless|assum(?:e|ing)|imagine|suppose|suggest|what if|in case|maybe|perhaps|whatever|whether|thanks?|sorry"
    r"|ok(?:ay)?|hello|hi|please|let me|let us see|remember to|feel free|see|open|run|click|ask|call|check|use|try"
    r"|make sure|don't|do not|never mind|just|not sure|something)\b(?!:)"
    r"|\b(?:might|could|whether|wonder|haven't decided|have not decided|not sure|don't know|do not know|would be"
    r"|should)\b"
    r"|\b(?:it|he|she|we|you|they|i|this|that|which|there) may\b(?! \d)"
    r"|\b(?:would|'d) like (?:to|you|him|her|them)\b|\blooks? like\b"
    r"|\bi(?:'m| am) (?:sure|afraid|sorry|glad|happy|tired)\b",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"\b(?:probably|i think|i believe|i guess|apparently|presumably|likely|supposedly|as far as i)\b", re.IGNORECASE
)

# ---- times: a month, a day, a clock or a year that is used as one

_TIME = re.compile(
    r"\b(?:19|20)\d\d-[01]\d(?:-[0-3]\d)?\b"
    r"|\b(?:[01]?\d|2[0-3]):[0-5]\d\b"
    r"|\b\d{1,2} ?(?:a\.m|p\.m|am|pm)\b"
    rf"|\b{_MONTH}\b"
    r"|\b(?:in|on|by|until|since|of|last|next|this|early|late|from|to|and|before|after|\d(?:st|nd|rd|th)?\.?)"
    r" (?-i:May|March)\b|\b(?-i:May|March) (?:[0-3]?\d|(?:19|20)\d\d)\b"
    rf"|\b{_DAY}\b"
    r"|\b(?:in|since|by|until|till|from|during|before|after|around) (?:early |late |the end of )?"
    r"(?:19|20)\d\d\b(?! [a-z]+s\b)"
    r"|\b(?:yesterday|today|tomorrow|tonight)\b"
    r"|\b(?:last|next|this) (?:night|week|month|year|quarter|weekend|spring|summer|autumn|winter|morning|afternoon"
    r"|evening)\b"
    r"|\bthe \d{1,2}(?:st|nd|rd|th)\b",
    re.IGNORECASE,
)

# ---- what says something, in the order in which it is asked

_RULES = (
    _rule(
        ItemKind.DECISION,
        0.95,
        r"^(?:decision|decided|adr[ -]?\d+|resolution)\b ?\d*: ?(?P<value>.+)$",
    ),
    _rule(
        ItemKind.DECISION,
        0.9,
        r"(?P<subject>\b<who>)<have><often>"
        r" (?:decided|chosen|chose|agreed|settled on|opted|picked|voted|resolved|approved|ruled)\b(?P<value>.*)$",
    ),
    _rule(
        ItemKind.DECISION,
        0.8,
        r"\b(?P<subject>we|I)(?:'re| are|'m| am|'ll| will| won't| will not| are not|'re not)<often>"
        r" (?:go(?:ing)? (?:for|with)|switch(?:ing)? (?:to|from)|us(?:e|ing)|mov(?:e|ing) to|adopt(?:ing)?"
        r"|stick(?:ing)? (?:to|with)|keep(?:ing)?|drop(?:ping)?)\b(?P<value>.*)$",
    ),
    _rule(
        ItemKind.DECISION,
        0.75,
        r"^(?:let's (?:use|go with|take|keep|stick|drop|switch|move)\b|(?:from now on|going forward|henceforth),?)"
        r"(?P<value>.*)$",
    ),
    _rule(
        ItemKind.PREFERENCE,
        0.9,
        r"(?P<subject>\b<who>|\b(?:he|she|they|users?|customers?|our team|the users?|users of [\w ]{1,30}))"
        r"(?: do| does| did| would|'d)?<not>?<often>"
        r" (?:prefers?|likes?|loves?|hates?|dislikes?|favou?rs?|enjoys?|(?:can't|cannot|can not) stand|rather)\b"
        r"(?! to (?:think|know|say)\b)(?! (?:this|that)\b)(?P<value> .+)$",
    ),
    _rule(
        ItemKind.PREFERENCE,
        0.9,
        r"(?P<subject>\b(?:my|our|his|her|the user's) (?:favou?rite|preferred|least favou?rite) [\w-]+)(?: [\w-]+)?"
        r" (?:is|are)\b(?P<value> .+)$",
    ),
    _rule(
        ItemKind.PREFERENCE,
        0.75,
        r"(?P<subject>\b(?:I|we))(?: do)?<not>?<often>"
        r" (?:want (?!to\b)|(?:'m|am) (?:not )?(?:a (?:big |huge )?fan of|fond of))(?P<value>.+)$",
    ),
    _rule(
        ItemKind.EPISODE,
        0.85,
        r"(?:(?P<subject>\b(?:I|[Ww]e))<have><often>|^(?P<somebody>[A-Z][\w-]+(?: and [A-Z][\w-]+)?)(?<!This)(?<!That)"
        r"(?<!They)(?<!There)<often>) <done>\b(?P<value>.*)$",
        re.RegexFlag(0),
    ),
    _rule(
        ItemKind.EPISODE,
        0.7,
        r"(?P<subject>\b(?:I|we)) (?:did(?:n't| not)|have(?:n't| not)) (?P<value>[a-z]{2,} .*)$",
    ),
    _rule(
        ItemKind.FACT,
        0.8,
        r"^(?P<subject>(?!(?:it|this|that|these|those|they|he|she|you|here|what|something|everything|nothing)\b)"
        r"[^,;:]{1,80}?)"
        r" (?:(?:is|are|was|were|has|have|had)(?:n't)?\b(?P<value> .+)"
        r"|(?P<does>(?:(?:does|do|can|will|must)(?:n't)?|lives?|uses?|runs?|supports?|requires?|depends?|stores?"
        r"|contains?|includes?|needs?|owns?|takes?|holds?|returns?|reads?|writes?|works?|costs?|weighs?"
        r"|belongs?|replaced|replaces|provides?|listens?|speaks?|means|equals|comes|begins|ends|starts|keeps?|serves?"
        r"|allows?|sends?|handles?|lasts?|expects?|accepts?|rejects?|exposes?|limits?|manages?|leads?|sits?|stands?"
        r"|remains?)(?! (?:is|are|was|were|has|have|had|of)\b)\b .+|consists? .+))$",
    ),
    _rule(
        ItemKind.FACT,
        0.65,
        r"^(?P<subject>there) (?:is|are|was|were)(?:n't)?(?P<value> .+)$",
    ),
)
_HAPPENS = _rule(
    ItemKind.TEMPORAL_EVENT,
    0.85,
    r"^(?P<subject>(?!(?:it|this|that|these|those|they|he|she|you|in|on|at|or|and|feel)\b)[^,;:]{1,80}?)"
    r" (?P<does>(?:[a-z]{3,}s|[a-z]{2,}ed|began|took|went|came|will [a-z]+)\b.+)$",
)
_PASSING = re.compile(
    r"^(?:I|we) (?:(?:was|were|am|are) \w+ing\b|do\b|can\b|will\b|had\b)|^I am (?:here|back|done|going)\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(r"n't\b|\bcannot\b|\b(?:not(?! only)|no longer|never|no|neither|none)\b", re.IGNORECASE)
_OWN_NEGATION = re.compile(r"\bcan(?:'t|not| not) stand\b|\bno\. ?\d", re.IGNORECASE)
_LOOSE = re.compile(r" (?:it|they|you|we|I|that|which|who|one|then|there)$|^there$", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]]*+)\]\([^()\s]*+\)")
_SPEAKER = re.compile(r"^(?P<who>[A-Z][\w .-]{0,30}): (?=[A-Z])")
_MARKS = re.compile(r"\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|~~|==")
_ONE_TO_ONE = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})


def extract(text: str, kinds: Collection[ItemKind] = tuple(ItemKind)) -> tuple[Item, ...]:
    """Give what a text says, in its order, each thing once.

    Args:
        text: a note, a conversation, any text; Markdown is read as such.
        kinds: what is wanted.
    """
    found: dict[tuple[ItemKind, str], Item] = {}
    for sentence in sentences(text):
        item = _item(*sentence)
        if item and item.kind in kinds:
            found.setdefault((item.kind, item.text.casefold()), item)
    return tuple(found.values())


def _item(text: str, start: int, end: int) -> Item | None:
    """Judge one sentence."""
    said = _LINK.sub(r"\1", _MARKS.sub("", text.translate(_ONE_TO_ONE))).strip(" \"'([").rstrip(" \"')]")
    speaker = _SPEAKER.match(said)
    if speaker and not _RULES[0].pattern.match(said):
        said = said[speaker.end() :]
    else:
        speaker = None
    if len(said) > _LONGEST or said.count(" ") < 2 or _QUESTION.search(said) or _IDLE.search(said):
        return None
    judged = _judged(said.rstrip(".!… "))
    if judged is None:
        return None
    rule, found = judged
    groups = found.groupdict()
    subject = groups.get("subject") or groups.get("somebody")
    if subject and _LOOSE.search(subject):
        subject = None
    if speaker and subject and subject.casefold() in ("i", "my"):
        subject = speaker["who"]
    return Item(
        kind=rule.kind,
        text=text,
        start=start,
        end=end,
        subject=_trimmed(subject),
        value=_trimmed(groups.get("value") or groups.get("does")),
        negated=bool(_NEGATION.search(_OWN_NEGATION.sub("", found[0]))),
        confidence=round(rule.confidence * (_LESS_SURE if _UNSURE.search(said) else 1), 2),
    )


def _judged(said: str) -> tuple[_Rule, re.Match[str]] | None:
    """Give the rule that a sentence meets, and what it found."""
    is_timed = _TIME.search(said) is not None
    for rule in _RULES:
        if found := rule.pattern.search(said):
            break
    else:
        found = _HAPPENS.pattern.match(said) if is_timed else None
        return (_HAPPENS, found) if found else None
    if rule.kind is ItemKind.FACT and is_timed:
        return _HAPPENS, found
    if rule.kind is ItemKind.FACT and _PASSING.match(said):
        return None
    return rule, found


def _trimmed(text: str | None) -> str | None:
    return text.strip(" ,;:") or None if text else None
