"""Where a quote is printed, and what its page looks like, from the files of an index."""

import zipfile
from pathlib import Path

import pytest

from index import Document, Index, StoreError
from tests.fakes import document
from tests.index.folders import FOX, write
from tests.index.readers.pdf_files import make_pdf

LINES = ["The council voted for trams on the old bridge", "and named three conditions for the toll."]


def only(index: Index, source: str) -> Document:
    [info] = [info for info in index.documents() if info.source == source]
    return index.document(info.id)


@pytest.fixture
def pdf() -> bytes:
    return make_pdf([LINES, ["Another page tells of ships and rope."]])


def test_a_quote_is_boxed_and_its_page_pictured(index: Index, folder: Path, pdf: bytes) -> None:
    write(folder / "odd \x1b name.pdf", pdf)
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.writestr("in/toll.pdf", pdf)
    index.sync(folder)
    for source in ("odd \\x1b name.pdf", "all.zip/in/toll.pdf"):
        found = only(index, source)
        start = found.text.index("trams")
        boxes = index.boxes(found.id, start, found.text.index("three") + 5)
        assert [box.page for box in boxes] == [1, 1]
        assert boxes[0].top < boxes[0].bottom <= boxes[1].top + 1
        assert all(0 <= box.left < box.right <= 612 for box in boxes)
        assert {box.page for box in index.boxes(found.id, 0, len(found.text))} == {1, 2}
        assert index.boxes(found.id, start, start) == []
        assert index.picture(found.id, 2, width=200).png.startswith(b"\x89PNG")


def test_what_cannot_be_shown_says_why(index: Index, folder: Path, pdf: bytes) -> None:
    write(folder / "toll.pdf", pdf)
    index.sync(folder)
    index.add([document("own", FOX)])
    toll, fox = only(index, "toll.pdf"), only(index, "fox.txt")
    assert index.boxes(fox.id, 0, 3) == []
    for page, width in ((3, 100), (0, 100), (1, 0), (1, 100_000)):
        with pytest.raises(StoreError, match=r"no printed page|cannot be made"):
            index.picture(toll.id, page, width=width)
    with pytest.raises(StoreError, match=r"no span of toll\.pdf"):
        index.boxes(toll.id, 0, 10_000)
    write(folder / "toll.pdf", pdf + b"\n")
    with pytest.raises(StoreError, match=r"toll\.pdf has changed since it was read"):
        index.boxes(toll.id, 0, 10)
    (folder / "toll.pdf").unlink()
    with pytest.raises(StoreError, match=r"toll\.pdf is no longer there"):
        index.picture(toll.id, 1)
