"""Where a quote is printed, and what its page looks like, from the files of an index."""

import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import Box, Document, Index, Span, StoreError
from index.readers.pdf.boxes import boxes_of, print_of
from index.readers.pdf.document import read_pdf
from tests.fakes import document
from tests.index.folders import FOX, write
from tests.index.readers.pdf_files import COURIER, HEIGHT, LEFT, PITCH, SIZE, TOP, WIDTH, Line, make_pdf

LINES = ["The council voted for trams on the old bridge", "and named three conditions for the toll."]
WORDS = st.text(st.sampled_from("abcdefgh0123456789(),.%-"), min_size=1, max_size=8)
PAGES = st.lists(st.lists(st.lists(WORDS, min_size=1, max_size=7).map(" ".join), max_size=12), min_size=1, max_size=3)


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


def inside(box: Box, outer: Box) -> bool:
    return (
        box.page == outer.page
        and outer.left - 0.1 <= box.left < box.right <= outer.right + 0.1
        and outer.top - 0.1 <= box.top < box.bottom <= outer.bottom + 0.1
    )


@settings(max_examples=60, deadline=None)
@given(lines=PAGES, data=st.data())
def test_lines_are_the_documents_characters_where_they_are_printed(lines: list[list[str]], data: st.DataObject) -> None:
    if not any(any(character.isalnum() for character in line) for page in lines for line in page):
        return
    file = make_pdf([[*page] for page in lines], font="Courier")
    (found,) = read_pdf(file, source="a.pdf")
    pages = [print_of(file, found, page.number) for page in found.pages]
    for page, printed, written in zip(found.pages, pages, lines, strict=True):
        assert (printed.width, printed.height) == (WIDTH, HEIGHT)
        edges = [page.start, *(edge for span, _ in printed.lines for edge in (span.start, span.end)), page.end]
        assert edges == sorted(edges)
        # What no line has is white space, or hyphens that stand alone.
        assert set("".join(found.text[a:b] for a, b in list(pairwise(edges))[::2])) <= set(" \n-")
        for span, box in printed.lines:
            row = round((box.bottom - (HEIGHT - TOP)) // PITCH)
            first, last = round((box.left - LEFT) / (COURIER * SIZE)), round((box.right - LEFT) / (COURIER * SIZE))
            # A hyphen at a line's end may be gone from the text, and one that stands alone has no place.
            assert "".join(span.of(found.text).split()).strip("-") == "".join(written[row][first:last].split()).strip(
                "-"
            )
    start = data.draw(st.integers(0, len(found.text)))
    end = data.draw(st.integers(start, len(found.text)))
    for box in boxes_of(file, found, start, end):
        near = [outer for span, outer in pages[box.page - 1].lines if span.overlaps(Span(start, end))]
        assert any(inside(box, outer) for outer in near) or found.text[start:end].strip(" \n-") == ""


def test_cells_of_a_table_are_lines_of_their_own(index: Index, folder: Path) -> None:
    row: list[Line] = [(60.0, 700.0, "Net revenue"), (400.0, 700.0, "9,583"), (500.0, 700.0, "-1,204")]
    write(folder / "table.pdf", make_pdf([[*LINES, *row]]))
    index.sync(folder)
    found = only(index, "table.pdf")
    lines = index.print_of(found.id, 1).lines
    assert [span.of(found.text) for span, _ in lines] == [*LINES, "Net revenue", "9,583", "-1,204"]
    assert [round(box.left) for _, box in lines[2:]] == pytest.approx([60, 400, 500], abs=1)
    assert len({box.top for _, box in lines[2:]}) == 1


def test_halves_of_a_word_stand_in_two_lines_and_on_two_pages(index: Index, folder: Path) -> None:
    lines = ["A government is here, and the govern-", "ment of the coun-"]
    write(folder / "cut.pdf", make_pdf([lines, ["cil votes; a council."]]))
    index.sync(folder)
    found = only(index, "cut.pdf")
    said = [span.of(found.text) for page in found.pages for span, _ in index.print_of(found.id, page.number).lines]
    assert said == ["A government is here, and the govern", "ment of the coun", "cil votes; a council."]


def test_lines_of_print_are_refused_as_boxes_are(index: Index, folder: Path, pdf: bytes) -> None:
    write(folder / "toll.pdf", pdf)
    index.sync(folder)
    toll, fox = only(index, "toll.pdf"), only(index, "fox.txt")
    for document_id, page in ((toll.id, 0), (toll.id, 3), (fox.id, 1), ("unknown", 1)):
        with pytest.raises(StoreError, match=r"no printed page|no document"):
            index.print_of(document_id, page)
    write(folder / "toll.pdf", pdf + b"\n")
    with pytest.raises(StoreError, match=r"toll\.pdf has changed since it was read"):
        index.print_of(toll.id, 1)
