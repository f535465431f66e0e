"""One file to its documents: the reader is chosen by content, and every library's error becomes a ReadError here."""

import stat
from collections.abc import Callable
from pathlib import Path

from index.errors import EmptyFile, ReadError
from index.readers.formats import Format, sniff
from index.schema import Document

Reader = Callable[..., list[Document]]


def read_file(path: Path, *, source: str) -> list[Document]:
    """The documents in the file at `path`: one, or several for a text file that holds several articles.

    `source` names the file in documents, ids and errors; the same file and source give equal documents. Raises
    ReadError, or one of its kinds, and nothing else.
    """
    data = _bytes_of(path, source)
    if not data.strip(b" \t\r\n\x0b\x0c\x00"):
        raise EmptyFile(f"{source} holds no text; nothing to index")
    name = sniff(data, source=source)
    try:
        return _reader(name)(data, source=source)
    except ReadError:
        raise
    except MemoryError as error:
        raise ReadError(f"{source} needs more memory to read than there is; split it") from error
    except RecursionError as error:
        raise ReadError(f"{source} is nested too deeply to read as {name}; simplify it") from error
    except Exception as error:
        raise ReadError(f"{source} could not be read as {name}: {_one_line(error)}") from error


def _bytes_of(path: Path, source: str) -> bytes:
    try:
        # A pipe or device would block, or never end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise ReadError(f"{source} is not a regular file; only files are read")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ReadError(f"{source} could not be opened: {reason}") from error
    except MemoryError as error:
        raise ReadError(f"{source} is larger than the memory there is; split it") from error


def _reader(name: Format) -> Reader:
    """The function that reads a format. Imported on use: PDF and HTML libraries take a third of a second to load."""
    match name:
        case "PDF":
            from index.readers.pdf import read_pdf

            return read_pdf
        case "HTML":
            from index.readers.html import read_html

            return read_html
        case "Markdown":
            from index.readers.markdown import read_markdown

            return read_markdown
        case "text":
            from index.readers.plain import read_plain

            return read_plain


def _one_line(error: BaseException) -> str:
    """What a library said, in at most 200 characters."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= 200 else said[:199] + "…"
