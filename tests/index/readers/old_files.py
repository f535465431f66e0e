"""Files of formats that no library writes, made byte by byte: OLE containers and Hangul documents in them."""

import struct
import zlib
from collections.abc import Mapping, Sequence

_SECTOR = 512
_NONE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD  # of sectors: free, the last of a chain, the table itself
_SMALL = 4096  # bytes; shorter streams would stand in a stream of their own, so these are filled up


def ole(streams: Mapping[str, bytes]) -> bytes:
    """An OLE container of these streams, each filled up with zeros; "a/b" is the stream b of the storage a."""
    names = sorted({part for path in streams for part in (path, path.partition("/")[0])}, key=lambda n: (len(n), n))
    table: list[int] = []
    content = b""
    entries = {}
    for path in names:
        data = streams.get(path, b"")
        start = len(table)
        if data:
            sectors = -(-max(len(data), _SMALL) // _SECTOR)
            table += [*range(start + 1, start + sectors), _END]
            data = data.ljust(sectors * _SECTOR, b"\0")
        content += data
        entries[path] = (start if data else _END, len(data))
    first = len(table)
    order = ["", *names]
    directory = b"".join(_entry(path, order, entries) for path in order)
    sectors = -(-len(directory) // _SECTOR)
    directory = directory.ljust(sectors * _SECTOR, b"\0")
    table += [*range(first + 1, first + sectors), _END]
    at = len(table)
    table.append(_TABLE)
    assert len(table) <= _SECTOR // 4
    header = struct.pack("<8s16x5H6x9I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, *_counts(first))
    allocation = struct.pack("<109I", at, *[_NONE] * 108)
    full = struct.pack("<128I", *table, *[_NONE] * (128 - len(table)))
    return header + allocation + content + directory + full


def _counts(directory: int) -> tuple[int, ...]:
    """The header's numbers behind its fixed part: no small streams, one sector of table."""
    return (0, 1, directory, 0, _SMALL, _END, 0, _END, 0)


def _entry(path: str, order: Sequence[str], entries: Mapping[str, tuple[int, int]]) -> bytes:
    """A directory entry; siblings hang from one another as a chain, in the order of their names."""
    above, _, name = path.rpartition("/")
    siblings = [other for other in order if other and other.rpartition("/")[0] == above]
    after = siblings[siblings.index(path) + 1 :] if path else []
    inside = [other for other in order if other and other.rpartition("/")[0] == path]
    start, size = entries.get(path, (_END, 0))
    kind = 5 if not path else 1 if inside else 2
    title = (name or "Root Entry").encode("utf-16-le")
    right = order.index(after[0]) if after else _NONE
    child = order.index(inside[0]) if inside else _NONE
    return struct.pack(
        "<64sHBB3I36xIQ", title, len(title) + 2, kind, 1, _NONE, right, child, 0 if kind == 1 else start, size
    )


def hangul(sections: Sequence[Sequence[str]], *, compressed: bool = True) -> bytes:
    """A Hangul document (HWP 5) of these sections of paragraphs."""
    head = b"HWP Document File".ljust(32, b"\0") + struct.pack("<II", 0x05000300, int(compressed))
    streams = {"FileHeader": head.ljust(256, b"\0"), "\x05HwpSummaryInformation": b"\xfe\xff"}
    for number, section in enumerate(sections):
        data = b"".join(_record(66, bytes(22)) + _record(67, (text + "\r").encode("utf-16-le")) for text in section)
        # Zeros behind the records would be read as records; behind what is deflated they are not.
        filled = data + _record(0, bytes(max(0, _SMALL - 4 - len(data))))
        streams[f"BodyText/Section{number}"] = _deflated(data) if compressed else filled
    return ole(streams)


def control(code: int, name: str = "") -> str:
    """A control within a paragraph of a Hangul document: eight units, its name (four letters, backwards) among them."""
    return chr(code) + name[::-1].encode().ljust(12, b"\0").decode("utf-16-le") + chr(code)


def _record(tag: int, data: bytes) -> bytes:
    """A record: ten bits of tag, ten of level, twelve of length; a length that does not fit stands behind them."""
    if len(data) < 0xFFF:
        return struct.pack("<I", tag | len(data) << 20) + data
    return struct.pack("<II", tag | 0xFFF << 20, len(data)) + data


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()
