"""Sentences that go on on the next page, past what stands between."""

import pytest

from index.readers.pdf.boxes import boxes_of
from index.readers.pdf.document import read_pdf
from index.schema import Document
from index.sentences import sentence_spans
from tests.index.readers.pdf_files import Line, make_pdf

SENTENCE = "The council voted for trams on the old bridge and named three conditions that have"
REST = "to be met before the first tram crosses."


def read(pages: list[list[Line]]) -> Document:
    """The document, every character of which has been found on its page."""
    data = make_pdf(pages, font="Courier")
    document = read_pdf(data, source="a.pdf")[0]
    boxes_of(data, document, 0, len(document.text))
    ends = [page.end for page in document.pages]
    assert [page.start for page in document.pages] == [0, *ends[:-1]]
    assert ends[-1] == len(document.text)
    return document


def framed(bodies: list[list[Line]]) -> list[list[Line]]:
    return [["The Bridge Report", *body, f"- {number} -"] for number, body in enumerate(bodies, start=1)]


def full(name: str) -> str:
    return f"Nothing else was decided on that {name}, said the two towns that own the bridge."


def sentences(document: Document) -> list[str]:
    blocks = [block for block in document.blocks if block.kind in ("paragraph", "item")]
    return [
        span.of(document.text) for block in blocks for span in sentence_spans(document.text, block.start, block.end)
    ]


def test_a_sentence_goes_on_past_footer_and_header() -> None:
    document = read(framed([[full("day"), SENTENCE], [REST, full("week")], [full("month")]]))
    assert f"{SENTENCE} {REST}" in sentences(document)
    assert document.page_at(document.text.index(SENTENCE)) == 1
    assert document.page_at(document.text.index(REST)) == 2
    kinds = [block.kind for block in document.blocks if document.page_at(block.start) == 1]
    assert kinds == ["furniture", "furniture", "paragraph"]
    furniture = {document.text[block.start : block.end] for block in document.blocks if block.kind == "furniture"}
    assert furniture == {"The Bridge Report", "- 1 -", "- 2 -", "- 3 -"}


@pytest.mark.parametrize("rest", ["Tuesday's vote, which named three of them.", "2023 and 2024 were left out of it."])
def test_any_word_may_come_next(rest: str) -> None:
    assert f"{SENTENCE} {rest}" in sentences(read(framed([[full("day"), SENTENCE], [rest], [full("week")]])))


def test_a_new_sentence_stays_new() -> None:
    document = read(framed([[SENTENCE + " been met."], [full("day")], [full("week")]]))
    assert [block.kind for block in document.blocks] == ["furniture", "paragraph", "furniture"] * 3


def test_a_word_cut_by_the_page_is_put_together() -> None:
    above = "The government asked for a bridge, and in the end the same govern-"
    document = read(framed([[full("day"), above], ["ment paid for it."], [full("week")]]))
    assert any(said.endswith("the same government paid for it.") for said in sentences(document))
    assert document.text[document.pages[1].start :].startswith("ment paid")


def test_a_paragraph_that_fills_pages_is_parted_after_a_sentence_for_what_runs_along() -> None:
    document = read(framed([[SENTENCE], ["to be met.", full("day"), SENTENCE], [REST], [full("week")]]))
    assert f"{SENTENCE} to be met." in sentences(document)
    assert f"{SENTENCE} {REST}" in sentences(document)


def test_footnotes_do_not_stand_between() -> None:
    data = make_pdf([[full("day"), SENTENCE, "1 See the report."], [REST, full("week")]], font="Courier")
    small = data.replace(b"/F1 11 Tf 60 732", b"/F1 07 Tf 60 732")
    assert small != data
    document = read_pdf(small, source="a.pdf")[0]
    assert f"{SENTENCE} {REST}" in sentences(document)
    assert boxes_of(small, document, 0, len(document.text))


def test_the_running_head_of_a_chapter_is_kept_once() -> None:
    def pages(chapter: str, count: int) -> list[list[Line]]:
        return [[f"{chapter} of the report", full(f"{chapter} {'abcdefghij'[n]}")] for n in range(count)]

    document = read([*pages("Arches", 6), *pages("Rails", 5)])
    heads = [block for block in document.blocks if "of the report" in document.text[block.start : block.end]]
    assert [document.page_at(head.start) for head in heads if head.kind != "furniture"] == [1, 7]
    assert len(heads) == 11


def test_pages_cover_the_text_and_know_their_numbers() -> None:
    document = read([["First page."], [], ["Third page."]])
    assert document.text == "First page.\n\nThird page."
    assert [(page.number, page.start, page.end) for page in document.pages] == [(1, 0, 12), (2, 12, 13), (3, 13, 24)]
    assert document.page_at(document.text.index("Third")) == 3
