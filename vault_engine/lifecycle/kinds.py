"""What type and tier a text seems to have, where nobody has said: a proposal, by rules. Pure, no model.

Most texts get none. A word before a colon tells the type; else the first sentence does, and no other one may be of
another type. A tier is told by what happened (episodic), by how something is done (procedural) and by what holds.
"""

import re
from typing import NamedTuple

from vault_engine.lifecycle.extract import ItemKind, extract
from vault_engine.lifecycle.sentences import sentences
from vault_engine.lifecycle.tiers import Tier

_LONGEST = 1_200  # characters: what is longer is seldom of one kind
_MOST_SENTENCES = 6
_SURE = 0.7  # of what `extract` finds


class Kind(NamedTuple):
    """A type and a tier, each None where the text does not tell."""

    type: str | None = None
    tier: Tier | None = None
    why: str = ""  # in a few words; "" where neither is told


UNKNOWN = Kind()

_LABELS = {
    "decision": Kind("decision", Tier.SEMANTIC),
    "decided": Kind("decision", Tier.SEMANTIC),
    "adr": Kind("decision", Tier.SEMANTIC),
    "preference": Kind("preference", Tier.SEMANTIC),
    "antipattern": Kind("antipattern", Tier.SEMANTIC),
    "observation": Kind("observation"),
    "observed": Kind("observation"),
    "insight": Kind("insight", Tier.SEMANTIC),
    "lesson": Kind("insight", Tier.SEMANTIC),
    "lesson learned": Kind("insight", Tier.SEMANTIC),
    "lessons learned": Kind("insight", Tier.SEMANTIC),
    "root cause": Kind("insight", Tier.SEMANTIC),
    "handoff": Kind("handoff", Tier.EPISODIC),
    "handover": Kind("handoff", Tier.EPISODIC),
    "next step": Kind("handoff", Tier.EPISODIC),
    "next steps": Kind("handoff", Tier.EPISODIC),
    "fact": Kind("fact", Tier.SEMANTIC),
    "correction": Kind("correction", Tier.SEMANTIC),
    "how to": Kind(None, Tier.PROCEDURAL),
}
_LABEL = re.compile(
    rf"[\s#>*_-]*({'|'.join(sorted(_LABELS, key=len, reverse=True))})(?: ?\d{{1,4}})?[*_]*:", re.IGNORECASE
)
_HOW_TO = re.compile(r"[\s#]*how to (?!\S*\?)[^?\n]+(?:\n|$)", re.IGNORECASE)
_STEP = re.compile(r"^[ \t]*\d{1,2}[.)][ \t]+\S", re.MULTILINE)
_FEWEST_STEPS = 2

_NOBODY_MAY = re.compile(
    r"^(?:never (?!(?:have|has|had|was|were|did|do|does|is|are|will|would|mind|again)\b)|avoid "
    r"|(?:do not|don't) (?:ever|use|put|mock|call|commit|push|store|rely|write|hard-?code|deploy|merge|log|import|catch"
    r"|share|run)\b)|\bis an anti-?pattern\b",
    re.IGNORECASE,
)
_LEARNT = re.compile(
    r"^(?:it )?(?:turns|turned) out (?:that )?|^(?:I|we|the team) (?:have |'ve )?(?:learn(?:ed|t)|reali[sz]ed|found out"
    r"|discovered) (?:that|to)\b|^the (?:root cause|real reason|actual reason|lesson)\b.* (?:is|was)\b",
    re.IGNORECASE,
)
_SEEN = re.compile(
    r"^(?:I|we|users?|customers?|the team)(?: have|'ve)? (?:noticed|observed|keep seeing|kept seeing)\b", re.IGNORECASE
)
_LEFT = re.compile(
    r"^(?:(?:I|we) (?:left off|stopped) (?:at|in|with|before|after)\b|left off\b|(?:still|left) (?:to do|open)\b)",
    re.IGNORECASE,
)
_DONE_SO = re.compile(
    r"^(?:to|in order to) [a-z][^,]{2,80}, (?:first |just |then )?(?:run|use|call|open|set|click|type|go to|press"
    r"|restart|edit|add|copy|delete|start|stop|create|select|install|log in)\b",
    re.IGNORECASE,
)
_ASKED = re.compile(r"\?[\"'”’)\]*_]*$|\b(?:maybe|perhaps|might|could|whether|if)\b", re.IGNORECASE)

_OWN_RULES = (
    (_NOBODY_MAY, Kind("antipattern", Tier.SEMANTIC, "it says what is not to be done")),
    (_LEARNT, Kind("insight", Tier.SEMANTIC, "it says what was learnt")),
    (_SEEN, Kind("observation", None, "it says what was observed")),
    (_LEFT, Kind("handoff", Tier.EPISODIC, "it says where somebody stopped")),
    (_DONE_SO, Kind(None, Tier.PROCEDURAL, "it says how something is done")),
)
_OF_ITEMS = {
    ItemKind.DECISION: Kind("decision", Tier.SEMANTIC, "it says what was decided"),
    ItemKind.PREFERENCE: Kind("preference", Tier.SEMANTIC, "it says what somebody prefers"),
    ItemKind.FACT: Kind("fact", Tier.SEMANTIC, "it says what is so"),
    ItemKind.EPISODE: Kind(None, Tier.EPISODIC, "it says what somebody did"),
}
_FACT = _OF_ITEMS[ItemKind.FACT]
_NO_NAME = re.compile(r"^\w+ing\b", re.IGNORECASE)  # "Looking back, we …"


def infer(text: str) -> Kind:
    """Say what type and tier a text seems to have, `UNKNOWN` where it does not tell. Takes time linear in its length.

    Args:
        text: the body of a note, Markdown.
    """
    text = text.strip()
    if label := _LABEL.match(text):
        return _LABELS[label[1].casefold()]._replace(why=f"it begins with {label[1]!r}")
    if len(text) > _LONGEST:
        return UNKNOWN
    if _HOW_TO.match(text) and len(_STEP.findall(text)) >= _FEWEST_STEPS:
        return Kind(None, Tier.PROCEDURAL, "it lists the steps")
    said = [one.text for one in sentences(text)]
    if not 0 < len(said) <= _MOST_SENTENCES:
        return UNKNOWN
    first, *others = map(_kind_of, said)
    is_one = all(one in (UNKNOWN, _FACT, first) for one in others)
    return first if is_one and (first is not _FACT or UNKNOWN not in others) else UNKNOWN


def _kind_of(sentence: str) -> Kind:
    """Judge one sentence."""
    if _ASKED.search(sentence):
        return UNKNOWN
    for rule, kind in _OWN_RULES:
        if rule.search(sentence):
            return kind
    if _NO_NAME.match(sentence):
        return UNKNOWN
    items = extract(sentence)
    return _OF_ITEMS.get(items[0].kind, UNKNOWN) if items and items[0].confidence >= _SURE else UNKNOWN
