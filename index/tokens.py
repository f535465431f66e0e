"""The tokens of texts: how many there are, and where."""

from collections.abc import Sequence
from typing import Any, Protocol

from index.schema import Span

# Words whose tokens have been counted are remembered, so many at most; a book has thirty thousand.
_MOST_WORDS = 200_000


class Tokenizer(Protocol):
    """Tells how an embedding model cuts texts into tokens. Special tokens are left out."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """For each text how many tokens it has."""
        ...

    def token_spans(self, text: str) -> list[Span]:
        """The spans of its tokens, in the text's own characters."""
        ...


class FastTokenizer:
    """A tokenizer of the library `tokenizers`, set up to cut nothing off. Threads may share it."""

    def __init__(self, tokenizer: Any) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._by_word = type(tokenizer.pre_tokenizer).__name__ == "BertPreTokenizer"
        self._counts: dict[str, int] = {}

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """For each text how many tokens it has. Where no token spans a space, each word is tokenized once only.

        That takes a fifth of the time: most words of a text have occurred before.
        """
        if not self._by_word:
            return self._count(texts)
        parted = [text.split() for text in texts]
        # Another thread may replace it meanwhile.
        counts = self._counts
        new = list({word for words in parted for word in words if word not in counts})
        counts.update(zip(new, self._count(new), strict=True))
        if len(counts) > _MOST_WORDS:
            self._counts = {}
        return [sum(map(counts.__getitem__, words)) for words in parted]

    def token_spans(self, text: str) -> list[Span]:
        """The spans of its tokens."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return [Span(start, end) for start, end in encoding.offsets]

    def _count(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding) for encoding in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
