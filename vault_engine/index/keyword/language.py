"""The language that questions can be asked in: Whoosh's, with the fields of notes. Pure.

Words are all required; ``OR``, ``NOT``, brackets, ``"a phrase"``, ``"loosely so"~3``, ``begin*``, ``almost~``,
``title:word``, ``tag:a``, ``created:>2026-11``, ``importance:[0.5 to 1]`` and ``word^2`` mean what they mean in
Whoosh. Every text is a question: what makes no sense is left out, and said.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite
from typing import Any

from whoosh import query as queries
from whoosh.fields import Schema
from whoosh.qparser import plugins, syntax
from whoosh.qparser.default import QueryParser
from whoosh.query.qcore import _NullQuery

from vault_engine.index.keyword.analyse import Analyser, fold
from vault_engine.index.keyword.model import COMBINED
from vault_engine.index.keyword.phrase import SpacedPhrase
from vault_engine.index.keyword.postings import FIELD_GAP, FIELD_WEIGHTS
from vault_engine.index.keyword.schema import Property, make_schema

MAX_CHARS = 4_000
MAX_DEPTH = 16  # of brackets
MAX_RANGES = 16
MAX_PATTERNS = 8  # words with * or ~: each may mean many
MAX_OPEN_PATTERNS = 2  # of them those that begin with *: all words of the vault are looked at
MAX_EDITS = 2
MAX_SLOP = FIELD_GAP - 1
MAX_TREE = 60
_MIN_STEM = 3
_LEAST_BOOST, _MOST_BOOST = 0.001, 1_000.0

_QUOTES = str.maketrans("“”„«»", '"' * 5)
_NAMED = re.compile(r"(?<!\S)\(*(\w+):(?=[^\s/:])")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A question that was understood."""

    query: queries.Query
    unused: tuple[str, ...]  # what of it could not be used, in words


@dataclass(slots=True)
class _Tidying:
    """What is to be watched while a tree is made safe to run."""

    analyser: Analyser
    schema: Schema
    unused: list[str] = field(default_factory=list)
    patterns: int = 0
    open_patterns: int = 0


class Language:
    """Understands questions about an index. One may be used by several threads."""

    def __init__(self, analyser: Analyser, fields: tuple[str, ...] = tuple(FIELD_WEIGHTS)) -> None:
        """Prepare.

        Args:
            analyser: the index's.
            fields: what the index's rows are made of.
        """
        self.analyser = analyser
        self.schema = make_schema(analyser, fields)
        names = "|".join(sorted(self.schema.names(), key=len, reverse=True))
        self._plugins: list[plugins.Plugin] = [
            plugins.FieldsPlugin(rf"(?<![^\s(])(?P<text>{names}):"),
            plugins.WildcardPlugin(r"(?P<text>(?<=\S)[*](?![*])|[*](?=[\w?])|(?<=\w)[?](?=[\w*]))"),
            _Phrases(),
            plugins.RangePlugin(),
            plugins.GroupPlugin(),
            plugins.OperatorsPlugin(),
            plugins.BoostPlugin(),
            plugins.FuzzyTermPlugin(),
            plugins.GtLtPlugin(r"(?<=\w:)(?P<rel>(<=|>=|<|>|=<|=>))"),
            plugins.EveryPlugin(),
        ]

    def parse(self, text: str, *, any_word: bool = False) -> Parsed:
        """Understand a question, whatever it is.

        Args:
            text: the question.
            any_word: words are not required, each only makes a row better.
        """
        tidying = _Tidying(self.analyser, self.schema)
        simple = _simplified(text, tidying.unused)
        self._name_unknown_fields(simple, tidying.unused)
        group = syntax.OrGroup if any_word else syntax.AndGroup
        try:
            tree = QueryParser(COMBINED, self.schema, plugins=self._plugins, group=group).parse(simple, normalize=False)
            query = _tidy(tree, tidying, 0).normalize()
        except Exception:  # noqa: BLE001  what a parser does with nonsense is not known: its words are left
            tidying.unused.append("the question is not well formed: only its words were looked for")
            query = self._words(simple)
        return Parsed(query, tuple(dict.fromkeys(tidying.unused)))

    def _name_unknown_fields(self, text: str, unused: list[str]) -> None:
        for name in _NAMED.findall(text):
            if name not in self.schema:
                unused.append(f"there is no field {name!r}: it was taken as a word")

    def _words(self, text: str) -> queries.Query:
        return queries.Or([queries.Term(COMBINED, term) for term in self.analyser.counts(text)]).normalize()


