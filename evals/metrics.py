"""The metrics, each a function of its own. What is undefined is None; whoever averages excludes and counts it."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.schema import Citation
from index.schema import Span

TextOf = Callable[[str], str]
RESAMPLES = 1000
_PLAIN = str.maketrans("’‘“”‐‑–—", "''\"\"----")


@dataclass(frozen=True, slots=True)
class Score:
    """A metric over a run: `value` with its 95 % interval [low, high], over `n` cases; `excluded` had no value.

    All three are None when no case had a value. Counts have no interval.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    excluded: int


@dataclass(frozen=True, slots=True)
class RefusalCounts:
    """The four outcomes of deciding whether to refuse; the positive class is "should be refused"."""

    right_refusals: int
    wrong_refusals: int
    missed_refusals: int
    right_answers: int


def refusal_counts(decisions: Iterable[tuple[bool, bool]]) -> RefusalCounts:
    """How (answerable, refused) pairs fall into the four outcomes.

    >>> refusal_counts([(False, True), (True, True), (False, False), (True, False), (True, False)])
    RefusalCounts(right_refusals=1, wrong_refusals=1, missed_refusals=1, right_answers=2)
    """
    pairs = list(decisions)
    return RefusalCounts(
        right_refusals=pairs.count((False, True)),
        wrong_refusals=pairs.count((True, True)),
        missed_refusals=pairs.count((False, False)),
        right_answers=pairs.count((True, False)),
    )


def refusal_precision(counts: RefusalCounts) -> float | None:
    """The share of refusals that were right; None if nothing was refused. Van Rijsbergen, Information Retrieval, 1979.

    >>> refusal_precision(RefusalCounts(3, 1, 0, 9))
    0.75
    """
    refused = counts.right_refusals + counts.wrong_refusals
    return counts.right_refusals / refused if refused else None


def refusal_recall(counts: RefusalCounts) -> float | None:
    """The share of unanswerable questions that were refused; None if there were none. Van Rijsbergen, 1979.

    >>> refusal_recall(RefusalCounts(3, 1, 1, 9))
    0.75
    """
    unanswerable = counts.right_refusals + counts.missed_refusals
    return counts.right_refusals / unanswerable if unanswerable else None


def refusal_f1(counts: RefusalCounts) -> float | None:
    """2 TP / (2 TP + FP + FN), the harmonic mean of the two above; None if nothing was or should be refused.

    Van Rijsbergen, Information Retrieval, 1979, with beta = 1.

    >>> refusal_f1(RefusalCounts(2, 1, 1, 9)) == 4 / 6
    True
    """
    denominator = 2 * counts.right_refusals + counts.wrong_refusals + counts.missed_refusals
    return 2 * counts.right_refusals / denominator if denominator else None


def fact_recall(facts: Sequence[str], text: str) -> float | None:
    """The share of `facts` that occur in `text` (see `missing_facts`); None without facts.

    After the "nuggets" of TREC question answering (Voorhees, 2003), matched by string, not by judge.

    >>> fact_recall(["AI", "Middle East"], "They said energy and the Middle  East.")
    0.5
    """
    return 1 - len(missing_facts(facts, text)) / len(facts) if facts else None


def missing_facts(facts: Sequence[str], text: str) -> list[str]:
    """The `facts` that do not occur in `text` as whole words, whatever the case and the kind of apostrophe or dash.

    >>> missing_facts(["3-5 years", "AI"], "It said: 3–5 years.")
    ['AI']
    """
    words = _fold(text)
    return [fact for fact in facts if not re.search(rf"(?<!\w){re.escape(_fold(fact))}(?!\w)", words)]


def citation_hit(quotes: Sequence[str], citations: Sequence[Citation], text_of: TextOf) -> float | None:
    """1.0 if any citation shares a character with a gold quote, else 0.0; None without gold quotes.

    `text_of` gives a document's text by its id. Hit at the answer level, as success@k in TREC.
    """
    recall = citation_recall(quotes, citations, text_of)
    return None if recall is None else float(recall > 0)


