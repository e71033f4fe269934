"""Notes that say in which situations they matter (``recall_when``), and whether a question is one. Pure."""

from collections.abc import Callable, Collection, Set


def is_situation(
    stated: object, asked: Set[str], terms_of: Callable[[str], Collection[str]], most_for_one: int | None = None
) -> bool:
    """Say whether the words of a question hold every word of one of the situations that a note states.

    Args:
        stated: the property, as the note has it: a text or a list of texts; anything else is none.
        asked: the terms of the question.
        terms_of: gives the terms of a text.
        most_for_one: how many terms a question has at most that a situation of one term is of; None: any number.
    """
    situations = stated if isinstance(stated, list) else [stated]
    terms = (set(terms_of(one)) for one in situations if isinstance(one, str))
    fewest = 1 if most_for_one is None or len(asked) <= most_for_one else 2
    return any(len(words) >= fewest and words <= asked for words in terms)
