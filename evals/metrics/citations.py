"""Whether citations lead where they should, and are what they say."""

import re
from collections.abc import Callable, Iterable, Sequence

from assistant.schema import Citation
from index.schema import Span

TextOf = Callable[[str], str]


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


def _exact(citation: Citation, text: str) -> bool:
    inside = 0 <= citation.start < citation.end <= len(text)
    return inside and text[citation.start : citation.end] == citation.quote


def _touches(citation: Citation, quote: str, text_of: TextOf) -> bool:
    cited = Span(citation.start, citation.end)
    return any(cited.overlaps(span) for span in occurrences(quote, text_of(citation.document_id)))
