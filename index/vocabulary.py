"""Which words a question turns on: its content terms and how rare each is in the index."""

import math
from collections.abc import Collection, Iterable
from functools import lru_cache

from index.lexical import LexicalIndex

_AKIN_LETTERS, _AKIN_MORE = 5, 3
# Texts whose terms are remembered, a few kilobytes each.
_REMEMBERED = 1_024


class Vocabulary:
    """The terms of an index and their rarity."""

    def __init__(self, lexical: LexicalIndex, passages: int) -> None:
        self._lexical = lexical
        self._passages = passages
        self._idf: dict[str, float] = {}
        # A claim is held against many places, and a place against many claims.
        self._terms = lru_cache(_REMEMBERED)(lambda text: tuple(lexical.terms(text)))
        self._content_terms = lru_cache(_REMEMBERED)(lambda text: tuple(lexical.content_terms(text)))

    def terms(self, text: str) -> list[str]:
        """The stemmed terms of `text`, in order, repeats kept."""
        return list(self._terms(text))

    def content_terms(self, text: str) -> list[str]:
        """The terms that carry matter, each once, in order."""
        return list(self._content_terms(text))

    def idf(self, term: str) -> float:
        """ln(1 + (N - n + 0.5) / (n + 0.5)) for a term in n of N passages (Robertson and Zaragoza, 2009)."""
        if term not in self._idf:
            # Until it is made anew the index counts passages that are gone, too.
            n = min(self._lexical.document_frequency(term), self._passages)
            self._idf[term] = math.log(1 + (self._passages - n + 0.5) / (n + 0.5))
        return self._idf[term]

    def knows(self, term: str) -> bool:
        """Whether a passage, heading, title or author holds the term, or a passage one akin to it."""
        if self._lexical.holds(term):
            return True
        shortest = max(_AKIN_LETTERS, len(term) - _AKIN_MORE)
        return len(term) >= _AKIN_LETTERS and (
            self._lexical.has_prefix(term, longer_by=_AKIN_MORE)
            or any(self._lexical.holds(term[:n]) for n in range(shortest, len(term)))
        )

    def found_in(self, term: str, terms: Collection[str]) -> bool:
        """Whether `terms` hold the term or one akin to it by its beginning.

        Stems part kin ("europ" and "european", "russia" and "russian"), and "5 letters, at most 3 more" joins them.
        """
        return term in terms or any(_akin(term, other) for other in terms)

    def weight(self, terms: Iterable[str]) -> float:
        """The summed rarity of the terms."""
        return sum(self.idf(term) for term in terms)


def _akin(a: str, b: str) -> bool:
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    return len(short) >= _AKIN_LETTERS and len(long) - len(short) <= _AKIN_MORE and long.startswith(short)
