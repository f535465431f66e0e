"""An answer made of exact sentences, with no language model."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from assistant.answerer import Claim, Passage
from assistant.asking import compares
from assistant.candidates import Candidate, SentenceVectors
from assistant.lists import Listing, announces, leads, listing_around, sections_after
from assistant.relevance import SURE, Ranker
from assistant.speakers import people
from index import Document, Span, points_back

# A further sentence must be nearly as likely as the best one: of the same document, or of another one.
_SAME_SOURCE, _OTHER_SOURCE = 0.94, 0.87
# Where more is asked for than was said, what was quoted earlier in the conversation counts for less.
_SAID_BEFORE = 0.8
_ASKS_ON = re.compile(
    r"\b(?:else|more|another|further|besides)\b|, and (?:why|how|when|where|what|which|for|on|at)\b", re.I
)
# A list answers a broad question as a whole where a sentence of it is nearly as likely as the best one; of a longer one
# the likeliest sentences are quoted.
_LISTED, _LONGEST_LIST = 0.9, 12
# Cosine above which two sentences of one document say the same.
_REPEATS = 0.82
_BROAD = re.compile(
    r"\b(?:why|how (?:do|does|did|would|will|can|could|should|is|are)|compare|differ\w*|agree\w*|list|"
    r"(?:which|what) (?:\w+ )?are|conditions?|reasons?|steps?|options?|issues?|"
    r"(?:which|what) (?:\w+ ){0,2}\w{3,}s (?:do|did|must|should|can|could|will|would|were|have|may|might|need)|"
    r"explain|describe|summari[sz]e|tell me)\b",
    re.IGNORECASE,
)


class ExtractiveAnswerer:
    """Quotes the sentences that most likely answer, those of one document together and in its order."""

    name = "extractive"

    def __init__(
        self,
        ranker: Ranker,
        vectors: SentenceVectors,
        document: Callable[[str], Document],
        *,
        threshold: float,
        max_sentences: int,
    ) -> None:
        self._ranker = ranker
        self._vectors = vectors
        self._document = document
        self._threshold = threshold
        self._max_sentences = max_sentences

    def claims(self, question: str, passages: Sequence[Passage], *, said: Collection[str] = ()) -> Iterator[Claim]:
        """Exact sentences; none where none reaches the threshold. Where more is asked for, those `said` come last."""
        ranked = self._ranker.rank(question, passages)
        likeliest = ranked[:1]
        if _ASKS_ON.search(question):
            # But rather the same again than what does not answer.
            ranked.sort(key=lambda c: -c.probability * (_SAID_BEFORE if c.text in said else 1.0))
        chosen = self._compared(ranked) if compares(question) else self._choose(question, ranked)
        # One sentence may answer both questions.
        if chosen and likeliest != chosen[:1] and likeliest[0].text in said:
            chosen = list(dict.fromkeys([*chosen[:1], *likeliest, *chosen[1:]]))
        for candidate in _in_reading_order(chosen):
            yield Claim(candidate.text, (candidate.passage.number,), (candidate.passage, candidate.span))

    def _compared(self, ranked: Sequence[Candidate]) -> list[Candidate]:
        """The best sentence of each source, where one is near the threshold; then what else each says of it."""
        likely = [c for c in ranked if c.probability >= self._threshold and not _asks(c)]
        # Beside those of others a sentence has to stand alone.
        likely.sort(key=lambda c: points_back(c.text))
        best: dict[str, Candidate] = {}
        for candidate in likely:
            best.setdefault(candidate.passage.document_id, candidate)
        chosen = list(best.values())[: self._max_sentences]
        for candidate in likely:
            own = best[candidate.passage.document_id]
            near = candidate.probability >= _SAME_SOURCE * own.probability and candidate not in chosen
            if near and own in chosen and len(chosen) < self._max_sentences and not self._repeats(candidate, chosen):
                chosen.append(candidate)
        return chosen

    def _choose(self, question: str, ranked: Sequence[Candidate]) -> list[Candidate]:
        """The best sentence, then others that add something: another source, or another part of a broad question."""
        likely = [c for c in ranked if c.probability >= self._threshold and not _asks(c)]
        # What leads into a list that there is not says little: it is better than nothing.
        likely = [c for c in likely if not leads(c.text) or self._list_of(c, ranked)] or likely[:1]
        if not likely:
            return []
        best, broad = likely[0], _BROAD.search(question)
        # What may not be an answer at all is not made longer.
        if best.probability < SURE:
            return self._complete(best, ranked)
        near = [c for c in likely if broad and c.probability >= _LISTED * best.probability]
        if whole := next(filter(None, (self._list_of(c, ranked) for c in near)), None):
            return whole
        chosen = self._complete(best, ranked)
        most = max(self._max_sentences if broad else max(2, self._max_sentences // 2), len(chosen))
        for candidate in likely[1:]:
            same = candidate.passage.document_id in {c.passage.document_id for c in chosen}
            needed = best.probability * (_SAME_SOURCE if same else _OTHER_SOURCE)
            if candidate.probability < needed or candidate in chosen or self._repeats(candidate, chosen):
                continue
            more = [c for c in self._complete(candidate, ranked) if c not in chosen]
            if len(chosen) + len(more) <= most:
                chosen += more
        return chosen

    def _complete(self, candidate: Candidate, ranked: Sequence[Candidate]) -> list[Candidate]:
        """The candidate with what it says nothing without: the sentence it points back at, the list it leads into, or
        the words that lead into the list it is of."""
        if leads(candidate.text):
            return self._list_of(candidate, ranked) or [candidate]
        before = _before(candidate, ranked)
        if before and (leads(before.text) or (points_back(candidate.text) and not _is_named(candidate))):
            return [before, candidate]
        listing = self._listing(candidate)
        if listing and candidate.span in listing:
            lead = [c for c in _beside(candidate, ranked) if listing.leads_in(c.span) and leads(c.text)]
            return [*lead[-1:], candidate]
        return [candidate]

    def _list_of(self, candidate: Candidate, ranked: Sequence[Candidate]) -> list[Candidate]:
        """All of the list that the candidate is of or leads into; nothing where there is none, or a long one."""
        document = self._document(candidate.passage.document_id)
        listing = self._listing(candidate)
        within = listing is not None and candidate.span in listing
        if not within and not announces(candidate.text):
            return []
        if listing is None:
            items = sections_after(candidate.span, document.text, document.blocks)
            lead = [candidate]
        else:
            items = list(listing.items)
            lead = [c for c in _beside(candidate, ranked) if listing.leads_in(c.span)][-1:]
        if not 0 < len(items) <= _LONGEST_LIST or not (within or candidate in lead):
            return []
        # Whole, also where passages end within them or do not hold them.
        return [*lead, *(_whole(Span(item.start, item.end), document, candidate) for item in items)]

    def _listing(self, candidate: Candidate) -> Listing | None:
        return listing_around(candidate.span, self._document(candidate.passage.document_id).blocks)

    def _repeats(self, candidate: Candidate, chosen: Sequence[Candidate]) -> bool:
        vectors = self._vectors.of([candidate, *chosen])
        cosines = vectors[1:] @ vectors[0]
        # Another source's own words are worth having though they say the same, unless they are a copy.
        limits = [_REPEATS if c.passage.document_id == candidate.passage.document_id else 0.95 for c in chosen]
        return any(cosine > limit for cosine, limit in zip(cosines, limits, strict=True))


def _asks(candidate: Candidate) -> bool:
    """Whether the sentence is a question: however alike, it is no answer."""
    return candidate.text.endswith("?")


def _whole(span: Span, document: Document, beside: Candidate) -> Candidate:
    """An item or heading as a candidate, in a passage of its own, as likely as the one it is quoted with."""
    text = span.of(document.text)
    passage = replace(beside.passage, text=text, start=span.start, end=span.end, sentences=(span,))
    return replace(beside, passage=passage, span=span, text=text)


def _is_named(candidate: Candidate) -> bool:
    """Whether the answer can say who the "he" is that the sentence opens with."""
    return people(candidate.passage, candidate.span).person is not None


def _beside(candidate: Candidate, ranked: Sequence[Candidate]) -> list[Candidate]:
    """The candidates of the same document, in its order."""
    return sorted(
        (c for c in ranked if c.passage.document_id == candidate.passage.document_id), key=lambda c: c.span.start
    )


def _before(candidate: Candidate, ranked: Sequence[Candidate]) -> Candidate | None:
    """The sentence before it in its passage."""
    before = [c for c in ranked if c.passage == candidate.passage and c.span.end <= candidate.span.start]
    return max(before, key=lambda c: c.span.start, default=None)


def _in_reading_order(chosen: Sequence[Candidate]) -> list[Candidate]:
    """Documents in the order they were chosen, each one's sentences in its own order."""
    documents = list(dict.fromkeys(c.passage.document_id for c in chosen))
    return sorted(set(chosen), key=lambda c: (documents.index(c.passage.document_id), c.span.start))
