"""As many passages as wanted from a pool of real ones, with vectors that no model has to make again."""

import hashlib
import json
import math
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index import Block, Document, Embedder, Span, Vectors

# Of every passage: short enough to be one chunk, as long as chunks are on average.
_CHARACTERS = 700
_FEWEST_WORDS = 5
_SWAPPED = 0.1
# Between a passage's vector and those of its copies.
_COSINE = 0.9
_QUESTIONS = 300
# A passage says its number in its title, where its embedder finds it.
_NUMBER = re.compile(r"\[(\d+)\] ")
_CHARACTERS_A_TOKEN = 16
_ARRAYS = ("passages", "questions")


@dataclass(frozen=True, slots=True)
class Pool:
    """Passages as (title, text) and questions, with their unit vectors: shapes (passages, d) and (questions, d)."""

    passages: Sequence[tuple[str, str]]
    questions: Sequence[str]
    vectors: Vectors
    question_vectors: Vectors

    @classmethod
    def make(
        cls,
        cache: Path,
        passages: Sequence[tuple[str, str]],
        questions: Sequence[str],
        embedder: Embedder,
        *,
        most: int,
    ) -> Path:
        """The folder below `cache` of a pool of at most so many of the passages and 300 of the questions.

        Encoded once: the same passages give the same folder.
        """
        chance = random.Random(0)
        sample = chance.sample(passages, min(most, len(passages)))
        chosen = [(title, cut(text)) for title, text in sample if len(cut(text).split()) >= _FEWEST_WORDS]
        asked = chance.sample(questions, min(_QUESTIONS, len(questions)))
        written = json.dumps([embedder.name, chosen, asked])
        folder = cache / f"pool-{hashlib.sha256(written.encode()).hexdigest()[:12]}"
        if not (folder / "pool.json").exists():
            folder.mkdir(parents=True, exist_ok=True)
            np.save(folder / "passages.npy", embedder.encode([f"{title}\n{text}" for title, text in chosen]))
            np.save(folder / "questions.npy", embedder.encode(asked))
            (folder / "pool.json").write_text(written, encoding="utf-8")
        return folder

    @classmethod
    def load(cls, folder: Path) -> "Pool":
        """The pool in a folder; its vectors stay on disk until they are needed."""
        _, passages, questions = json.loads((folder / "pool.json").read_text(encoding="utf-8"))
        pairs = [(title, text) for title, text in passages]
        return cls(pairs, questions, *(np.load(folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS))

    def documents(self, start: int, stop: int) -> Iterator[Document]:
        """Documents number `start` to `stop`, each one passage: those of the pool, then ever more copies of them.

        In a copy a tenth of the words are swapped for words of another passage.
        """
        for number in range(start, stop):
            title, text = self.passages[number % len(self.passages)]
            if number >= len(self.passages):
                chance = random.Random(number)
                text = swapped(text, chance.choice(self.passages)[1], chance)
            paragraph = (Block(0, len(text), "paragraph"),)
            yield Document(f"p{number}", text, f"[{number}] {title}", f"{number}.txt", blocks=paragraph)

    def vectors_of(self, numbers: Sequence[int]) -> Vectors:
        """Unit vectors of the documents with these numbers: those of the pool, or near them at cosine 0.9."""
        places = np.array(numbers, dtype=np.int64)
        origins = np.asarray(self.vectors[places % len(self.passages)])
        noise = np.random.default_rng(int(places.sum())).standard_normal(origins.shape, dtype=np.float32)
        noise *= math.sqrt(1 - _COSINE**2) / _COSINE / math.sqrt(origins.shape[1])
        noise[places < len(self.passages)] = 0
        noise += origins
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        return noise


class PoolEmbedder:
    """Gives documents and questions of a pool their vectors, in no time."""

    name = "pool"
    limit = 256

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._questions = {question: number for number, question in enumerate(pool.questions)}
        self.dimension = pool.vectors.shape[1]

    def encode(self, texts: Sequence[str], *, on_batch: Callable[[int], None] | None = None) -> Vectors:
        """Unit vectors, shape (len(texts), dimension), of questions or of documents. Raises KeyError for others."""
        if texts and texts[0] in self._questions:
            return np.array([self._pool.question_vectors[self._questions[text]] for text in texts])
        vectors = self._pool.vectors_of([_number(text) for text in texts])
        if on_batch:
            on_batch(len(texts))
        return vectors

    def encode_spans(self, text: str, spans: Sequence[Span]) -> Vectors:
        """The vector of the text for each of its spans."""
        return self.encode([text] * len(spans))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """A token for every 16 characters: enough to cut by, and soon counted."""
        return [-(-len(text) // _CHARACTERS_A_TOKEN) for text in texts]

    def token_spans(self, text: str) -> list[Span]:
        """The same tokens, placed."""
        size = _CHARACTERS_A_TOKEN
        return [Span(i, min(i + size, len(text))) for i in range(0, len(text), size)]


def cut(text: str) -> str:
    """The text on one line, cut at a word's end so that it is one passage.

    >>> cut("Two \\n lines.")
    'Two lines.'
    """
    line = " ".join(text.split())
    return line if len(line) <= _CHARACTERS else line[:_CHARACTERS].rpartition(" ")[0]


def swapped(text: str, other: str, chance: random.Random) -> str:
    """The text with a tenth of its words, but at least one, swapped for words of the other.

    >>> swapped("one two three", "x", random.Random(1))
    'x two three'
    """
    mine, theirs = text.split(), other.split()
    for place in chance.sample(range(len(mine)), max(1, int(_SWAPPED * len(mine)))):
        mine[place] = chance.choice(theirs)
    return " ".join(mine)


def _number(text: str) -> int:
    found = _NUMBER.match(text)
    if found is None:
        raise KeyError(text)
    return int(found[1])
