"""A canvas with numbered parts (slides, sheets) and a bound, for formats that can say much in few bytes."""

from index.errors import ReadError
from index.readers.builder import Canvas
from index.schema import BlockKind, Page

# A cell's text can be repeated by a million cells that refer to it: 100 KB of file, gigabytes of text.
MAX_TEXT = 200_000_000  # characters; twice that, while they are joined, and their blocks fit a gibibyte
_BATCH = 1_000  # blocks joined at a time: a million short strings take twice the memory of their characters


class PagedCanvas(Canvas):
    """Collects blocks, and where each page begins.

    >>> canvas = PagedCanvas(source="soup.pptx")
    >>> canvas.turn("slide 1")
    >>> canvas.add("Soup")
    >>> canvas.turn("slide 2")
    >>> canvas.add("Stew")
    >>> [(page.number, page.start, page.end, page.label) for page in canvas.pages]
    [(1, 0, 6, 'slide 1'), (2, 6, 10, 'slide 2')]
    """

    def __init__(self, *, source: str) -> None:
        super().__init__()
        self._source = source
        self._turns: list[tuple[int, str]] = []
        self._joined: list[str] = []

    def turn(self, label: str) -> None:
        """Begin the next page."""
        self._turns.append((self._length, label))

    def add(
        self, text: str, kind: BlockKind = "paragraph", *, level: int = 0, label: str = "", verbatim: bool = False
    ) -> None:
        """Put a block below the others. Raises ReadError where the text grows past the limit."""
        super().add(text, kind, level=level, label=label, verbatim=verbatim)
        if self._length > MAX_TEXT:
            raise ReadError(f"{self._source} holds more than {MAX_TEXT:,} characters of text, the limit; split it")

        if len(self._parts) >= _BATCH:
            self._joined.append("\n\n".join(self._parts))
            self._parts.clear()

    @property
    def text(self) -> str:
        """All blocks, in order."""
        return "\n\n".join([*self._joined, *self._parts])

    @property
    def pages(self) -> tuple[Page, ...]:
        """The pages, one behind the other, from the text's first character to its last."""
        length = max(0, self._length - 2)
        starts = [min(start, length) for start, _ in self._turns]
        return tuple(
            Page(number, start, end, label)
            for number, ((_, label), start, end) in enumerate(
                zip(self._turns, starts, [*starts[1:], length], strict=True), start=1
            )
        )
