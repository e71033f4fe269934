"""Every number that ranking depends on, and where it comes from. Pure."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class TurnWeights:
    """What speaks for a turn of a conversation. Each feature lies in [0, 1], and their weighted mean is the score.

    Learned by a linear ranker from 959 questions about five conversations (`memwell eval locomo`), each judged by
    what was learned from the four others: 82.6 / 89.3 / 64.8; then rounded.
    """

    words: float = 1.0  # its words and, less, those of the turns around it
    meaning: float = 0.25  # its vector
    window: float = 0.45  # the mean vector of it and the turns beside it
    conversation: float = 0.95  # the best turns of the same conversation
    answers: float = 0.4  # how well the turn before it fits, where that asks something
    around: float = 1.05  # how well the better of the turns beside it fits
    time: float = 0.35  # the question asks when, and the turn names a time
    speaker: float = 0.18  # the question names who speaks
    own_words: float = 0.34  # how many of the question's words it holds itself
    length: float = 0.38  # there is something in it: the logarithm of its words
    asks: float = -0.11  # it ends with a question itself

    lent: tuple[tuple[int, float], ...] = ((1, 0.5), (-1, 0.25), (2, 0.25), (-2, 0.1))
    """What a word of the turn so many steps before (or behind, if negative) counts for; measured on other data."""

    evidence_words: float = 0.7  # of `conversation`, `answers` and `around`: how much of "fits" is words
    evidence_meaning: float = 0.15
    evidence_window: float = 0.15
    best_turns: int = 3  # of a conversation that tell how good it is
    many_words: int = 150  # of a turn that is as long as any

    def again(self, name: str, other: "TurnWeights") -> float:
        """Say how many times as much a feature counts by other weights; 1 for what is no feature."""
        own = getattr(self, name, 0.0)
        return getattr(other, name) / own if own else 1.0

    @property
    def total(self) -> float:
        """The sum of what may speak for a turn."""
        return sum(
            (
                self.words, self.meaning, self.window, self.conversation, self.answers, self.around, self.time,
                self.speaker, self.own_words, self.length,
            )
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weights:
    """The numbers of the read path. Those without a source were chosen, not measured."""

    # Fusion: the best convex sum on LoCoMo's five conversations and the 56 questions about two vaults together. What
    # is said of coverage was set on the odd questions about the sample vault: many values near these do as well.
    semantic_share: float = 0.3  # of meaning, where a row holds `well_covered` of the question
    semantic_share_alone: float = 0.9  # where none holds more than `hardly_covered`; between the two it falls evenly
    well_covered: float = 0.9  # of what a question's words tell
    hardly_covered: float = 0.2
    half_saturation: float = 10.0  # the BM25F score that counts as 0.5: about two rare words of the question
    min_cosine: float = 0.25  # a chunk that shares no word with the question must at least be this near
    min_cosine_alone: float = 0.35  # and this near where no chunk shares one: gibberish seldom comes nearer
    rrf_k: float = 5.0  # of reciprocal rank fusion: on LoCoMo's turns 60 is far worse

    # Silence: set on the questions with an odd id in bench/data/sample_questions.jsonl, on vaults of one-line memories,
    # and on the questions about one of three vaults asked of another; limits of 0.53 to 0.56 do as well.
    doubtful: float = 0.75  # of coverage and nearness together, from 0 to 2: below, the best rows are looked at closer
    looked_at_closer: int = 4  # rows
    convincing: float = 0.55  # the evidence that makes an answer of doubtful rows, of `usual_words` each
    convincing_nearness: float = 0.15  # of it: what nearness in meaning counts for, beside the likeness of words
    alike_by_length: float = 0.06  # what unrelated texts are more alike when they are e times as long
    usual_words: float = 100.0
    met_by_chance: float = 0.15  # what a question e times as long needs less: of few words, one is much of it
    usual_question_words: float = 4.0
    most_question_words: int = 10  # longer ones need no less: unlimited, whole paragraphs about anything got answers
    common_word: int = 1_000  # where words begin in the packaged model's list of tokens, the most used first
    rare_word: int = 30_000  # and where the list ends
    least_rarity: float = 0.05  # of a word as common as any
    most_missing: float = 15.0  # of what a question's words tell: about three that no note has

    # Quality: only ever multiplies relevance. Stated at random by all of LoCoMo's turns it costs recall_any@5 less than
    # two points; with twice as much for importance and confidence it cost six.
    set_back: float = 0.5  # replaced, no longer valid, expired, or shown less of by its owner
    recency: float = 0.05  # a note of today, against one without a date; a weight of 0.05 is the best published
    half_life_days: float = 30.0
    importance: float = 0.05  # 1 counts for so much more than 0.5, and 0 for so much less
    confidence: float = 0.08  # 0 counts for so much less than 1
    pinned: float = 0.05
    in_time: float = 0.8  # a note of the time that the question names; set as the coverage, of no effect on LoCoMo

    # Roll-up: of the score of a note or folder of several parts, beside its best part. Measured on sessions of LoCoMo.
    whole: float = 0.15
    together: float = 0.12  # of the rest: what the turns of a folder that are looked at again say as one text

    phrase: float = 0.3  # of a row that holds a phrase in quotation marks: the share of its score
    linked: float = 0.5  # of a note that a hit links to, or that links to a hit, of the hit's score
    linked_hits: int = 5  # so many hits are looked at for links
    situation: float = 0.9  # of the best relevance: what a note has at least whose `recall_when` names the situation
    situation_bonus: float = 0.03  # and what it gains at least
    situations: int = 3  # so many notes at most, the best of them
    one_word_situation: int = 3  # words of a question at most; in longer ones of the sample's, it brought wrong notes
    diversity: float = 0.7  # of a hit's likeness to a better hit, where different hits are asked for
    unlike: float = 0.4  # a cosine that notes of one vault have without having anything to do with each other

    # Reranking: learned with `TurnWeights`; of notes it is a convex sum.
    reranked: int = 30  # rows; with 20, turns are found 0.2 to 0.3 points worse
    rerank_turns: float = 1.0  # beside the weights of `turns_reranked`
    rerank_notes: float = 0.2
    turns_reranked: TurnWeights = field(  # what says the same as the reranker counts for less
        default_factory=lambda: TurnWeights(
            meaning=0.0, own_words=0.08, length=0.3, answers=0.45, around=1.15, window=0.4
        )
    )

    turns: TurnWeights = field(default_factory=TurnWeights)


def as_anywhere(weights: Weights) -> Weights:
    """Give weights for models and languages of which nothing is known: words that are missing don't help meaning."""
    return replace(weights, semantic_share_alone=weights.semantic_share)


WEIGHTS = Weights()
