"""One file to its documents: the reader is chosen by content, and every library's error becomes a ReadError here."""

import contextlib
import importlib
import re
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast, get_args

from index.errors import EmptyFile, LimitReached, ReadError, out_of_memory
from index.readers.formats import Format, sniff
from index.readers.signatures import HEAD, ThroughLlama, binary_format, refuse_unread
from index.schema import Failure, Reading

_THROUGH_LLAMA: tuple[ThroughLlama, ...] = get_args(ThroughLlama)
_READERS: dict[Format, tuple[str, str]] = {
    "PDF": ("pdf.document", "read_pdf"),
    "DOCX": ("office.docx", "read_docx"),
    "PPTX": ("office.pptx", "read_pptx"),
    "XLSX": ("office.xlsx", "read_xlsx"),
    "OpenDocument": ("office.opendocument", "read_opendocument"),
    "EPUB": ("markup.epub", "read_epub"),
    "HTML": ("markup.html", "read_html"),
    "Markdown": ("markup.markdown", "read_markdown"),
    "RTF": ("plain.rtf", "read_rtf"),
    "CSV": ("data.tables", "read_csv"),
    "JSON": ("data.json_data", "read_json"),
    "XML": ("markup.xml", "read_xml"),
    "code": ("plain.code", "read_code"),
    "text": ("plain.document", "read_plain"),
    "ZIP": ("archive", "read_zip"),
    "mail": ("mail.messages", "read_mail"),
    "mbox": ("mail.messages", "read_mbox"),
    **dict.fromkeys(_THROUGH_LLAMA, ("llama", "read_through_llama")),
}
# These take a function that reads what stands inside them, and give a Reading; the others give documents.
_CONTAINERS = frozenset(("ZIP", "mail", "mbox"))
_MB = 1_000_000
_MOST_BYTES = 500 * _MB  # of a file
_MOST_UNPACKED = 1_000 * _MB  # from one file, archives in archives included
_MOST_TIMES = 100  # what is unpacked, in sizes of the file; text shrinks to a fifth, logs to a thirtieth
_ALWAYS = 50 * _MB  # may be unpacked however small the file
_MOST_MEMBERS = 20_000
_DEEPEST = 4  # containers around a member
_SHOWN = re.compile(rb"[^ \t\r\n\x0b\x0c\x00]")


def read_file(path: Path, *, source: str, most_bytes: int = _MOST_BYTES) -> Reading:
    """What the file at `path` holds: documents, and what of an archive or mail could not be read.

    `source` names the file in documents, ids and errors; the same file and source give equal documents. Raises
    ReadError, or one of its kinds, and nothing else; so does a file of more than `most_bytes`.
    """
    try:
        data = bytes_of(path, source=source, most_bytes=most_bytes)
    except OSError as error:
        raise ReadError(f"{source} could not be opened: {error.strerror or error}") from error
    return read_bytes(data, source=source)


def read_bytes(data: bytes, *, source: str) -> Reading:
    """What a file with this content holds, as `read_file` does."""
    return _Unpacker(len(data)).read(data, source)


def pages_of(data: bytes, *, source: str) -> int:
    """How many pages a PDF has; 0 for what is none. Raises as `read_bytes`."""
    with _translated(source, "PDF"):
        if binary_format(data, source=source) != "PDF":
            return 0
        from index.readers.pdf.parts import page_count

        return page_count(data, source=source)


def member_of(data: bytes, *, source: str, member: str) -> bytes:
    """The content of what stands inside a file under the source `member`; `data` itself where that is the file.

    Raises ReadError where there is no such member.
    """
    if member == source:
        return data
    try:
        with contextlib.suppress(ReadError):
            _Finder(len(data), member).read(data, source)
    except _Found as found:
        return found.data
    raise ReadError(f"{member} is not in {source}; sync again")


