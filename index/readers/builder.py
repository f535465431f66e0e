"""What the readers share: document ids, titles from file names, and a canvas on which blocks become one text."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from index.readers.lines import is_hashtags, is_separator
from index.schema import Block, BlockKind


def document_id(source: str, number: int = 1) -> str:
    """The id of the `number`-th document (from 1) of a source: 16 hexadecimal digits of a SHA-256.

    >>> document_id("a.txt") == document_id("a.txt", 1) != document_id("a.txt", 2)
    True
    """
    name = source if number == 1 else f"{source}\0{number}"
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:16]


def title_from(source: str) -> str:
    """A title made from a file's name, for documents that have none.

    >>> title_from("reports/annual-report_2023.pdf")
    'Annual report 2023'
    """
    stem = PurePosixPath(source.replace("\\", "/")).stem
    words = re.sub(r"[_\-\s]+", " ", stem.encode(errors="replace").decode()).strip() or "Untitled"
    return words[0].upper() + words[1:] if words.islower() else words


class Canvas:
    """Collects blocks into one text, blank lines between them.

    >>> canvas = Canvas()
    >>> canvas.add(" Soup ", "heading", level=1)
    >>> canvas.add("It is hot.")
    >>> canvas.text
    'Soup\\n\\nIt is hot.'
    >>> [(block.start, block.end, block.kind) for block in canvas.blocks]
    [(0, 4, 'heading'), (6, 16, 'paragraph')]
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0

    def add(
        self, text: str, kind: BlockKind = "paragraph", *, level: int = 0, label: str = "", verbatim: bool = False
    ) -> None:
        """Put a block below the others; nothing where `text` is white space. `verbatim` keeps its first indentation."""
        text = text.rstrip().lstrip("\n") if verbatim else text.strip()
        content = text.lstrip()
        if not content:
            return
        if kind == "paragraph" and not verbatim and (is_separator(content) or is_hashtags(content)):
            kind = "furniture"
        start = self._length + len(text) - len(content)
        self._parts.append(text)
        self._length += len(text) + 2
        self._blocks.append(Block(start, start + len(content), kind, level, label))

    def extend(
        self, text: str, blocks: Iterable[Block], *, kind: BlockKind | None = None, label: str | None = None
    ) -> None:
        """Put blocks of another text below the others, as they are, or all of one `kind` or with one `label`.

        >>> canvas = Canvas()
        >>> canvas.extend("Soup is hot.", [Block(0, 12, "paragraph")], kind="furniture")
        >>> canvas.blocks
        (Block(start=0, end=12, kind='furniture', level=0, label=''),)
        """
        for block in blocks:
            shown = kind or block.kind
            level = block.level if shown == "heading" else 0
            content = text[block.start : block.end]
            self.add(content, shown, level=level, label=block.label if label is None else label, verbatim=True)

    @property
    def text(self) -> str:
        """All blocks, in order."""
        return "\n\n".join(self._parts)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Where each block is in `text`."""
        return tuple(self._blocks)
