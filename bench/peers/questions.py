"""What every program is asked: taken from the notes themselves, by how common a word is. Seeded."""

import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from bench.vault_maker import CATEGORIES, STATES, TOPICS, TYPES, make_notes, path_of, rare_word

LENGTHS = (150, 300)  # words a note
RARE = 20
PHRASES = 100
_SAMPLE = 5_000  # notes that say how common a word is
_COMMON, _SELDOM = 0.1, 0.01  # shares of the notes: more hold a common word, fewer a seldom one
_MOST_TERMS = 8
_WORD = re.compile(r"[a-z]+")
_SENTENCE = re.compile(r"[A-Z][a-z ]+")


@dataclass(frozen=True, slots=True)
class Question:
    """Words any of which may be found, and what the notes must be besides."""

    text: str
    category: str | None = None
    type: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Questions:
    """Everything that is asked."""

    plain: tuple[Question, ...]
    filtered: tuple[Question, ...]
    phrases: tuple[Question, ...]  # the words of each one after another
    rare: tuple[tuple[str, str], ...]  # a word, and the path of the only note that holds it

    def save(self, file: Path) -> None:
        """Write them to a file."""
        file.write_text(json.dumps(asdict(self)), "utf-8")

    @classmethod
    def load(cls, file: Path) -> "Questions":
        """Read them from a file."""
        kept = json.loads(file.read_text("utf-8"))
        asked = {name: tuple(Question(**one) for one in kept[name]) for name in ("plain", "filtered", "phrases")}
        return cls(**asked, rare=tuple((word, path) for word, path in kept["rare"]))


def make_questions(notes: int, asked: int, *, seed: int = 7) -> Questions:
    """Make ``asked`` questions without and as many with filters about a generated vault of so many notes."""
    random_source = random.Random(seed)
    texts = [text.partition("\n---\n")[2] for _, text in islice(make_notes(notes, lengths=LENGTHS), _SAMPLE)]
    bands = word_bands(texts)
    plain, filtered = (
        tuple(_one(bands, number, random_source, is_filtered=is_filtered) for number in range(asked))
        for is_filtered in (False, True)
    )
    phrases = tuple(_phrase(random_source.choice(texts), random_source) for _ in range(PHRASES))
    numbers = random_source.sample(range(notes), min(RARE, notes))
    return Questions(plain, filtered, phrases, tuple((rare_word(number), path_of(number)) for number in numbers))


def word_bands(texts: Sequence[str]) -> list[list[str]]:
    """Sort the words by how many of the texts hold them: common ones, those between, seldom ones; none only once."""
    held_by = Counter(word for text in texts for word in set(_WORD.findall(text.lower())) if len(word) > 3)
    bands: list[list[str]] = [[], [], []]
    for word, count in sorted(held_by.items()):
        if count > 1:
            share = count / len(texts)
            bands[0 if share > _COMMON else 1 if share > _SELDOM else 2].append(word)
    return [band for band in bands if band]


def _one(bands: Sequence[Sequence[str]], number: int, random_source: random.Random, *, is_filtered: bool) -> Question:
    count = number % _MOST_TERMS + 1
    text = " ".join(random_source.choice(random_source.choice(bands)) for _ in range(count))
    if not is_filtered:
        return Question(text)
    category, type, state = (random_source.choice(names) for names in (CATEGORIES, TYPES, STATES))
    match number % 4:
        case 0:
            return Question(text, category=category)
        case 1:
            return Question(text, type=type)
        case 2:
            return Question(text, tag=f"topic{random_source.randrange(TOPICS)}")
        case _:
            return Question(text, category=category, type=type, tag=state)


def _phrase(text: str, random_source: random.Random) -> Question:
    """Take two or three words that stand beside each other in a sentence."""
    sentences = [found for found in _SENTENCE.findall(text) if found.count(" ") > 3]
    tokens = random_source.choice(sentences).lower().split()
    count = random_source.randint(2, 3)
    start = random_source.randrange(len(tokens) - count + 1)
    return Question(" ".join(tokens[start : start + count]))
