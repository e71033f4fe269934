"""What of a search Whoosh is needed for: questions in its language, phrases, and words that nobody wrote so."""

from vault_engine.index.keyword.run import scores
from vault_engine.index.keyword.suggest import corrected, suggestions, written_form
from vault_engine.index.store import Index
from vault_engine.index.view import View
from vault_engine.search.fuse import Floats
from vault_engine.search.query import Query


def matched(index: Index, view: View, text: str) -> tuple[Floats, tuple[str, ...]]:
    """Score all rows against a question in the query language, 0 for no match; and say what could not be used of it."""
    parsed = index.language.parse(text)
    return scores(parsed.query, view.keywords, index.language.schema).scores, parsed.unused


def did_you_mean(index: Index, query: Query) -> str | None:
    """Write the question with other words in the place of those that no note has; None if there are none."""
    view, language = index.view.within(query.within), index.language
    found = []
    for one in suggestions(language.parse(query.text, any_word=True).query, view.keywords, language.schema):
        text = " ".join(filter(None, index.fields_of(view.owner(one.row)).values()))
        found.append((one, written_form(one.term, text, index.analyser)))
    return corrected(query.text, found) if found else None
