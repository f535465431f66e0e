"""What a file is, told by its content."""

import codecs
import re
from typing import Literal

from index.errors import UnsupportedFormat

Format = Literal["PDF", "HTML", "Markdown", "text"]

_READ = "Citeback reads PDF, HTML, Markdown and plain text"
_HEAD = 1024  # bytes in which a format's signature must stand
_SAMPLE = 64 * 1024
_MOST_CONTROLS = 0.05  # share of control characters above which bytes are no text; random bytes have 0.11

_MAGIC = (
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office file (DOC, XLS, PPT)"),
    (b"{\\rtf", "a rich text file (RTF)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"(\xb5/\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
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
    (b"%!PS", "a PostScript file"),
    (b"PAR1", "a Parquet file"),
)
_ZIPPED = (
    (b"word/document.xml", "a Word document (DOCX)"),
    (b"xl/workbook.xml", "an Excel workbook (XLSX)"),
    (b"ppt/presentation.xml", "a PowerPoint presentation (PPTX)"),
    (b"application/epub+zip", "an EPUB book"),
    (b"application/vnd.oasis.opendocument", "an OpenDocument file"),
)
_TEXT_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\x0b\x0c\r\x1b") + b"\x7f"
_PROLOGUE = re.compile(rb"\s+|<\?xml[^>]{0,200}\?>|<!--.{0,2000}?-->", re.DOTALL)
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_FRAGMENT = re.compile(
    rb"<(?:meta|title|link|div|p|h[1-6]|article|section|main|header|table|ul|ol|span|style|script)\b[^<>]{0,500}>", re.I
)


def sniff(data: bytes, *, source: str) -> Format:
    """The format of `data`: "PDF", "HTML", "Markdown" or "text".

    The name in `source` decides only between Markdown and plain text, which content cannot tell apart. Raises
    UnsupportedFormat for anything binary, naming what it looks like.

    >>> sniff(b"%PDF-1.7 ...", source="a.txt"), sniff(b"<!DOCTYPE html><p>", source="a"), sniff(b"x", source="a.md")
    ('PDF', 'HTML', 'Markdown')
    """
    if b"%PDF-" in data[:_HEAD]:
        return "PDF"
    if looks := _binary(data):
        raise UnsupportedFormat(f"{source} looks like {looks}; {_READ}")
    markdown = is_markdown_name(source)
    start = _past_prologue(_narrow(data[:_SAMPLE]))
    # A README may begin with an HTML tag and be Markdown all the same.
    if _PAGE.match(start) or (not markdown and _FRAGMENT.match(start) and b"</" in data[:_SAMPLE]):
        return "HTML"
    if markdown or start.startswith((b"---\n", b"---\r\n", b"---\r")):
        return "Markdown"
    return "text"


def is_markdown_name(source: str) -> bool:
    """Whether a file's name says that it is Markdown."""
    return source.lower().endswith((".md", ".markdown"))


def _binary(data: bytes) -> str | None:
    """What binary data looks like; None for text."""
    if data.startswith(b"PK\x03\x04"):
        return next((name for inside, name in _ZIPPED if inside in data), "a ZIP archive")
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    if data[4:8] == b"ftyp":
        return "an MP4 video or recording"
    sample = data[:_SAMPLE]
    if data.startswith(_TEXT_MARKS):
        sample = _narrow(sample)
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return "binary data" if controls > _MOST_CONTROLS * len(sample) else None


def _narrow(data: bytes) -> bytes:
    """Text without its byte-order mark, UTF-16 and UTF-32 as UTF-8, so that one pattern fits all."""
    for mark, encoding in ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32")):
        if data.startswith(mark):
            return data.decode(encoding, errors="ignore").encode()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="ignore").encode()
    return data.removeprefix(codecs.BOM_UTF8)


def _past_prologue(data: bytes) -> bytes:
    """`data` from the first thing that is no white space, comment or XML declaration."""
    position = 0
    while match := _PROLOGUE.match(data, position):
        position = match.end()
    return data[position:]