def citation_recall(quotes: Sequence[str], citations: Sequence[Citation], text_of: TextOf) -> float | None:
    """The share of gold quotes that some citation overlaps; None without gold quotes.

    Gao et al., Enabling Large Language Models to Generate Text with Citations (2023), with spans for its entailment.
    """
    if not quotes:
        return None
    found = sum(any(_touches(citation, quote, text_of) for citation in citations) for quote in quotes)
    return found / len(quotes)


def citation_precision(quotes: Sequence[str], citations: Sequence[Citation], text_of: TextOf) -> float | None:
    """The share of citations that overlap a gold quote; None without gold quotes or without citations.

    A lower bound where a suite does not list every passage that carries the answer. Gao et al., 2023, as above.
    """
    if not quotes or not citations:
        return None
    right = sum(any(_touches(citation, quote, text_of) for quote in quotes) for citation in citations)
    return right / len(citations)


def broken_quotes(citations: Iterable[Citation], text_of: TextOf) -> int:
    """How many citations do not hold `document.text[start:end] == quote` (promise: 0). An empty quote is broken, and so
    is a span that runs past either end of the text, though Python would cut it to fit."""
    return sum(not _exact(citation, text_of(citation.document_id)) for citation in citations)


def occurrences(quote: str, text: str) -> list[Span]:
    """Where `quote` occurs in `text`; any run of white space matches any other.

    >>> occurrences("the fox", "the fox met the\\nfox")
    [Span(start=0, end=7), Span(start=12, end=19)]
    """
    pattern = r"\s+".join(re.escape(word) for word in quote.split())
    return [Span(*match.span()) for match in re.finditer(pattern, text)] if pattern else []


def mean(values: Sequence[float | None], *, seed: int = 0) -> Score:
    """The mean of the values there are, with a bootstrap 95 % interval (percentiles; Efron, 1979).

    >>> mean([1.0, 1.0, None])
    Score(value=1.0, low=1.0, high=1.0, n=2, excluded=1)
    """
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    excluded = len(values) - len(known)
    if not len(known):
        return Score(None, None, None, 0, excluded)
    random = np.random.default_rng(seed)
    means = random.choice(known, (RESAMPLES, len(known))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Score(float(known.mean()), float(low), float(high), len(known), excluded)


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The value below which `percent` of `values` lie; None of none. Hyndman and Fan, 1996, type 7.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 50)
    2.5
    """
    return float(np.percentile(values, percent)) if values else None


def interval_of(
    metric: Callable[[RefusalCounts], float | None], counts: RefusalCounts, *, seed: int = 0
) -> tuple[float, float] | None:
    """The bootstrap 95 % interval of a refusal metric; None if it is undefined.

    Resampling cases is the same as drawing the four outcomes from a multinomial. Resamples in which the metric is
    undefined are left out.

    >>> interval_of(refusal_f1, RefusalCounts(5, 0, 0, 5))
    (1.0, 1.0)
    """
    outcomes = np.array(
        [counts.right_refusals, counts.wrong_refusals, counts.missed_refusals, counts.right_answers], dtype=np.float64
    )
    if metric(counts) is None:
        return None
    total = int(outcomes.sum())
    draws = np.random.default_rng(seed).multinomial(total, outcomes / total, RESAMPLES)
    values = [metric(RefusalCounts(*(int(count) for count in draw))) for draw in draws]
    low, high = np.percentile([value for value in values if value is not None], [2.5, 97.5])
    return float(low), float(high)


def _exact(citation: Citation, text: str) -> bool:
    inside = 0 <= citation.start < citation.end <= len(text)
    return inside and text[citation.start : citation.end] == citation.quote


def _touches(citation: Citation, quote: str, text_of: TextOf) -> bool:
    cited = Span(citation.start, citation.end)
    return any(cited.overlaps(span) for span in occurrences(quote, text_of(citation.document_id)))


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_PLAIN)
    return " ".join(plain.split())
