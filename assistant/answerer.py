"""What every answerer is given and what it gives back, whether a language model or the extractive one."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from index import DocumentInfo, ScoredChunk, Span


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage an answer may stand on: `text` is exactly `document.text[start:end]`.

    `number` counts from 1, best first, and is what claims refer to. `sentences` are spans in the document. `cosine` is
    None where the vector search did not return the passage.
    """

    number: int
    document_id: str
    title: str
    author: str | None
    publisher: str | None
    date: str | None
    heading: str
    text: str
    start: int
    end: int
    sentences: tuple[Span, ...]
    score: float
    cosine: float | None

    @property
    def by(self) -> str:
        """Author and publisher, as far as they are known."""
        return " ".join(part for part in (self.author, self.publisher) if part)

    @property
    def above(self) -> str:
        """Title, heading, author and publisher: names that the passage's own words need not repeat."""
        return f"{self.title} {self.heading} {self.by}"


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence an answerer proposes; nothing of it is checked yet.

    `passages` are the numbers it names: possibly none, wrong, or of passages that do not exist. `quoted` is the passage
    and the place in its document that is quoted exactly, else None.
    """

    text: str
    passages: tuple[int, ...] = ()
    quoted: tuple[Passage, Span] | None = None


class Answerer(Protocol):
    """Proposes the sentences of an answer. Holds no conversation, so one serves all users."""

    @property
    def name(self) -> str:
        """What `Answer.answered_by` shows."""

    def claims(self, question: str, passages: Sequence[Passage], *, said: Collection[str] = ()) -> Iterator[Claim]:
        """The sentences in order, each as soon as it is complete; none where the passages do not say.

        `said` holds the quotes already given in this conversation. Closing the iterator ends the work behind it.
        """


def passages_from(hits: Sequence[ScoredChunk], infos: Mapping[str, DocumentInfo]) -> list[Passage]:
    """The passages found as answerers see them, numbered from 1; those of removed documents left out."""
    kept = [hit for hit in hits if hit.chunk.document_id in infos]
    return [_passage(number, hit, infos[hit.chunk.document_id]) for number, hit in enumerate(kept, start=1)]


def _passage(number: int, hit: ScoredChunk, info: DocumentInfo) -> Passage:
    chunk = hit.chunk
    return Passage(
        number=number,
        document_id=chunk.document_id,
        title=info.title,
        author=info.author,
        publisher=info.publisher,
        date=info.date,
        heading=chunk.heading,
        text=chunk.text,
        start=chunk.start,
        end=chunk.end,
        sentences=chunk.sentences,
        score=hit.score,
        cosine=hit.cosine,
    )
