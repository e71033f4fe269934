"""Vaults of any size that resemble real ones: Zipf's words, topics, properties, headings, tags, links. Seeded.

The same arguments give the same bytes on every machine: only `random.Random` draws, whose sequence never changes.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

VOCABULARY = 20_000
TOPICS = 60
TOPIC_WORDS = 150  # words that a topic uses more than others do
CATEGORIES = ("decisions", "howto", "incidents", "meetings", "people", "projects", "research")
TYPES = ("note", "decision", "fact", "task", "log")
STATES = ("open", "settled", "doubtful")
SHORT_TO_LONG = (75, 375)  # words a note, where nothing else is asked for
_LINKS_TO_KNOWN = 0.6  # the share of links that go where another link goes already, so that hubs grow
_SYLLABLES = (
    "ba be bi bo da de di do fa fe ga go ka ke la le li lo ma me mi mo na ne no pa pe ra re ri ro sa so ta te to"
)


def words(count: int) -> list[str]:
    """Give ``count`` different words, always the same."""
    syllables = _SYLLABLES.split()
    base = len(syllables)
    return [
        syllables[n % base] + syllables[n // base % base] + syllables[n // base**2 % base] + "s" * (n // base**3)
        for n in range(count)
    ]


def rare_word(number: int) -> str:
    """Give the word that only note ``number`` holds."""
    return f"zq{number}x"


def make_notes(count: int, *, seed: int = 1, lengths: tuple[int, int] = SHORT_TO_LONG) -> Iterator[tuple[str, str]]:
    """Give path and text of each note; ``lengths`` are the fewest and the most words that one has."""
    random_source = random.Random(seed)
    vocabulary = words(VOCABULARY)
    shares = list(accumulate(1 / (rank + 2) for rank in range(VOCABULARY)))
    topics = [random_source.sample(vocabulary, TOPIC_WORDS) for _ in range(TOPICS)]
    linked: list[int] = []
    for number in range(count):
        topic = random_source.randrange(TOPICS)
        tokens = random_source.choices(vocabulary, cum_weights=shares, k=random_source.randint(*lengths))
        tokens[2::5] = random_source.choices(topics[topic], k=len(tokens[2::5]))
        yield path_of(number), _text(number, topic, tokens, _targets(linked, count, random_source), random_source)


def path_of(number: int) -> str:
    """Give the path of note ``number``."""
    return f"{CATEGORIES[number % len(CATEGORIES)]}/{number % 100:02d}/note-{number}.md"


def write_vault(folder: Path, count: int, *, seed: int = 1, lengths: tuple[int, int] = SHORT_TO_LONG) -> None:
    """Write the notes to a folder; see `make_notes`."""
    folders: set[str] = set()
    for path, text in make_notes(count, seed=seed, lengths=lengths):
        inner = path.rpartition("/")[0]
        if inner not in folders:
            (folder / inner).mkdir(parents=True, exist_ok=True)
            folders.add(inner)
        with open(f"{folder}/{path}", "wb") as file:  # noqa: PTH123 - a Path each would take as long as the words
            file.write(text.encode())


def _targets(linked: list[int], count: int, random_source: random.Random) -> list[int]:
    """Choose what a note links to, where others do rather than anywhere, and remember it."""
    chosen = [
        random_source.choice(linked)
        if linked and random_source.random() < _LINKS_TO_KNOWN
        else random_source.randrange(count)
        for _ in range(random_source.randint(0, 4))
    ]
    linked += chosen
    return chosen


def _text(number: int, topic: int, tokens: Sequence[str], targets: Sequence[int], random_source: random.Random) -> str:
    half = len(tokens) // 2
    head, tail = _sentences(tokens[:half]), _sentences(tokens[half:])
    day = random_source.randrange(1000)  # of three years of 12 months of 28 days
    links = ", ".join(f"[[note-{target}]]" for target in targets)
    return (
        f"---\ntype: {random_source.choice(TYPES)}\nimportance: {random_source.random():.2f}\n"
        f"created: {2024 + day // 336}-{day // 28 % 12 + 1:02d}-{day % 28 + 1:02d}T08:00:00\n"
        f"tags:\n  - topic{topic}\n  - {random_source.choice(STATES)}\n---\n\n"
        f"# {' '.join(tokens[:4])}\n\n{head} {rare_word(number)}.\n"
        f"\n## {' '.join(tokens[4:7])}\n\n{tail}\n\nSee {links or 'nothing'}. #bench\n"
    )


def _sentences(tokens: Sequence[str]) -> str:
    return " ".join(f"{' '.join(tokens[at : at + 12]).capitalize()}." for at in range(0, len(tokens), 12))
