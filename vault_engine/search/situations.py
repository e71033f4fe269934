"""Notes that say in which situations they matter (``recall_when``), and whether a question is one. Pure."""

from collections.abc import Callable, Collection, Set


def is_situation(stated: object, asked: Set[str], terms_of: Callable[[str], Collection[str]]) -> bool:
    """Say whether the words of a question hold every word of one of the situations that a note states.

    Args:
        stated: the property, as the note has it: a text or a list of texts; anything else is none.
        asked: the terms of the question.
        terms_of: gives the terms of a text.
    """
    situations = stated if isinstance(stated, list) else [stated]
    terms = (set(terms_of(one)) for one in situations if isinstance(one, str))
    return any(words and words <= asked for words in terms)