class _Phrases(plugins.PhrasePlugin):  # type: ignore[misc]
    """Phrases that keep count of the stop words between their words, and values with blanks in them."""

    class PhraseNode(plugins.PhrasePlugin.PhraseNode):  # type: ignore[misc]
        """What stands between quotes."""

        def query(self, parser: QueryParser) -> queries.Query | None:
            """Make the query."""
            name = self.fieldname or parser.fieldname
            kind = parser.schema[name]
            if kind.self_parsing():
                return parser.term_query(name, self.text, queries.Term, boost=self.boost)
            begin = self.textstartchar
            tokens = kind.tokenize(self.text, mode="query", positions=True, chars=True)
            found = [(token.text, token.pos, (begin + token.startchar, begin + token.endchar)) for token in tokens]
            if not found:
                return None
            words, places, ranges = zip(*found, strict=True)
            gaps = [after - before for before, after in pairwise(places)]
            if len(words) == 1:
                made = queries.Term(name, words[0], boost=self.boost)
            elif set(gaps) == {1}:
                made = queries.Phrase(name, list(words), self.slop, self.boost, ranges)
            else:
                made = SpacedPhrase(name, words, self.slop, self.boost, ranges, gaps)
            made.startchar, made.endchar = self.startchar, self.endchar
            return made

    class PhraseTagger(plugins.PhrasePlugin.PhraseTagger):  # type: ignore[misc]
        """Finds quotes."""

        def create(self, parser: QueryParser, match: re.Match[str]) -> "_Phrases.PhraseNode":  # noqa: ARG002
            """Make the node of what is between two."""
            slop = match.group("slop")
            return _Phrases.PhraseNode(match.group("text"), match.start("text"), int(slop[:4]) if slop else 1)


def _simplified(text: str, unused: list[str]) -> str:
    """Take out what would take a parser too long."""
    if len(text) > MAX_CHARS:
        unused.append(f"what follows the first {MAX_CHARS} characters")
        text = text[:MAX_CHARS].rpartition(" ")[0] or text[:MAX_CHARS]  # no half word
    text = text.translate(_QUOTES)
    if _depth(text) > MAX_DEPTH:
        unused.append(f"brackets within more than {MAX_DEPTH} brackets")
        text = text.replace("(", " ").replace(")", " ")
    if text.count("[") + text.count("{") > MAX_RANGES:
        unused.append(f"ranges, being more than {MAX_RANGES}")
        text = re.sub(r"[\[\]{}]", " ", text)
    return text


def _depth(text: str) -> int:
    depth = deepest = 0
    for sign in re.findall("[()]", text):
        depth = max(depth + 1 if sign == "(" else depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _tidy(node: queries.Query | None, tidying: _Tidying, depth: int) -> queries.Query:
    """Make a tree safe to run: without what could not be understood, and without what would take too long."""
    if depth > MAX_TREE:
        raise RecursionError
    if node is None or isinstance(node, _NullQuery):
        if node is not None and node.error is not None:
            tidying.unused.append(str(node.error))
        return queries.NullQuery
    if hasattr(node, "boost"):
        node.boost = min(max(node.boost, _LEAST_BOOST), _MOST_BOOST) if isfinite(node.boost) else _MOST_BOOST
    if isinstance(node, queries.Not):
        return queries.Not(_tidy(node.query, tidying, depth + 1))
    if isinstance(node, queries.AndNot | queries.AndMaybe | queries.Require):
        return type(node)(_tidy(node.a, tidying, depth + 1), _tidy(node.b, tidying, depth + 1))
    if isinstance(node, queries.And | queries.Or):
        return type(node)([_tidy(each, tidying, depth + 1) for each in node.subqueries], boost=node.boost)
    if isinstance(node, queries.Phrase):
        node.slop = min(node.slop, MAX_SLOP)
    if isinstance(node, queries.Prefix | queries.Wildcard | queries.FuzzyTerm):
        return _tidy_pattern(node, tidying)
    if isinstance(node, queries.TermRange):
        node.constantscore = not _is_text(node, tidying)
    return node


def _tidy_pattern(node: Any, tidying: _Tidying) -> queries.Query:
    if not isinstance(node, queries.Prefix | queries.FuzzyTerm) and not node.text.strip("*?"):
        return queries.Every(node.fieldname, boost=node.boost)
    is_open = node.text[:1] in ("*", "?", "[")
    tidying.patterns += 1
    tidying.open_patterns += is_open
    if tidying.patterns > MAX_PATTERNS or tidying.open_patterns > MAX_OPEN_PATTERNS:
        tidying.unused.append(f"{node.text}: there are too many patterns")
        return queries.NullQuery
    node.text = node.text.replace("[", "[[]") if isinstance(node, queries.Wildcard) else node.text
    node.constantscore = not _is_text(node, tidying)
    node.text = fold(node.text.casefold()) if _is_text(node, tidying) else node.text.casefold()
    if isinstance(node, queries.FuzzyTerm):
        node.maxdist, node.prefixlength = min(node.maxdist, MAX_EDITS), max(node.prefixlength, 1)
    if _is_text(node, tidying) and isinstance(node, queries.Prefix | queries.FuzzyTerm):
        node.text = _stemmed(node, tidying.analyser)
    return node


def _stemmed(node: Any, analyser: Analyser) -> str:
    """Bring the word of a pattern nearer to the terms, which have no endings."""
    terms = list(analyser.counts(node.text))
    text: str = node.text
    if len(terms) != 1:
        return text
    if isinstance(node, queries.FuzzyTerm):
        return terms[0]
    return terms[0] if text.startswith(terms[0]) and len(terms[0]) >= _MIN_STEM else text


def _is_text(node: Any, tidying: _Tidying) -> bool:
    return not isinstance(tidying.schema[node.fieldname], Property)
