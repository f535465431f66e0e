"""Binary formats, told by their signatures: those that are read, and those that are only named."""

import codecs
from typing import Literal

from index.errors import EncryptedFile, UnsupportedFormat
from index.readers.text import unmarked_utf16
from index.readers.zipped import Zipped, kind_of

ThroughLlama = Literal["XLS", "HWP"]  # read by readers of LlamaIndex, where those are installed
Binary = Literal[Zipped, "PDF", ThroughLlama]

READS = (
    "Citeback reads PDF, Office (DOCX, PPTX, XLSX), OpenDocument, EPUB, HTML, Markdown, RTF, CSV, JSON, XML, mail, "
    "source code and plain text, and these in ZIP archives"
)
HEAD = 64 * 1024  # bytes from which it is known whether a file is one that is not read
_PDF_WITHIN = 1024  # bytes; some PDF files begin with something else
_MOST_CONTROLS = 0.05  # share of control characters above which bytes are no text; random bytes have 0.11
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_KINDS = (
    ("WordDocument", "an old Word document (DOC); save it as DOCX"),
    ("PowerPoint Document", "an old PowerPoint presentation (PPT); save it as PPTX"),
    ("__properties_version1.0", "an Outlook message (MSG); save it as EML"),
    ("VisioDocument", "a Visio drawing (VSD); export it as PDF"),
)
_MAGIC = (
    (b"\x1f\x8b", "a gzip archive; unpack it"),
    (b"BZh", "a bzip2 archive; unpack it"),
    (b"\xfd7zXZ\x00", "an xz archive; unpack it"),
    (b"(\xb5/\xfd", "a Zstandard archive; unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it"),
    (b"Rar!\x1a\x07", "a RAR archive; unpack it"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"RIFF", "a RIFF file (WebP, WAV, AVI)"),
    (b"ID3", "an MP3 recording"),
    (b"OggS", "an Ogg recording"),
    (b"fLaC", "a FLAC recording"),
    (b"\x1aE\xdf\xa3", "a Matroska video"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"%!PS", "a PostScript file; convert it to PDF"),
    (b"PAR1", "a Parquet file; export it as CSV"),
    (b"!BDN", "an Outlook mailbox (PST); export it as mbox"),
    (b"x\x9f\x3e\x22", "a Transport Neutral Encapsulation (winmail.dat)"),
)
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\x0b\x0c\r\x1b") + b"\x7f"


def refuse_unread(head: bytes, *, source: str) -> None:
    """Raise UnsupportedFormat where the first `HEAD` bytes of a file show that it is none that is read.

    >>> refuse_unread(b"%PDF-1.7", source="a")
    >>> refuse_unread(b"GIF89a", source="a")
    Traceback (most recent call last):
    index.errors.UnsupportedFormat: a looks like a GIF image; Citeback reads PDF, ...
    """
    if _is_pdf(head) or head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", _OLE)):
        return
    if looks := _unread(head):
        raise UnsupportedFormat(f"{source} looks like {looks}; {READS}")


def binary_format(data: bytes, *, source: str) -> Binary | None:
    """The format of binary data; None for text.

    Raises UnsupportedFormat for what is not read, EncryptedFile for Office files with a password, ReadError for a
    damaged ZIP container.
    """
    # First, for a PDF that is packed as it is shows its signature near the archive's beginning.
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK\x03\x04")):
        return kind_of(data, source=source)
    if _is_pdf(data):
        return "PDF"
    if data.startswith(_OLE):
        return _ole_format(data, source=source)
    refuse_unread(data[:HEAD], source=source)
    return None


def narrow(data: bytes) -> bytes:
    """Text without its byte-order mark, UTF-16 and UTF-32 as UTF-8, so that one pattern fits all."""
    for mark, encoding in ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32")):
        if data.startswith(mark):
            return data.decode(encoding, errors="ignore").encode()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="ignore").encode()
    if wide := unmarked_utf16(data):
        return data.decode(wide, errors="ignore").encode()
    return data.removeprefix(codecs.BOM_UTF8)


def _is_pdf(data: bytes) -> bool:
    """Whether PDF begins at the start, or near it behind a few bytes that a server or an old system put there."""
    at = data.find(b"%PDF-", 0, _PDF_WITHIN)
    return at >= 0 and (not data[:at].strip() or b" obj" in data[at : at + HEAD])


def _ole_format(data: bytes, *, source: str) -> Binary:
    """Which of the OLE formats that can be read; the streams of a file are named in UTF-16."""
    if _names(data, "EncryptedPackage"):
        raise EncryptedFile(f"{source} is protected by a password; remove it and sync again")
    if _names(data, "Workbook") or _names(data, "Book"):
        return "XLS"
    if _names(data, "HwpSummaryInformation"):
        return "HWP"
    looks = next((looks for name, looks in _OLE_KINDS if _names(data, name)), "an old Microsoft Office file")
    raise UnsupportedFormat(f"{source} looks like {looks}; {READS}")


def _names(data: bytes, stream: str) -> bool:
    return stream.encode("utf-16-le") + b"\0\0" in data


def _unread(head: bytes) -> str | None:
    """What binary data looks like; None for text."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[4:8] == b"ftyp":
        return "an MP4 video or recording"
    sample = narrow(head)
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return "binary data" if controls > _MOST_CONTROLS * len(sample) else None
