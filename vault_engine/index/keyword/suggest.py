"""What a question with a misspelt word may have meant. Pure."""

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from whoosh import query as queries
from whoosh.analysis import Token
from whoosh.fields import Schema

from vault_engine.index.keyword.analyse import Analyser
from vault_engine.index.keyword.live import Keywords
from vault_engine.index.keyword.model import COMBINED
from vault_engine.index.keyword.reader import Reader

_MAX_EDITS = 2
_MAX_WORDS = 4  # of a question that are looked up
_LOOKED_AT = 20  # words that are near: some may be only in rows that are not there any more


class Suggestion(NamedTuple):
    """A word that a question may have meant."""

    start: int  # of the word as it was written, in characters of the question
    end: int
    term: str  # as the index has it, without its ending: see `written_form`
    row: int  # one that holds it


def suggestions(query: queries.Query, keywords: Keywords, schema: Schema) -> list[Suggestion]:
    """Say for each word that no row holds which other one may have been meant, in order.

    Args:
        query: parsed, so that it knows where its words stand in the question.
        keywords: what is searched.
        schema: its fields.
    """
    reader = Reader(keywords, schema)
    corrector = reader.corrector(COMBINED)
    fields = {COMBINED, *keywords.fields}
    found = []
    words = [leaf for leaf in query.leaves() if isinstance(leaf, queries.Term | queries.Phrase)]
    tokens = [token for leaf in words if leaf.fieldname in fields for token in leaf.tokens()]
    unknown = [token for token in tokens if _is_unknown(token, reader)]
    for token in unknown[:_MAX_WORDS]:
        every = range(1, _MAX_EDITS + 1)
        nearer = (corrector.suggest(token.text, limit=_LOOKED_AT, maxdist=edits, prefix=1) for edits in every)
        term = next((term for terms in nearer for term in terms if keywords.frequency(term.encode())), None)
        if term is not None:
            rows = keywords.holders(term.encode()).rows
            found.append(Suggestion(token.startchar, token.endchar, term, int(rows[np.argmax(keywords.alive[rows])])))
    return found


def written_form(term: str, text: str, analyser: Analyser) -> str:
    """Give a term as a text that holds it writes it; the term itself if it does not."""
    composed = unicodedata.normalize("NFC", text)
    return next((composed[start:end] for start, end, _ in analyser.found(composed, [term])), term)


def corrected(question: str, found: Sequence[tuple[Suggestion, str]]) -> str:
    """Write words in the place of others: pairs of a suggestion and how it is written, in order."""
    for suggestion, word in reversed(found):
        question = f"{question[: suggestion.start]}{word}{question[suggestion.end :]}"
    return question


def _is_unknown(token: Token, reader: Reader) -> bool:
    is_word = isinstance(token.text, str) and token.startchar is not None
    return is_word and not reader.doc_frequency(COMBINED, token.text)
