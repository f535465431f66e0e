"""PowerPoint presentations: slides as pages, shapes in reading order, tables, charts, notes, hidden slides."""

import datetime
import io
from typing import Any, cast

import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.presentation import Presentation
from pptx.util import Inches

from index.errors import EmptyFile, NoText, ReadError
from index.readers.office import pptx as reader
from index.readers.office.pptx import read_pptx
from index.schema import Document
from tests.index.readers.reading import assert_survives_damage, check, kinds, labels

TITLE_AND_CONTENT, TITLE_ONLY, BLANK = 1, 5, 6
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


def saved(deck: Presentation) -> bytes:
    stream = io.BytesIO()
    deck.save(stream)
    return stream.getvalue()


def read(deck: Presentation) -> Document:
    documents = read_pptx(saved(deck), source="toll.pptx")
    check(documents)
    return documents[0]


def slide(deck: Presentation, layout: int = BLANK, title: str = "") -> Any:
    added: Any = deck.slides.add_slide(deck.slide_layouts[layout])
    if title:
        added.shapes.title.text = title
    return added


def write(on: Any, text: str, left: float = 0, top: float = 0) -> None:
    box = on.shapes.add_textbox(Inches(left), Inches(top), Inches(1), Inches(1))
    box.text_frame.text = text


def texts(deck: Presentation) -> list[str]:
    return [text for _, text in kinds(read(deck))]


def test_a_slide_is_a_page_with_its_title_its_items_and_its_notes() -> None:
    deck = pptx.Presentation()
    deck.core_properties.author = "Ann Lee"
    deck.core_properties.created = datetime.datetime(2024, 5, 12)
    first = slide(deck, TITLE_AND_CONTENT, "The toll")
    frame = first.placeholders[1].text_frame
    frame.text = "carts"
    frame.add_paragraph().text = "boats"
    first.notes_slide.notes_text_frame.text = "Say nine.\nThen wait."
    write(slide(deck), "The end.")
    document = read(deck)
    assert kinds(document) == [
        ("heading", "The toll"),
        ("item", "carts"),
        ("item", "boats"),
        ("heading", "Notes"),
        ("paragraph", "Say nine."),
        ("paragraph", "Then wait."),
        ("paragraph", "The end."),
    ]
    assert [page.label for page in document.pages] == ["slide 1", "slide 2"]
    assert document.locator_at(document.text.index("Say")) == "slide 1, notes"
    assert (document.title, document.author, document.date) == ("The toll", "Ann Lee", "2024-05-12")
    assert_survives_damage(saved(deck), "toll.pptx")


def test_shapes_are_read_from_top_to_bottom_and_left_to_right() -> None:
    deck = pptx.Presentation()
    one = slide(deck, TITLE_AND_CONTENT, "Title")
    write(one, "bottom", 0, 7)
    write(one, "right", 5, 0.1)
    write(one, "left", 1, 0.2)
    # Where this placeholder stands, only its layout says: 1.75 inches below the top.
    one.placeholders[1].text_frame.text = "middle"
    assert texts(deck) == ["Title", "left", "right", "middle", "bottom"]


def test_groups_stay_together_and_hidden_shapes_are_left_out() -> None:
    deck = pptx.Presentation()
    one = slide(deck)
    group = one.shapes.add_group_shape()
    for text, top in ("second", 3), ("first", 1):
        group.shapes.add_textbox(0, Inches(top), Inches(1), Inches(1)).text_frame.text = text
    write(one, "between", 0, 2)
    write(one, "gone", 0, 5)
    one.shapes[-1]._element.nvSpPr.cNvPr.set("hidden", "1")
    assert texts(deck) == ["first", "second", "between"]


def test_hidden_slides_are_read_and_labelled_and_empty_ones_are_counted() -> None:
    deck = pptx.Presentation()
    slide(deck)
    write(slide(deck), "kept back")
    deck.slides[1]._element.set("show", "0")
    document = read(deck)
    assert [(page.label, page.start, page.end) for page in document.pages] == [
        ("slide 1", 0, 0),
        ("slide 2 (hidden)", 0, 9),
    ]


def test_tables_are_rows_and_merged_cells_reach_down() -> None:
    deck = pptx.Presentation()
    rows = [("Gate", "Boats", "Carts"), ("North", "11", "1"), ("", "12", "2"), ("South", "13", "3")]
    grid = slide(deck).shapes.add_table(4, 3, 0, 0, Inches(4), Inches(2)).table
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            grid.cell(number, column).text = text
    grid.cell(1, 0).merge(grid.cell(2, 0))
    document = read(deck)
    assert [text for _, text in kinds(document)] == [
        "Gate | Boats | Carts",
        "Gate: North | Boats: 11 | Carts: 1",
        "Gate: North | Boats: 12 | Carts: 2",
        "Gate: South | Boats: 13 | Carts: 3",
    ]
    assert labels(document)[1] == "table row 2"


def test_a_chart_says_its_title_and_its_values_as_it_shows_them() -> None:
    deck = pptx.Presentation()
    data = cast(Any, CategoryChartData)(number_format="0%")
    data.categories = ["May", "June"]
    data.add_series("carts", (0.15, 0.2))
    data.add_series("boats", (0.3, None))
    size = (0, 0, Inches(3), Inches(3))
    chart = slide(deck).shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *size, data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Shares"
    assert kinds(read(deck)) == [
        ("paragraph", "Shares"),
        ("row", "May | carts: 15% | boats: 30%"),
        ("row", "June | carts: 20%"),
    ]


def test_numbered_paragraphs_have_their_numbers() -> None:
    deck = pptx.Presentation()
    one = slide(deck)
    write(one, "one\ntwo\ndeep\nthree\nplain\nagain")
    paragraphs = one.shapes[0].text_frame.paragraphs
    for place in (0, 1, 2, 3, 5):
        properties = paragraphs[place]._p.get_or_add_pPr()
        scheme = "alphaLcParenR" if place == 2 else "arabicPeriod"
        properties.append(properties.makeelement(f"{{{DRAWING}}}buAutoNum", {"type": scheme}))
    paragraphs[2].level = 1
    assert texts(deck) == ["1. one", "2. two", "a) deep", "3. three", "plain", "1. again"]


def test_slides_without_text_are_a_scan_and_no_slides_are_empty() -> None:
    deck = pptx.Presentation()
    with pytest.raises(EmptyFile, match=r"toll\.pptx has no slides"):
        read(deck)
    slide(deck)
    with pytest.raises(NoText, match="has 1 slide but no text; run OCR"):
        read(deck)


def test_the_number_of_slides_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    deck = pptx.Presentation()
    for _ in range(3):
        write(slide(deck), "Soup")
    monkeypatch.setattr(reader, "MAX_SLIDES", 2)
    with pytest.raises(ReadError, match="more than 2 slides, the limit"):
        read(deck)
