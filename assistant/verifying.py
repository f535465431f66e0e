"""Checks an exported conversation against the documents: every note, and every sentence by what it cites."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.answerer import Claim, Passage, passages_from
from assistant.attribution import leads_of
from assistant.exports import notes
from assistant.exports.script import REMARKS, Block, Mark, Part, Script
from assistant.grounding import ground
from assistant.models import Models
from assistant.schema import Citation, Verdict
from assistant.speakers import people
from assistant.standing import Checker, Standing
from index import Index, ScoredChunk, Span, sentence_spans


@dataclass(frozen=True, slots=True)
class CheckedNote:
    """A note with what became of its quote; None where it is no note of ours, or is there twice."""

    number: int
    text: str
    standing: Standing | None

    @property
    def holds(self) -> bool:
        """Whether its quote stands in a document, as that document's."""
        return self.standing is not None and self.standing.holds


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence with the notes it leads to and how well what they cite carries it; without notes nothing does.

    `told` is whether the file itself says so of one that is not supported.
    """

    text: str
    numbers: tuple[int, ...]
    verdict: Verdict
    told: bool

    @property
    def holds(self) -> bool:
        """Whether a reader can trust it, or is told how far."""
        return self.verdict == "supported" or (self.verdict == "partly" and self.told)


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked, and the lines that were not: questions, and what is set off as Citeback's own words."""

    notes: tuple[CheckedNote, ...]
    sentences: tuple[CheckedSentence, ...]
    unchecked: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether every note stands and every sentence leads to notes that carry it."""
        whole = all(note.holds for note in self.notes) and all(sentence.holds for sentence in self.sentences)
        return bool(self.notes) and whole


def verify(script: Script, index: Index, models: Models) -> Verification:
    """Every note of the script looked up, and every sentence judged by the passages its notes cite."""
    checker = Checker(index)
    checked = {number: _checked(number, text, checker) for number, text in sorted(script.notes.items())}
    sentences, unchecked = [], []
    for block in script.blocks:
        if block.kind == "answer" or any(isinstance(part, Mark) for part in block.parts):
            sentences += list(_judged(block, checked, index, models))
        else:
            unchecked.append(" ".join(part for part in block.parts if isinstance(part, str)))
    return Verification(tuple(checked.values()), tuple(sentences), tuple(unchecked))


def _checked(number: int, text: str, checker: Checker) -> CheckedNote:
    note = notes.read(text)
    return CheckedNote(number, text, checker.of_note(note) if note else None)


def _judged(
    block: Block, checked: Mapping[int, CheckedNote], index: Index, models: Models
) -> Iterator[CheckedSentence]:
    """Every sentence of a paragraph. Those of one stretch lead to the notes behind it."""
    for words, numbers, told in _stretches(block.parts):
        cited = [
            checked[n].standing.citation  # type: ignore[union-attr]
            for n in numbers
            if n in checked and checked[n].holds
        ]
        citations = [citation for citation in cited if citation]
        for text in _sentences(words, citations, index):
            verdict = _verdict(text, citations, index, models)
            yield CheckedSentence(text, numbers, verdict, told == REMARKS.get(verdict))


def _stretches(parts: Sequence[Part]) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """The texts of a paragraph, each with the numbers of the marks right behind it, and the remark behind those."""
    words, numbers, told = "", [], ""
    for part, after in pairwise((*parts, "")):
        if isinstance(part, str):
            words += part
        elif isinstance(part, Mark):
            numbers.append(part.number)
        else:
            told = part.text
        if isinstance(after, str) and not isinstance(part, str):
            yield words.strip(), tuple(numbers), told
            words, numbers, told = "", [], ""
    if words.strip():
        yield words.strip(), (), told


def _sentences(words: str, cited: Sequence[Citation], index: Index) -> list[str]:
    """The sentences of a stretch, without the names of whom it quotes and means before them."""
    for citation in cited:
        words = words.removeprefix(max(filter(words.startswith, _leads(citation, index)), key=len, default=""))
    known = [citation.quote for citation in cited if notes.alike(citation.quote) == notes.alike(words.strip("“”"))]
    return known or [span.of(words) for span in sentence_spans(words)]


def _leads(citation: Citation, index: Index) -> Iterator[str]:
    """What may stand before a quote, as the documents have it now."""
    for passage in _around(citation, index):
        told = people(passage, Span(citation.start, citation.end))
        yield from leads_of(citation, told.speaker, told.person)


def _verdict(text: str, cited: Sequence[Citation], index: Index, models: Models) -> Verdict:
    """Supported where it is a quote to the letter, else as `ground` judges it by the passages that hold the quotes.

    Before a quote stands who says it, as the documents have it, and nothing else.
    """
    said, quotes = notes.alike(text), [notes.alike(citation.quote) for citation in cited]
    if said in quotes:
        return "supported"
    if any(said.endswith(f" {quote}") for quote in quotes):
        return "unsupported"
    passages = [passage for citation in cited for passage in _around(citation, index)]
    return ground(Claim(text), passages, vocabulary=index.vocabulary(), models=models).verdict


def _around(citation: Citation, index: Index) -> list[Passage]:
    """The passages that hold a citation's quote."""
    chunks = [c for c in index.passages(citation.document_id) if c.start < citation.end and citation.start < c.end]
    return passages_from([ScoredChunk(chunk, 1.0, 0.0) for chunk in chunks], index.infos([citation.document_id]))
