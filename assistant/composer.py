"""Writes an answer's text sentence by sentence: attributions, citation marks, offsets."""

from collections.abc import Iterable
from dataclasses import replace

from assistant.answerer import Passage
from assistant.attribution import attribution, reported
from assistant.grounding import Grounded
from assistant.schema import AnswerSentence, Citation
from assistant.speakers import people
from index import Document, Index, Span


class Composer:
    """An answer under way. What `add` returns, joined, is `text`."""

    def __init__(self, index: Index, given: Iterable[Citation] = (), *, dated: bool = False) -> None:
        self._index = index
        # Sources that are set side by side are told apart by their dates too.
        self._dated = dated
        # What was cited before in the conversation keeps its number.
        self._numbers = {citation.place: citation.number for citation in given}
        self._names: dict[str, str] = {}
        self._speaking: str | None = None
        self._last: tuple[str, Span] | None = None
        self._documents: dict[str, Document] = {}
        self.text = ""
        self.sentences: list[AnswerSentence] = []
        self.citations: list[Citation] = []

    def add(self, grounded: Grounded, *, attributed: bool) -> str:
        """The text that a checked sentence adds: who says it (where that changes), the sentence, its mark."""
        assert grounded.passage is not None
        assert grounded.span is not None
        lead = " " if self.text else ""
        if attributed:
            lead = self._lead(grounded.passage, grounded.span)
        self._last = grounded.passage.document_id, grounded.span
        citation = self._cite(grounded.passage.document_id, grounded.span)
        start = len(self.text) + len(lead)
        added = f"{lead}{grounded.claim.text} [{citation.number}]"
        self.text += added
        self.sentences.append(
            AnswerSentence(
                text=grounded.claim.text,
                start=start,
                end=start + len(grounded.claim.text),
                citations=(citation.number,),
                verdict=grounded.verdict,
                score=round(grounded.score, 4),
            )
        )
        return added

    def _lead(self, passage: Passage, span: Span) -> str:
        """What stands before a quote: who says so, where that changes, and who its "he" is, unless told."""
        told = people(passage, span)
        says = reported(self._name(passage), passage, told.speaker)
        lead = " " if self.text else ""
        if says != self._speaking:
            lead = ("\n\n" if self.text else "") + f"{says}: "
            self._speaking = says
        told_by = says.startswith(f"{told.person}, reported ") or self._follows(passage, span)
        return lead + (f"[{told.person}] " if told.person and not told_by else "")

    def _follows(self, passage: Passage, span: Span) -> bool:
        """Whether the sentence stands right behind the one that was added last, as in its document."""
        before = [each for each in passage.sentences if each.end <= span.start]
        return bool(before) and self._last == (passage.document_id, before[-1])

    def _name(self, passage: Passage) -> str:
        """How the document is named in this answer: the second of two by the same author with its title."""
        if passage.document_id not in self._names:
            self._names[passage.document_id] = attribution(passage, self._names.values(), dated=self._dated)
        return self._names[passage.document_id]

    def _cite(self, document_id: str, span: Span) -> Citation:
        for known in self.citations:
            if (known.document_id, known.start, known.end) == (document_id, span.start, span.end):
                return known
        if document_id not in self._documents:
            self._documents[document_id] = self._index.document(document_id)
        citation = cite(self._documents[document_id], span, 0)
        free = max(self._numbers.values(), default=0) + 1
        citation = replace(citation, number=self._numbers.setdefault(citation.place, free))
        self.citations.append(citation)
        return citation


def cite(document: Document, span: Span, number: int) -> Citation:
    """The citation of a place in a document; its quote is read from the document, so it cannot be another text."""
    return Citation(
        number=number,
        document_id=document.id,
        title=document.title,
        author=document.author,
        publisher=document.publisher,
        date=document.date,
        source=document.source,
        page=document.page_at(span.start),
        start=span.start,
        end=span.end,
        quote=span.of(document.text),
        locator=document.locator_at(span.start),
    )
