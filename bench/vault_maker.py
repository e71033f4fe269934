"""Vaults of any size that resemble real ones: Zipf's words, topics, properties, headings, tags, links. Seeded."""

import random
from collections.abc import Iterator
from pathlib import Path

VOCABULARY = 20_000
TOPICS = 60
TOPIC_WORDS = 150  # words that a topic uses more than others do
CATEGORIES = ("decisions", "howto", "incidents", "meetings", "people", "projects", "research")
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


def make_notes(count: int, *, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Give path and text of each note."""
    random_source = random.Random(seed)
    vocabulary = words(VOCABULARY)
    weights = [1 / (rank + 2) for rank in range(VOCABULARY)]
    topics = [random_source.sample(vocabulary, TOPIC_WORDS) for _ in range(TOPICS)]
    for number in range(count):
        topic = random_source.randrange(TOPICS)
        common = random_source.choices(vocabulary, weights, k=random_source.randint(60, 300))
        own = random_source.choices(topics[topic], k=len(common) // 4)
        yield path_of(number), _text(number, topic, common + own, count, random_source)


def path_of(number: int) -> str:
    """Give the path of note ``number``."""
    return f"{CATEGORIES[number % len(CATEGORIES)]}/{number % 100:02d}/note-{number}.md"


def write_vault(folder: Path, count: int, *, seed: int = 1) -> None:
    """Write the notes to a folder."""
    for path, text in make_notes(count, seed=seed):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def _text(number: int, topic: int, tokens: list[str], count: int, random_source: random.Random) -> str:
    random_source.shuffle(tokens)
    links = [f"[[note-{random_source.randrange(count)}]]" for _ in range(random_source.randint(0, 4))]
    half = len(tokens) // 2
    head, tail = _sentences(tokens[:half]), _sentences(tokens[half:])
    return (
        f"---\ntype: note\nimportance: {random_source.random():.2f}\ncreated: 2026-01-{number % 28 + 1:02d}T08:00:00\n"
        f"tags:\n  - topic{topic}\n---\n\n# {' '.join(tokens[:4])}\n\n{head} {rare_word(number)}.\n"
        f"\n## {' '.join(tokens[4:7])}\n\n{tail}\n\nSee {', '.join(links) or 'nothing'}. #bench\n"
    )


def _sentences(tokens: list[str]) -> str:
    return " ".join(f"{' '.join(tokens[at : at + 12]).capitalize()}." for at in range(0, len(tokens), 12))
