"""What of a conversation is worth keeping: decisions, preferences, corrections, facts. Pure, by rules, no model.

Rather nothing than something wrong: a sentence must say it all by itself, and must not be a question, an order for this
moment, code, a quotation or a paste.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from vault_engine.lifecycle.extract import ItemKind, extract
from vault_engine.lifecycle.sentences import sentences
from vault_engine.security.scrub import scrub
from vault_engine.transfer.transcript import Role, cleaned

Sort = Literal["decision", "preference", "correction", "fact"]

_PASTE_CHARS = 1500  # what is longer is mostly pasted: only its two ends are a person's words
_END_CHARS = 500
_LOG_CHARS = 20_000  # what is longer even without its code is nothing that a person has typed
_SURE = 0.7  # of what `extract` finds
_MIN_CHARS, _MAX_CHARS, _MIN_WORDS = 20, 400, 4

_FENCED = re.compile(r"^[ \t]{0,3}(```|~~~).*?(?:^[ \t]{0,3}\1[^\n]*$|\Z)", re.DOTALL | re.MULTILINE)
_TAGGED = re.compile(r"<([A-Za-z][\w-]{0,40})(?: [^<>\n]{0,300})?>.*?</\1>", re.DOTALL)
_NO_PROSE = re.compile(
    r"^[ \t]*(?:>|\$ |>>>|\.\.\.|[-+@]{2,3} |[+-]\s{2,}|at [\w.$<>]+\(|File \"|Traceback|\||#|//|/\*"
    r"|import |from \w+ import"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:|\[\d|\[?(?:ERROR|WARN|WARNING|INFO|DEBUG)\b|E   )|[{};]\s*$|=>|\(\)|^\S+:\d+:"
)

# ---- who says something that holds from now on

_LASTING = re.compile(
    r"^(?:please |and |so |also |ok(?:ay)?,? |remember:? |note:? )*"
    r"(?:always\b|never\b|from now on\b|going forward\b|in (?:the )?future\b|by default\b|whenever\b|every time\b"
    r"|(?:don't|do not|you (?:should|must)(?: not|n't)?) (?:ever|always|never)\b"
    r"|we (?:always|never) |i want you to (?:always|never) )",
    re.IGNORECASE,
)
_LASTING_INSIDE = re.compile(
    r"(?:\b(?:don't|do not|stop|avoid|no more) .{3,200} (?:ever|again|any ?more)"
    r"|(?:^|[,;:] |\bplease )(?:use|write|keep|put|call|name|run) .{3,200} (?:from now on"
    r"|in (?:this|our) (?:repo|repository|project|codebase)|everywhere|by default|instead of [\w`./-]+))[.!]?$",
    re.IGNORECASE,
)
_REMEMBER = re.compile(
    r"^(?:please |and |also )*(?:remember|keep in mind|note|for the record|fyi|be aware)(?: that\b|:|,| -)\s*"
    r"(?P<rest>.+)$",
    re.IGNORECASE,
)

# ---- who sets something right

_CORRECTING = re.compile(
    r"^(?:no|nope|wrong|actually|not quite|incorrect|correction"
    r"|(?:that's|that is|this is|it's|you're|you are)(?: actually)?"
    r" (?:not (?:right|correct|true)|wrong|incorrect|mistaken)"
    r"|i meant|i said)\b[\s,.:;!—–-]*(?P<rest>.+)$",
    re.IGNORECASE,
)
_SET_RIGHT = re.compile(
    r"\b(?:is|are|was|were|isn't|aren't|uses?|runs?|lives?|listens?|belongs?|needs?|must|has|have|goes|means|comes"
    r"|starts?|ends?|happens?|takes?|costs?)\b",
    re.IGNORECASE,
)
_AGAINST = re.compile(r"\b(?:not|isn't|aren't|never|instead|rather than|no longer)\b|n't\b", re.IGNORECASE)

# ---- what says nothing by itself

_LEANING = re.compile(
    r"^(?:it|this|that|these|those|they|them|he|she|there|here)\b"
    r"|\b(?:use|with|take|keep|drop|do|try|like|prefer|for|chose|choose|picked|hate|love|want|to|on) "
    r"(?:it|this|that|these|those|them|one"
    r"|(?:the|your|my|a) (?:first|second|third|last|latter|former|other|same|simpler|next)"
    r"(?: one| option| approach| version| way| idea)?|option \w|your (?:suggestion|idea|plan|approach|version)"
    r"|(?:this|that|the) (?:one|way|approach|idea|version|plan|option|change|fix|line|function|file|test))"
    r"\s*(?:$|[.,;!:)]|(?:for now|instead|then|too|better|more|and|but|as|because|since|here|there|please)\b)",
    re.IGNORECASE,
)
_MOMENTARY = re.compile(
    r"\b(?:right now|for now|this time|just this once|at the moment|let me|let's see|i'll|i will|i'm going to|going to"
    r"|i can|i could|i've (?:added|fixed|updated|run|made|changed|created|removed|refactored|written|implemented)"
    r"|(?:looks?|sounds?|seems?) (?:good|great|fine|right|like)|thanks|thank you|good (?:job|work|idea)|nice|perfect)\b"
    r"|\b(?:see you|good night|go ahead|bed)\b|\b(?:here|now|today|tomorrow|tonight|asap)[.!]*$"
    r"|\b(?:i|we) (?:always |really |also )?(?:like|love|enjoy)(?:d)? (?:how|what|where|your|the way)\b",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"^(?:please |now |and |then |ok(?:ay)?,? |just )*(?:write|implement|create|add|make|show|explain|build|generate"
    r"|give|tell|check|look|fix|change|rename|move|remove|delete|update|refactor|run|describe|summari[sz]e|translate|imagine|assume"
    r"|suppose|pretend|switch|open|read|find|list|compare|test|try|help)\b",
    re.IGNORECASE,
)
_MINE = re.compile(r"\b(?:I|we|let's|my|our|us|me|team|clients?|customers?|board)\b", re.IGNORECASE)
_PASSING = re.compile(
    r"^(?:so |and |but |then )*I(?:'m| am|'ll| will| want)\b"
    r"|\bI(?:'ve| have)? (?:just )?(?:decided|chose|chosen|agreed) (?!(?:that|on|against|for|not)\b)"
    r"(?!to (?:use|keep|go with|drop|switch|adopt|stay|support|store|host|deploy|ship|buy|hire)\b)",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"\?|^(?:should|shall|could|can|would|what|why|how|which|when|where|who|is|are|do|does)\b", re.I)
_CHATTY = re.compile(
    r"\b(?:movie|song|weather|lunch|dinner|breakfast|coffee|weekend|football|joke|haiku|poem|birthday|holiday)\b", re.I
)
_SETTLED = re.compile(
    r"^(?:decision|decided|agreed|resolution)\b ?\d*:|\bwe(?:'ve| have)? (?:now |also |finally |therefore )?"
    r"(?:decided|agreed|settled on|chosen|chose|opted)\b"
    r"|^(?:you|the user)(?:'ve| have| has)? (?:prefers?|decided|asked to always|asked to never|wants? to always)\b",
    re.IGNORECASE,
)
_LABELLED = re.compile(r"^(?:decision|decided|resolution):", re.IGNORECASE)
_TO_USER = re.compile(r"^you (?=prefer|decided|have decided)", re.IGNORECASE)


class Worth(NamedTuple):
    """Something worth keeping."""

    sort: Sort
    text: str  # a sentence
    role: Role  # who said it


def worth_keeping(said: Iterable[tuple[Role, str]]) -> list[Worth]:
    """Give what is worth keeping of what was said, in its order, each thing once, without secrets."""
    found: dict[str, Worth] = {}
    for role, text in said:
        for one in _of_user(text) if role == "user" else _of_assistant(text):
            found.setdefault(one.text.casefold(), one)
    return list(found.values())


def _of_user(text: str) -> Iterator[Worth]:
    for sentence in _sentences(text):
        sort = _sort_of(sentence)
        if sort and (kept := _kept(_REMEMBER.sub(lambda found: _upper(found["rest"]), sentence))):
            yield Worth(sort, kept, "user")


def _sort_of(sentence: str) -> Sort | None:
    """Say what a sentence of a person is, None for nothing that is to be kept."""
    if _QUESTION.search(sentence) or _CHATTY.search(sentence):
        return None
    if correcting := _CORRECTING.match(sentence):
        rest = correcting["rest"]
        is_right = _SET_RIGHT.search(rest) and _AGAINST.search(sentence) and not _leans(rest)
        return "correction" if is_right and len(rest.split()) >= _MIN_WORDS else None
    if _LASTING.match(sentence) or _LASTING_INSIDE.search(sentence):
        return None if _LEANING.search(sentence) else "preference"
    if remember := _REMEMBER.match(sentence):
        rest = remember["rest"]
        return None if _leans(rest) or not _SET_RIGHT.search(rest) else _kind_of(rest) or "fact"
    return None if _leans(sentence) else _kind_of(sentence)


def _of_assistant(text: str) -> Iterator[Worth]:
    """Of what the assistant says only what was settled with the person counts, not what it is about to do."""
    for sentence in _sentences(text):
        if not _SETTLED.search(sentence) or _QUESTION.search(sentence) or _leans(sentence):
            continue
        said = _TO_USER.sub("The user ", sentence)
        sort: Sort = "preference" if re.match(r"(?:the user|you) (?:prefers?|want|asked)", said, re.I) else "decision"
        if kept := _kept(said):
            yield Worth(sort, kept, "assistant")


def _kind_of(sentence: str) -> Sort | None:
    if _ORDER.match(sentence) or _PASSING.search(sentence) or not _MINE.search(sentence):
        return "decision" if _LABELLED.match(sentence) else None
    items = extract(sentence, (ItemKind.DECISION, ItemKind.PREFERENCE))
    if not items or items[0].confidence < _SURE:
        return None
    return "decision" if items[0].kind is ItemKind.DECISION else "preference"


def _leans(sentence: str) -> bool:
    """Say whether a sentence means nothing without what was said before it, or only this moment."""
    return bool(_LEANING.search(sentence) or _MOMENTARY.search(sentence))


def _sentences(text: str) -> Iterator[str]:
    """Give the sentences that somebody wrote, without code, quotations, logs and the middle of long pastes."""
    text = _FENCED.sub("\n", cleaned(text))
    if len(text) > _LOG_CHARS:
        return
    text = _TAGGED.sub("\n", text)
    if len(text) > _PASTE_CHARS:
        text = f"{text[:_END_CHARS].rpartition('. ')[0]}.\n\n{text[-_END_CHARS:].partition('. ')[2]}"
    prose = "\n".join("" if _NO_PROSE.search(line) else line for line in text.split("\n"))
    for sentence in sentences(prose):
        if _MIN_CHARS <= len(sentence.text) <= _MAX_CHARS and len(sentence.text.split()) >= _MIN_WORDS:
            yield sentence.text.replace("’", "'")


def _kept(sentence: str) -> str:
    """Write a sentence as it is kept; "" where hardly more than a secret is left of it."""
    text, removed = scrub(sentence)
    return "" if removed and len(text.split()) < _MIN_WORDS + 2 * removed else _upper(text)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
