"""ZIP containers: opened and unpacked within bounds, and told apart by what they hold."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from typing import Literal

from index.errors import EncryptedFile, ReadError, UnsupportedFormat

Zipped = Literal["DOCX", "PPTX", "XLSX", "EPUB", "OpenDocument", "ZIP"]

_MOST_ENTRIES = 200_000
_ENTRY = b"PK\x01\x02"
_HEAD = 64 * 1024  # bytes from which most of what cannot be read is known
_STEP = 4096  # bytes
_MAIN = (
    (re.compile(r"word/document\d*\.xml"), "DOCX"),
    (re.compile(r"xl/workbook\d*\.xml"), "XLSX"),
    (re.compile(r"ppt/presentation\d*\.xml"), "PPTX"),
)
_ADVICE = (
    ("xl/workbook.bin", "a binary Excel workbook (XLSB); save it as XLSX"),
    ("Index/Document.iwa", "an Apple iWork file (Pages, Numbers, Keynote); export it as PDF or an Office format"),
    ("visio/document.xml", "a Visio drawing (VSDX); export it as PDF"),
    ("AndroidManifest.xml", "an Android app"),
)


def opened(data: bytes, *, source: str) -> zipfile.ZipFile:
    """The archive in `data`; only its directory has been read. Raises ReadError for a damaged or endless one."""
    if data.count(_ENTRY) > _MOST_ENTRIES:
        raise ReadError(f"{source} lists more than {_MOST_ENTRIES:,} parts; unpack it and sync the folder")
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except MemoryError:
        raise
    except Exception as error:
        reason = "cut short or damaged: its directory of parts cannot be read"
        raise ReadError(f"{source} is a ZIP file {reason}; fetch it again") from error


def unpacked(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    *,
    source: str,
    most: int,
    accept: Callable[[bytes], object] | None = None,
) -> bytes:
    """The bytes of one member, at most `most`. `accept` may refuse it by its first 64 KB; no more is unpacked then.

    Raises EncryptedFile, UnsupportedFormat for a compression unknown, ReadError for sizes that lie and damage.
    """
    if member.flag_bits & 1:
        raise EncryptedFile(f"{source} is protected by a password; unpack the archive and sync the folder")
    # Only deflate is unpacked bit by bit, so that a beginning can be looked at; of others a piece may be gigabytes.
    gradual = member.compress_type in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)
    if member.file_size > most and (accept is None or not gradual):
        raise ReadError(_too_large(source, member.file_size, most))
    try:
        with archive.open(member) as stream:
            step = 16 * _STEP if gradual else _STEP
            parts, size, accepted = [], 0, accept is None
            while part := stream.read(step):
                parts.append(part)
                size += len(part)
                if accept is not None and not accepted and size >= _HEAD:
                    accept(b"".join(parts))
                    accepted = True
                if accepted and max(size, member.file_size) > most:
                    raise ReadError(_too_large(source, max(size, member.file_size), most))
    except (ReadError, MemoryError):
        raise
    except NotImplementedError as error:
        raise UnsupportedFormat(
            f"{source} is packed in a way Citeback cannot unpack; pack it again as plain ZIP"
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split())[:120] or type(error).__name__
        raise ReadError(f"{source} is damaged inside its archive ({said}); pack it again") from error
    if size != member.file_size:
        raise ReadError(f"{source} is said to have {member.file_size:,} bytes but has {size:,}; pack it again")
    return b"".join(parts)


def kind_of(data: bytes, *, source: str) -> Zipped:
    """What a ZIP container is, told by its directory. Raises UnsupportedFormat with advice for kinds that are not read.

    >>> stream = io.BytesIO()
    >>> with zipfile.ZipFile(stream, "w") as archive:
    ...     archive.writestr("letter.docx", "word/document.xml")
    >>> kind_of(stream.getvalue(), source="a.docx")
    'ZIP'
    """
    with opened(data, source=source) as archive:
        names = frozenset(archive.namelist())
        declared = _mimetype(archive)
    if "[Content_Types].xml" in names:
        for main, kind in _MAIN:
            if any(main.fullmatch(name) for name in names):
                return kind  # type: ignore[return-value]
    if declared == "application/epub+zip":
        return "EPUB"
    if declared.startswith("application/vnd.oasis.opendocument.") and "content.xml" in names:
        return "OpenDocument"
    if "META-INF/container.xml" in names and any(name.endswith(".opf") for name in names):
        return "EPUB"
    for name, looks in _ADVICE:
        if name in names:
            raise UnsupportedFormat(f"{source} looks like {looks}")
    return "ZIP"


def _mimetype(archive: zipfile.ZipFile) -> str:
    """What the member "mimetype" says; "" where there is none, or none that can be read."""
    try:
        member = archive.getinfo("mimetype")
        return unpacked(archive, member, source="mimetype", most=200).decode("ascii", "replace").strip()
    except (KeyError, ReadError):
        return ""


def _too_large(source: str, size: int, most: int) -> str:
    return f"{source} unpacks to {size:,} bytes or more, and {most:,} are the most that is unpacked; split it"
