"""An answer made of exact sentences, with no language model."""

import re
from collections.abc import Collection, Iterator, Sequence

from assistant.answerer import Claim, Passage
from assistant.asking import compares
from assistant.candidates import Candidate, SentenceVectors
from assistant.relevance import Ranker
from index import points_back

# A further sentence must be nearly as likely as the best one: of the same document, or of another one.
_SAME_SOURCE, _OTHER_SOURCE = 0.85, 0.7
# Where more is asked for than was said, what was quoted earlier in the conversation counts for less.
_SAID_BEFORE = 0.6
_ASKS_ON = re.compile(
    r"\b(?:else|more|another|further|besides)\b|, and (?:why|how|when|where|what|which|for|on|at)\b", re.I
)
# A question that sets sources side by side is nobody's sentence; each source's nearest one may be further off.
_COMPARED = 0.5
# Cosine above which two sentences of one document say the same.
_REPEATS = 0.82
_BROAD = re.compile(
    r"\b(?:why|how (?:do|does|did|would|will|can|could|should|is|are)|compare|differ\w*|agree\w*|list|"
    r"(?:which|what) (?:\w+ )?are|conditions?|reasons?|steps?|options?|issues?|"
    r"explain|describe|summari[sz]e|tell me)\b",
    re.IGNORECASE,
)


class ExtractiveAnswerer:
    """Quotes the sentences that most likely answer, those of one document together and in its order."""

    name = "extractive"

    def __init__(self, ranker: Ranker, vectors: SentenceVectors, *, threshold: float, max_sentences: int) -> None:
        self._ranker = ranker
        self._vectors = vectors
        self._threshold = threshold
        self._max_sentences = max_sentences

    def claims(self, question: str, passages: Sequence[Passage], *, said: Collection[str] = ()) -> Iterator[Claim]:
        """Exact sentences; none where none reaches the threshold. Where more is asked for, those `said` come last."""
        ranked = self._ranker.rank(question, passages)
        if _ASKS_ON.search(question):
            # But rather the same again than what does not answer.
            ranked.sort(key=lambda c: -c.probability * (_SAID_BEFORE if c.text in said else 1.0))
        chosen = self._compared(ranked) if compares(question) else self._choose(question, ranked)
        for candidate in _in_reading_order(chosen):
            yield Claim(candidate.text, (candidate.passage.number,), (candidate.passage.document_id, candidate.span))

    def _compared(self, ranked: Sequence[Candidate]) -> list[Candidate]:
        """The best sentence of each source, where one is near the threshold at least; none where no source has one."""
        best: dict[str, Candidate] = {}
        for candidate in ranked:
            if candidate.probability >= self._threshold * _COMPARED and not _asks(candidate):
                best.setdefault(candidate.passage.document_id, candidate)
        return list(best.values())[: self._max_sentences]

    def _choose(self, question: str, ranked: Sequence[Candidate]) -> list[Candidate]:
        """The best sentence, then others that add something: another source, or another part of a broad question."""
        likely = [c for c in ranked if c.probability >= self._threshold and not _asks(c)]
        if not likely:
            return []
        best = likely[0]
        chosen = [*_led_in(best, ranked), best]
        most = self._max_sentences if _BROAD.search(question) else max(2, self._max_sentences // 2)
        for candidate in likely[1:]:
            same = candidate.passage.document_id in {c.passage.document_id for c in chosen}
            needed = best.probability * (_SAME_SOURCE if same else _OTHER_SOURCE)
            if candidate.probability < needed or candidate in chosen or self._repeats(candidate, chosen):
                continue
            more = [c for c in (*_led_in(candidate, ranked), candidate) if c not in chosen]
            if len(chosen) + len(more) <= most:
                chosen += more
        return chosen

    def _repeats(self, candidate: Candidate, chosen: Sequence[Candidate]) -> bool:
        vectors = self._vectors.of([candidate, *chosen])
        cosines = vectors[1:] @ vectors[0]
        # Another source's own words are worth having though they say the same, unless they are a copy.
        limits = [_REPEATS if c.passage.document_id == candidate.passage.document_id else 0.95 for c in chosen]
        return any(cosine > limit for cosine, limit in zip(cosines, limits, strict=True))


def _asks(candidate: Candidate) -> bool:
    """Whether the sentence is a question: however alike, it is no answer."""
    return candidate.text.endswith("?")


def _led_in(candidate: Candidate, ranked: Sequence[Candidate]) -> list[Candidate]:
    """The sentence before the candidate, where that opens with a word that points back at it."""
    if not points_back(candidate.text):
        return []
    before = [c for c in ranked if c.passage == candidate.passage and c.span.end <= candidate.span.start]
    return [max(before, key=lambda c: c.span.start)] if before else []


def _in_reading_order(chosen: Sequence[Candidate]) -> list[Candidate]:
    """Documents in the order they were chosen, each one's sentences in its own order."""
    documents = list(dict.fromkeys(c.passage.document_id for c in chosen))
    return sorted(set(chosen), key=lambda c: (documents.index(c.passage.document_id), c.span.start))
