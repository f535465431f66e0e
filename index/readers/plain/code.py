"""Source code, configuration and logs: the text as it stands, its blocks runs of lines."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from index.readers.builder import document_id
from index.readers.lines import Line, lines_of
from index.readers.text import decode
from index.schema import Block, Document

_MOST_LINES = 20


def read_code(data: bytes, *, source: str) -> list[Document]:
    """The one document in a source file. Its blocks are rows, quoted as they stand, labelled with their lines.

    Raises EmptyFile and UnsupportedFormat as `decode` does.

    >>> document = read_code(b"import os\\n\\ndef soup():\\n\\treturn 'hot'\\n", source="kitchen.py")[0]
    >>> [(document.text[block.start : block.end], block.label) for block in document.blocks]
    [('import os', 'line 1'), ("def soup():\\n\\treturn 'hot'", 'lines 3-4')]
    """
    text, notes = decode(data, source=source)
    title = " ".join(PurePosixPath(source).name.encode(errors="replace").decode().split())
    return [
        Document(
            id=document_id(source),
            text=text.rstrip(),
            title=title or "Untitled",
            source=source,
            blocks=tuple(Block(*run, "row", label=label) for run, label in _runs(text)),
            metadata=notes,
        )
    ]


def _runs(text: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Spans of at most 20 lines without a blank one between them, and the numbers of their lines."""
    run: list[Line] = []
    first = number = 0
    for line in lines_of(text):
        number += line.gap + 1
        if run and (line.gap or len(run) == _MOST_LINES):
            yield _labelled(run, first)
            run = []
        if not run:
            first = number
        run.append(line)
    if run:
        yield _labelled(run, first)


def _labelled(run: list[Line], first: int) -> tuple[tuple[int, int], str]:
    last = first + len(run) - 1
    return (run[0].start, run[-1].end), f"line {first}" if first == last else f"lines {first}-{last}"
