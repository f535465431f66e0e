"""The types the index hands out. Offsets count characters (code points) in `Document.text`, end exclusive."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

BlockKind = Literal["heading", "paragraph", "item", "row", "furniture"]
Stage = Literal["read", "embed", "publish"]
Where = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a document's text.

    >>> Span(4, 9).of("The quick fox")
    'quick'
    """

    start: int
    end: int

    def of(self, text: str) -> str:
        """The characters of `text` in this span."""
        return text[self.start : self.end]

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share at least one character."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item or table row. Furniture (advertisements, bylines) is shown, never cited.

    `level` counts from 1 for headings and is 0 otherwise. `label` says where a viewer finds it ("row 14", "lines 3-9").
    """

    start: int
    end: int
    kind: BlockKind
    level: int = 0
    label: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page, slide, sheet or other numbered part; `number` counts from 1 as a viewer does.

    `label` is what to call it where that is not "page" and its number ("slide 3", "sheet Prices").
    """

    number: int
    start: int
    end: int
    label: str = ""


_Part = TypeVar("_Part", Block, Page)


@dataclass(frozen=True, slots=True)
class Document:
    """One text to search and quote. A file may hold several.

    `source` is the path below the folder it came from (or whatever the caller names); what stood inside a file has the
    file's path and its own, "mail.eml/report.pdf". `date` is ISO 8601, cut to what
    is known ("2025-02-12", "2025-02", "2025"). Without `blocks`, blank lines part the text.
    """

    id: str
    text: str
    title: str
    source: str
    author: str | None = None
    publisher: str | None = None
    date: str | None = None
    pages: tuple[Page, ...] = ()
    blocks: tuple[Block, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    def page_at(self, offset: int) -> int | None:
        """The number of the page that holds `offset`; None for formats without pages."""
        page = _holding(self.pages, offset)
        return page.number if page else None

    def locator_at(self, offset: int) -> str | None:
        """Where in the source a reader finds `offset`: page, slide, sheet, row, lines; None where nothing is numbered.

        >>> sheet = (Page(1, 0, 20, "sheet Prices"),)
        >>> row = (Block(0, 20, "row", label="row 7"),)
        >>> Document("x", "Dish: stew | Cost: 9", "", "p.xlsx", pages=sheet, blocks=row).locator_at(3)
        'sheet Prices, row 7'
        """
        page, block = _holding(self.pages, offset), _holding(self.blocks, offset)
        parts = [page.label or f"page {page.number}"] if page else []
        return ", ".join([*parts, *([block.label] if block and block.label else [])]) or None


def _holding(parts: Sequence[_Part], offset: int) -> _Part | None:
    """The page or block that holds the offset: they are in order, and a sheet may have a million."""
    place = bisect_right(parts, offset, key=lambda part: part.start) - 1
    return parts[place] if place >= 0 and offset < parts[place].end else None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document was read: a followed folder, as an absolute path, and the file's source in it."""

    root: str
    file: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: whole sentences that fit the embedding model. `text` is exactly `document.text[start:end]`.

    `heading` is what stands above it in the document, outermost first, joined by " › "; it is embedded with the text
    and never quoted. `sentences` are spans in the document.
    """

    id: int
    document_id: str
    text: str
    start: int
    end: int
    heading: str = ""
    sentences: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoredChunk:
    """A passage found. `score` orders the list; `cosine` and `bm25` are None where that search did not return it."""

    chunk: Chunk
    score: float
    cosine: float | None = None
    bm25: float | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page as a viewer shows it, in points from the page's top left corner; `page` counts from 1."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as it is printed. A point of a `Box` is `scale` pixels of the PNG."""

    png: bytes
    scale: float


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """How the text of a page stands on it; `width` and `height` are the page's own, in points.

    `lines` are the lines of print, the cells of a table each for itself, by their place in `Document.text`; no two
    share a character. What is between them, mostly white space, has no place on the page.
    """

    width: float
    height: float
    lines: tuple[tuple[Span, Box], ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync has come.

    `stage` is what is being counted: files read, passages embedded, publishing. Reading and embedding overlap, so
    their news are mixed. `detail` is the file that was just read, `failure` why it could not be. `seconds_left` and
    `rate` (steps a second) are None until they can be told.
    """

    stage: Stage
    done: int
    total: int
    detail: str = ""
    seconds_left: float | None = None
    rate: float | None = None
    failure: str = ""


ProgressCallback = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that was not indexed, with the reason in one line."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file held: its documents, and parts of it (members, attachments) that could not be read."""

    documents: tuple[Document, ...]
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What parsing one file may take: seconds (four fifths of them of CPU), memory, and text that comes out of it."""

    seconds: int = 60
    memory_mb: int = 1024
    output_mb: int = 64
    workers: int = 2


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did, as sources (paths below the folder). `moved` are (from, to), also counted as removed and added.

    `failed` are files, and members of files that were read otherwise.
    """

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
