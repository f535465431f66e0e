"""Bytes to text: byte-order mark, UTF-8, Windows-1252, then detection; line ends and characters no text needs."""

import codecs
import re

from charset_normalizer import from_bytes

from index.errors import EmptyFile, UnsupportedFormat

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 64 * 1024  # bytes; detection is slow and learns nothing from more
_ZEROS, _FEW_ZEROS, _SHOWN = 0.5, 0.02, 0.98  # shares of UTF-16 without a mark: high bytes, low bytes, print
_JAPANESE = re.compile(rb"\x1b\$[@B]|\x1b\([BJ]")  # what switches character sets in ISO-2022-JP
_HIGH = re.compile(rb"[\x80-\xff]")
_WESTERN = frozenset("äöüÄÖÜßéèêëÉÈÊàâáãåÀÂÁÃÅíìîïÍóòôõøÓÔÕØúùûÚçÇñÑæÆœŒ¿¡ªº°§©®€£–—“”‘’„‚…«»·•´½¼²×\xa0")
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Control characters but tab and newline, noncharacters, and halves of surrogate pairs, which no store accepts.
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def unmarked_utf16(data: bytes) -> str | None:
    """The encoding of text in UTF-16 without a mark, told by the zeros in its Latin letters; None for anything else.

    >>> unmarked_utf16("Soup is hot.".encode("utf-16-be")), unmarked_utf16(b"Soup is hot.")
    ('utf-16-be', None)
    """
    sample = data[: _SAMPLE // 16 * 2]
    half = len(sample) // 2
    if half < 4:
        return None
    zeros = sample[0::2].count(0) / half, sample[1::2].count(0) / half
    for encoding, many, few in (("utf-16-le", zeros[1], zeros[0]), ("utf-16-be", zeros[0], zeros[1])):
        if many >= _ZEROS and few <= _FEW_ZEROS:
            text = sample[: 2 * half].decode(encoding, errors="replace")
            shown = sum(character.isprintable() or character in "\r\n\t" for character in text)
            return encoding if shown >= _SHOWN * len(text) else None
    return None


def decode(data: bytes, *, source: str) -> tuple[str, dict[str, str]]:
    """The clean text of `data`, and `{"encoding": …}` where it is not plain UTF-8.

    Raises EmptyFile when nothing but white space is left, UnsupportedFormat when no encoding fits.

    >>> decode(b"one\\r\\ntwo\\x00", source="a.txt")
    ('one\\ntwo', {})
    >>> decode("Der Bär brummt.".encode("cp1252"), source="a.txt")
    ('Der Bär brummt.', {'encoding': 'cp1252'})
    """
    text, encoding = _decoded(data, source)
    text = clean(text).lstrip("\ufeff")
    if not text.strip():
        raise EmptyFile(f"{source} holds no text; nothing to index")
    return text, {} if encoding == "utf-8" else {"encoding": encoding}


def clean(text: str) -> str:
    """`text` with every line break as "\\n" and without control characters and lone surrogates.

    >>> clean("a\\r\\nb\\rc\\x07")
    'a\\nb\\nc'
    """
    # Nearly every line of a PDF is printable: telling so is ten times faster than looking for what is not.
    return text if text.isprintable() else _UNWANTED.sub("", _BREAKS.sub("\n", text))


def _decoded(data: bytes, source: str) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _lenient(data, encoding)
    if wide := unmarked_utf16(data):
        return _lenient(data, wide)
    if _JAPANESE.search(data):
        try:
            return data.decode("iso2022_jp"), "iso2022_jp"
        except UnicodeDecodeError:
            pass
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        pass
    text = data.decode(errors="replace")
    broken = text.count("\ufffd")
    # A damaged UTF-8 file is still UTF-8: read as anything else, every accent in it would be wrong.
    if 2 * broken <= sum(character > "\x7f" for character in text) - broken:
        return text, _noted("utf-8", broken)
    if _looks_western(data):
        return data.decode("cp1252"), "cp1252"
    found = from_bytes(data[:_SAMPLE]).best()
    if found is None:
        raise UnsupportedFormat(f"the character encoding of {source} is not recognised; save it as UTF-8")
    return _lenient(data, found.encoding)


def _looks_western(data: bytes) -> bool:
    """Whether Windows-1252 gives few and common accents; charset-normalizer takes short French for code page 775."""
    try:
        high = b"".join(_HIGH.findall(data)).decode("cp1252")
    except UnicodeDecodeError:
        return False
    share = 0.34 if len(data) < 30 else 0.2
    return len(high) <= share * len(data) and _WESTERN.issuperset(high)


def _lenient(data: bytes, encoding: str) -> tuple[str, str]:
    text = data.decode(encoding, errors="replace")
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    return text, _noted(name, text.count("\ufffd"))


def _noted(encoding: str, broken: int) -> str:
    """The encoding's name, with the number of characters that could not be read if there are any."""
    return f"{encoding}, unreadable characters: {broken}" if broken else encoding