def bytes_of(path: Path, *, source: str, most_bytes: int = _MOST_BYTES) -> bytes:
    """The content of a file; of one that is too large or not read by its first 64 KB, no more than that is read.

    Raises ReadError, UnsupportedFormat, and OSError where the file cannot be opened or read: that may pass.
    """
    try:
        status = path.stat()
        # A pipe or device would block, or never end.
        if not stat.S_ISREG(status.st_mode):
            raise ReadError(f"{source} is not a regular file; only files are read")
        with open(path, "rb") as stream:
            head = stream.read(HEAD)
            refuse_unread(head, source=source)
            if status.st_size > most_bytes:
                size = f"{status.st_size:,} bytes, and {most_bytes:,} are the most that is read"
                raise ReadError(f"{source} has {size}; split it")
            stream.seek(0)
            return stream.read()
    except ValueError as error:
        raise ReadError(f"{source} could not be opened: {error}") from error
    except MemoryError as error:
        raise LimitReached(
            f"{source} is larger than the memory there is; split it or raise the limit (CITEBACK_READ_MEMORY_MB)"
        ) from error


class _Unpacker:
    """Reads one file and what stands inside it: an `Unpacker` whose limits are shared over all of it."""

    def __init__(self, size: int) -> None:
        self.room = min(_MOST_UNPACKED, max(_ALWAYS, _MOST_TIMES * size))
        self.limit = f"{_MOST_MEMBERS:,} members and {self.room // _MB:,} MB"
        self._members = 0
        self._depth = 0

    def spend(self, count: int) -> None:
        self.room = max(0, self.room - count)

    def __call__(self, data: bytes, source: str, *, form: Format | None = None) -> Reading:
        # The messages of a mailbox are no more than the mailbox itself, and there may be any number of them.
        inside = form is None
        self._members += inside
        if self._members >= _MOST_MEMBERS:
            self.room = 0
        self._depth += inside
        try:
            return self.read(data, source, form=form)
        except ReadError as error:
            return Reading((), (Failure(source, str(error)),))
        finally:
            self._depth -= inside

    def read(self, data: bytes, source: str, *, form: Format | None = None) -> Reading:
        """The reading of a file or member. Raises ReadError."""
        if _SHOWN.search(data) is None:
            raise EmptyFile(f"{source} holds no text; nothing to index")
        with _translated(source, form):
            form = form or sniff(data, source=source)
        with _translated(source, form):
            if form not in _CONTAINERS:
                return Reading(tuple(_reader(form)(data, source=source)))
            if self._depth >= _DEEPEST:
                raise ReadError(f"{source} stands inside {_DEEPEST} archives or mails; unpack one and sync again")
            reading: Reading = _reader(form)(data, source=source, read=self)
        if not reading.documents and not reading.failures:
            raise EmptyFile(f"{source} holds nothing that can be read; nothing to index")
        return reading


class _Found(BaseException):
    """Ends the reading of a file, for what was looked for has been found. No error: nothing may catch it on its way."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data


class _Finder(_Unpacker):
    """Unpacks until it comes to one member."""

    def __init__(self, size: int, wanted: str) -> None:
        super().__init__(size)
        self._wanted = wanted

    def read(self, data: bytes, source: str, *, form: Format | None = None) -> Reading:
        if source == self._wanted:
            raise _Found(data)
        return super().read(data, source, form=form)


@contextlib.contextmanager
def _translated(source: str, form: str | None) -> Iterator[None]:
    """Makes a ReadError of whatever a library raises."""
    try:
        yield
    except ReadError:
        raise
    except MemoryError as error:
        raise out_of_memory(source) from error
    except RecursionError as error:
        raise ReadError(f"{source} is nested too deeply to read as {form or 'a file'}; simplify it") from error
    except Exception as error:
        raise ReadError(f"{source} could not be read as {form or 'a file'}: {_one_line(error)}") from error


def _reader(form: Format) -> Callable[..., Any]:
    """The function that reads a format. Imported on use: PDF and HTML libraries take a third of a second to load."""
    module, name = _READERS[form]
    function = cast(Callable[..., Any], getattr(importlib.import_module(f"index.readers.{module}"), name))
    return partial(function, form=form) if form in _THROUGH_LLAMA else function


def _one_line(error: BaseException) -> str:
    """What a library said, in at most 200 characters."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= 200 else said[:199] + "…"
