"""What the tests of readers share: what every reader promises, and archives made in memory."""

import io
import zipfile
from collections.abc import Mapping, Sequence

from index.errors import ReadError
from index.readers import read_bytes
from index.schema import Document


def check(documents: Sequence[Document]) -> None:
    """Assert what every reader promises."""
    assert documents
    assert len({document.id for document in documents}) == len(documents)
    for document in documents:
        text = document.text
        assert document.title.strip() == document.title != ""
        assert not set(text) & set("\r\x00")
        text.encode()
        end = 0
        for block in document.blocks:
            assert end <= block.start < block.end <= len(text)
            shown = text[block.start : block.end]
            assert shown == shown.strip()
            assert (block.level > 0) == (block.kind == "heading")
            end = block.end
        end = 0
        for number, page in enumerate(document.pages, start=1):
            assert page.number == number
            assert end == page.start <= page.end <= len(text)
            end = page.end
        assert not document.pages or end == len(text)


def read(data: bytes, name: str) -> tuple[Document, ...]:
    return read_bytes(data, source=name).documents


def assert_read_or_refused(data: bytes, name: str) -> None:
    """Assert that hostile data is read, in whole or in part, or refused in one line."""
    try:
        reading = read_bytes(data, source=name)
    except ReadError as error:
        reasons = [str(error)]
    else:
        assert reading.documents or reading.failures
        if reading.documents:
            check(reading.documents)
        reasons = [failure.reason for failure in reading.failures]
    assert not any("\n" in reason or len(reason) > 600 for reason in reasons)


def assert_survives_damage(data: bytes, name: str) -> None:
    """Assert that a file cut or changed at many places is read, or refused in one line."""
    for tenths in (1, 5, 9):
        assert_read_or_refused(data[: len(data) * tenths // 10], name)
    for place in range(0, len(data), max(1, len(data) // 12)):
        assert_read_or_refused(data[:place] + bytes([data[place] ^ 0x5A]) + data[place + 1 :], name)


def zipped(members: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of these members, in this order."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def kinds(document: Document) -> list[tuple[str, str]]:
    """The kind and the text of every block."""
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def labels(document: Document) -> list[str]:
    """The label of every block."""
    return [block.label for block in document.blocks]
