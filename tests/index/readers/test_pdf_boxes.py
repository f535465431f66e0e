"""Boxes: for any span, around its print and nothing else, however the page is turned or cut."""

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from index.errors import ReadError
from index.readers.pdf.boxes import boxes_of, picture_of
from index.readers.pdf.document import read_pdf
from index.schema import Box, Document
from tests.index.readers.pdf_files import COURIER, HEIGHT, LEFT, PITCH, SIZE, TOP, WIDTH, Line, make_pdf

STEP = COURIER * SIZE  # points from one character to the next
WORDS = st.text(st.sampled_from("abcdefgh0123456789(),.%"), min_size=1, max_size=8)
LINES = st.lists(st.lists(WORDS, min_size=1, max_size=7).map(" ".join), min_size=1, max_size=12)


def read(pages: list[list[Line]], *, page: str = "") -> tuple[bytes, Document]:
    data = make_pdf(pages, font="Courier", page=page)
    return data, read_pdf(data, source="a.pdf")[0]


def printed(pages: list[list[str]], box: Box) -> str:
    """What the file was made to print in a box, white space aside."""
    inside = ""
    for number, line in enumerate(pages[box.page - 1]):
        if box.top < HEIGHT - TOP + PITCH * number - 2 < box.bottom:
            first, last = round((box.left - LEFT) / STEP), round((box.right - LEFT) / STEP)
            inside += line[first:last]
    return "".join(inside.split())


@settings(max_examples=100, deadline=None)
@given(pages=st.lists(LINES, min_size=1, max_size=4), data=st.data())
def test_the_characters_in_the_boxes_of_any_span_are_the_span(pages: list[list[str]], data: st.DataObject) -> None:
    file, document = read([[*lines] for lines in pages])
    start = data.draw(st.integers(0, len(document.text)))
    end = data.draw(st.integers(start, len(document.text)))
    boxes = boxes_of(file, document, start, end)
    found = "".join(printed(pages, box) for box in boxes)
    assert found == "".join(document.text[start:end].split())


def test_a_box_is_as_wide_as_its_characters() -> None:
    file, document = read([["Soup is hot.", "It is served at noon."]])
    start = document.text.index("hot")
    hot, served = boxes_of(file, document, start, document.text.index(" at"))
    assert (hot.left, hot.right) == pytest.approx((LEFT + 8 * STEP, LEFT + 12 * STEP), abs=0.1)
    assert hot.top < HEIGHT - TOP < hot.bottom  # the baseline
    assert served.left == pytest.approx(LEFT, abs=0.1)
    assert 0 < served.top - hot.top == pytest.approx(PITCH, abs=0.1)


def turned(box: Box, turns: int) -> Box:
    """A box of the page with as many quarter turns clockwise."""
    left, top, right, bottom, width, height = box.left, box.top, box.right, box.bottom, WIDTH, HEIGHT
    for _ in range(turns):
        left, top, right, bottom, width, height = height - bottom, left, height - top, right, height, width
    return Box(box.page, left, top, right, bottom)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_boxes_turn_with_the_page(turns: int) -> None:
    lines: list[Line] = ["Soup is hot.", "It is served at noon."]
    file, document = read([lines])
    (plain,) = boxes_of(file, document, 0, 4)
    file, document = read([lines], page=f"/Rotate {90 * turns}")
    start = document.text.index("Soup")
    (found,) = boxes_of(file, document, start, start + 4)
    expected = turned(plain, turns)
    assert [found.left, found.top, found.right, found.bottom] == pytest.approx(
        [expected.left, expected.top, expected.right, expected.bottom], abs=0.05
    )


@pytest.mark.parametrize(
    "page", ["", "/Rotate 90", "/CropBox [40 300 500 780]", "/Rotate 270 /CropBox [40 300 500 780]"]
)
def test_the_picture_is_dark_in_the_box_and_white_around_it(page: str) -> None:
    file, document = read([["", "HHHHHHHH"]], page=page)
    (box,) = boxes_of(file, document, 0, 8)
    shown = picture_of(file, 1, width=1000)
    picture = Image.open(io.BytesIO(shown.png)).convert("L")
    across = {"": WIDTH, "/Rotate 90": HEIGHT, "/CropBox [40 300 500 780]": 460}.get(page, 480)
    scale = picture.width / across
    assert shown.scale == pytest.approx(scale, rel=1e-4)
    assert picture.width == 1000
    ink = picture.point([255] * 128 + [0] * 128).getbbox()
    assert ink is not None
    outer = (box.left - 1, box.top - 1, box.right + 1, box.bottom + 1)
    assert all(scale * out <= found for out, found in zip(outer[:2], ink[:2], strict=True))
    assert all(scale * out >= found for out, found in zip(outer[2:], ink[2:], strict=True))


def test_a_cut_word_has_a_box_on_either_side_hyphen_included() -> None:
    file, document = read([["The govern-", "ment of the government left", "at noon."]])
    start = document.text.index("government")
    above, below = boxes_of(file, document, start, start + len("government"))
    assert (above.left, above.right) == pytest.approx((LEFT + 4 * STEP, LEFT + 11 * STEP), abs=0.1)
    assert (below.left, below.right) == pytest.approx((LEFT, LEFT + 4 * STEP), abs=0.1)


def test_columns_and_pages_are_followed_in_reading_order() -> None:
    left = [(60.0, 700.0 - 14 * n, f"left line {n} of the column") for n in range(4)]
    right = [(320.0, 700.0 - 14 * n, f"right line {n} of the column") for n in range(4)]
    file, document = read([[*left, *right], ["and the next page."]])
    boxes = boxes_of(file, document, 0, len(document.text))
    assert [(box.page, round(box.left)) for box in boxes] == [(1, 60)] * 4 + [(1, 320)] * 4 + [(2, 60)]


def test_only_the_pages_of_the_span_have_to_be_as_they_were() -> None:
    pages: list[list[Line]] = [["The first page."], ["The second page."], ["The third page."]]
    _, document = read(pages)
    changed, _ = read([pages[0], ["Another second page."], pages[2]])
    start = document.text.index("The third")
    assert [box.page for box in boxes_of(changed, document, start, start + 5)] == [3]
    with pytest.raises(ReadError, match=re.escape("a.pdf: the characters of page 2 are not those of its text")):
        boxes_of(changed, document, start - 5, start + 5)
    shorter, _ = read(pages[:2])
    with pytest.raises(ReadError, match="has no page 3, only 1 to 2"):
        boxes_of(shorter, document, start, start + 5)


def test_pictures_are_bounded() -> None:
    file, _ = read([["Soup"]], page="/CropBox [0 0 1 792]")
    with Image.open(io.BytesIO(picture_of(file, 1, width=4000).png)) as picture:
        assert picture.width * picture.height <= 17_000_000
    with pytest.raises(ReadError, match="has no page 2"):
        picture_of(file, 2, width=10)
