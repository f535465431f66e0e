"""Whether a quote still stands where it was cited, and as whose."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from assistant.composer import cite
from assistant.exports.notes import SOURCE, Note, alike, who, written
from assistant.schema import Citation
from index import Document, Index, Span

# As it was; elsewhere in its source, or in another; there, but of another author, title or date than is told; its
# source is there without it; its source is gone.
State = Literal["unchanged", "moved", "misattributed", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of a quote, and the citation of where it stands now; None where it stands nowhere."""

    state: State
    citation: Citation | None = None

    @property
    def holds(self) -> bool:
        """Whether the quote stands in a document, as that document's."""
        return self.state in ("unchanged", "moved")

    @property
    def words(self) -> str:
        """What a reader is told; nothing where all is as it was."""
        now = f"{self.citation.source}, characters {self.citation.start}–{self.citation.end}" if self.citation else ""
        return {
            "unchanged": "",
            "moved": f"stands elsewhere now: {now}",
            "misattributed": f"stands in {now}, but who says so, title or date are told otherwise",
            "changed": "no longer stands in its source",
            "gone": "its source is no longer among the documents",
        }[self.state]


class Checker:
    """Looks quotes up in an index. Documents are read once each, so one checker is for one look."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._ids: dict[str, list[str]] = {}
        for info in index.documents():
            self._ids.setdefault(alike(info.source), []).append(info.id)
        self._document = lru_cache(maxsize=64)(index.document)

    def of_citation(self, citation: Citation) -> Standing:
        """What became of a citation that was kept."""
        return self._found([alike(citation.quote)], [alike(citation.source)], citation.start, citation.end)

    def of_note(self, note: Note) -> Standing:
        """What became of a note, edited or not: its quote, and all it says of where that is from."""
        standing = self._found(note.quotes, note.sources, note.start, note.end)
        if standing.citation is None:
            return standing
        if standing.state == "unchanged" and note.said == alike(written(standing.citation)):
            return standing
        found = standing.citation
        told = alike(f"“{found.quote}” — {who(replace(found, locator=None))}")
        # Elsewhere, it is on another page or in another row.
        places = {"", re.sub(r"\d+", "#", f", {found.locator}")}
        before = [note.said.removesuffix(f"{SOURCE}{source}") for source in self._told(note)]
        owned = any(said.startswith(told) and re.sub(r"\d+", "#", said[len(told) :]) in places for said in before)
        return Standing("moved" if owned else "misattributed", found)

    def _told(self, note: Note) -> list[str]:
        """The sources a note may mean, each with its place, as they end it."""
        at = note.said.rfind(", characters ")
        return [source + note.said[at:] for source in note.sources]

    def _found(self, quotes: Sequence[str], sources: Sequence[str], start: int, end: int) -> Standing:
        """Where one of the quotes stands: in its place, else in one of the sources, else anywhere."""
        wanted = {quote for quote in quotes if any(map(str.isalnum, quote))}
        own = [each for source in sources for each in self._ids.get(source, [])]
        for document in map(self._document, own):
            same = end <= len(document.text) and alike(document.text[start:end]) in wanted
            if same and self._is_whole(document, Span(start, end)):
                return Standing("unchanged", cite(document, Span(start, end), 0))
        others = [each for ids in self._ids.values() for each in ids if each not in own]
        for document in map(self._document, [*own, *others]):
            for span in self._sentences(document, wanted):
                return Standing("moved", cite(document, span, 0))
        return Standing("changed" if own else "gone")

    def _is_whole(self, document: Document, span: Span) -> bool:
        """Whether the place begins and ends with sentences or headings: a part of one may say the opposite."""
        sentences = [Span(block.start, block.end) for block in document.blocks if block.kind == "heading"]
        sentences += [each for chunk in self._index.passages(document.id) for each in chunk.sentences]
        return any(each.start == span.start for each in sentences) and any(each.end == span.end for each in sentences)

    def _sentences(self, document: Document, wanted: set[str]) -> Iterator[Span]:
        """The sentences, and runs of up to three, that one of the quotes is."""
        if not any(quote in alike(document.text) for quote in wanted):
            return
        for block in document.blocks:
            if block.kind == "heading" and alike(document.text[block.start : block.end]) in wanted:
                yield Span(block.start, block.end)
        for chunk in self._index.passages(document.id):
            for first, begin in enumerate(chunk.sentences):
                for last in chunk.sentences[first : first + 3]:
                    span = Span(begin.start, last.end)
                    if alike(span.of(document.text)) in wanted:
                        yield span
