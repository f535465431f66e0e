"""Checks an exported conversation against the documents: every note, and every sentence by what it cites."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.answerer import Claim, Passage, passages_from
from assistant.attribution import leads_of
from assistant.exports import notes
from assistant.exports.script import ANSWERED_BY, REMARKS, UNSEEN, Block, Mark, Part, Script
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

    `told` is what the file itself says of how well.
    """

    text: str
    numbers: tuple[int, ...]
    verdict: Verdict
    told: str

    @property
    def holds(self) -> bool:
        """Whether a reader can trust it, or is told how far."""
        return self.verdict != "unsupported" and self.told == REMARKS.get(self.verdict, "")


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
    """Every note of the script looked up, and every sentence judged by the passages its notes cite.

    What no language model wrote has to be a quote to the letter.
    """
    checker = Checker(index)
    checked = {number: _checked(number, text, checker) for number, text in sorted(script.notes.items())}
    judge = _Judge(checked, index, models)
    sentences, unchecked = [], [script.title] if script.title else []
    for answer in _answers(script.blocks):
        written = any(block.kind == "aside" and _words_of(block).startswith(ANSWERED_BY) for block in answer)
        for block in answer:
            if block.kind == "answer" or any(isinstance(part, Mark) for part in block.parts):
                sentences += list(judge.sentences(block, written=written))
            else:
                unchecked.append(_words_of(block))
    return Verification(tuple(checked.values()), tuple(sentences), tuple(unchecked))


def _answers(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """The blocks by the question they follow."""
    group: list[Block] = []
    for block in blocks:
        if block.kind == "question" and group:
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _words_of(block: Block) -> str:
    return " ".join(part for part in block.parts if isinstance(part, str))


def _checked(number: int, text: str, checker: Checker) -> CheckedNote:
    note = notes.read(text)
    return CheckedNote(number, text, checker.of_note(note) if note else None)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges sentences by the notes that were checked."""

    notes: Mapping[int, CheckedNote]
    index: Index
    models: Models

    def sentences(self, block: Block, *, written: bool) -> Iterator[CheckedSentence]:
        """Every sentence of a paragraph. Those of one stretch lead to the notes behind it."""
        for words, numbers, told in _stretches(block.parts):
            cited = [self.notes[number].standing for number in numbers if number in self.notes]
            citations = [each.citation for each in cited if each and each.holds and each.citation]
            for text in self._sentences(words, citations):
                verdict = self._verdict(text, citations, written=written)
                yield CheckedSentence(text, numbers, verdict, told)

    def _sentences(self, words: str, cited: Sequence[Citation]) -> list[str]:
        """The sentences of a stretch; one that is a quote without the names of whom it quotes and means before it."""
        for citation in cited:
            quote = notes.alike(citation.quote)
            leads = ("", *self._leads(citation))
            if any(notes.alike(words) in (f"{notes.alike(lead)} {quote}".strip(), f'"{quote}"') for lead in leads):
                return [citation.quote]
        return [span.of(words) for span in sentence_spans(words)]

    def _leads(self, citation: Citation) -> Iterator[str]:
        """What may stand before a quote, as the documents have it now."""
        for passage in _around(citation, self.index):
            told = people(passage, Span(citation.start, citation.end))
            yield from leads_of(citation, told.speaker, told.person)

    def _verdict(self, text: str, cited: Sequence[Citation], *, written: bool) -> Verdict:
        """Supported where it is a quote to the letter; else, where a model wrote it, as `ground` judges it.

        Before a quote stands who says it, as the documents have it, and nothing else; nor does anything behind it.
        """
        said, quotes = notes.alike(text), [notes.alike(citation.quote) for citation in cited]
        if said in quotes:
            return "supported"
        longer = any(said.endswith(f" {quote}") or said.startswith(quote.rstrip(".!?")) for quote in quotes)
        if longer or not written or UNSEEN in said:
            return "unsupported"
        passages = [passage for citation in cited for passage in _around(citation, self.index)]
        return ground(Claim(text), passages, vocabulary=self.index.vocabulary(), models=self.models).verdict


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


def _around(citation: Citation, index: Index) -> list[Passage]:
    """The passages that hold a citation's quote."""
    chunks = [c for c in index.passages(citation.document_id) if c.start < citation.end and citation.start < c.end]
    return passages_from([ScoredChunk(chunk, 1.0, 0.0) for chunk in chunks], index.infos([citation.document_id]))
