"""Pages that are pictures: recognised where that is installed, named where it is not."""

import io
import json
from types import SimpleNamespace

import numpy
import pypdfium2
import pytest

from index.errors import NoText, ReadError
from index.readers.pdf import document as documents
from index.readers.pdf import ocr, parts
from index.readers.pdf.boxes import boxes_of
from index.readers.pdf.document import document_of, read_pdf
from index.readers.pdf.ocr import Seen, Sight, lines_of
from index.readers.pdf.parts import page_count, part_from, part_record, read_part
from tests.index.readers.pdf_files import HEIGHT, WIDTH, make_pdf


def scan(pages: int, *, resolution: int = 72) -> bytes:
    """A PDF of pictures of pages that say what one with text said."""
    scale = resolution / 72
    source = pypdfium2.PdfDocument(
        make_pdf([[f"The soup of page {n} is hot.", "It costs 4.50 euros."] for n in range(pages)])
    )
    pictures = [page.render(scale=scale).to_pil().convert("L") for page in source]
    source.close()
    written = io.BytesIO()
    pictures[0].save(written, "PDF", save_all=True, append_images=pictures[1:], resolution=resolution)
    return written.getvalue()


def joined(*files: bytes) -> bytes:
    with pypdfium2.PdfDocument.new() as whole:
        for file in files:
            with pypdfium2.PdfDocument(file) as part:
                whole.import_pages(part)
        written = io.BytesIO()
        whole.save(written)
    return written.getvalue()


class Engine:
    """Finds two pieces on one line of every picture and one below."""

    def __call__(self, picture: numpy.ndarray) -> SimpleNamespace:
        scale = picture.shape[0] / HEIGHT
        sides = [(60, 100, 90, 112), (300, 101, 330, 113), (60, 130, 200, 142), (60, 160, 90, 172)]
        boxes = [[(left, top), (right, top), (right, bottom), (left, bottom)] for left, top, right, bottom in sides]
        texts, scores = ("Soup", "4.50", "It is hot.", "noise"), (0.9, 0.9, 0.9, 0.2)
        return SimpleNamespace(boxes=numpy.array(boxes) * scale, txts=texts, scores=scores)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "_engine", Engine)
    monkeypatch.setattr(parts, "installed", lambda: True)
    monkeypatch.setattr(documents, "installed", lambda: True)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "installed", lambda: False)
    monkeypatch.setattr(documents, "installed", lambda: False)


@pytest.mark.usefixtures("bare")
def test_without_the_extra_a_scan_names_it_and_unread_pages_are_told() -> None:
    with pytest.raises(
        NoText, match=r"^a\.pdf has 2 pages but no text; it looks like a scan.*pip install 'citeback\[ocr\]'$"
    ):
        read_pdf(scan(2), source="a.pdf")
    (document,) = read_pdf(joined(make_pdf([["The first page is text."]]), scan(2)), source="a.pdf")
    assert document.metadata == {"unread": "pages 2-3"}
    assert [(page.number, page.end - page.start) for page in document.pages][1:] == [(2, 1), (3, 0)]


@pytest.mark.usefixtures("engine")
def test_pages_that_are_pictures_become_text_in_reading_order() -> None:
    data = joined(make_pdf([["The first page is text."]]), scan(1))
    (document,) = read_pdf(data, source="a.pdf")
    assert document.text == "The first page is text.\nSoup 4.50\nIt is hot."
    assert document.metadata == {"recognised": "page 2"}
    assert boxes_of(data, document, 0, 5)
    with pytest.raises(ReadError, match="page 2 was recognised in a picture"):
        boxes_of(data, document, 30, 34)


@pytest.mark.usefixtures("engine")
def test_recognition_keeps_within_the_time_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr.Recogniser, "seconds", property(lambda self: 10.0, lambda self, value: None), raising=False)
    monkeypatch.setattr(ocr, "_seconds_left", lambda: 30.0)
    with pytest.raises(ReadError, match=r"a\.pdf has 3 pages to recognise at 10 s each, more than the time"):
        read_pdf(scan(3), source="a.pdf")
    assert read_pdf(scan(2), source="a.pdf")[0].metadata == {"recognised": "pages 1-2"}
    left = iter((30.0, 20.0, 10.0))
    monkeypatch.setattr(ocr, "_seconds_left", lambda: next(left))
    (document,) = read_pdf(joined(make_pdf([["Text."]]), scan(3)), source="a.pdf")
    assert document.metadata == {"recognised": "pages 2-3", "unread": "page 4"}


def test_columns_are_read_one_after_the_other() -> None:
    left = [Seen(f"line {n} of the left column", 50, 100 + 20 * n, 280, 112 + 20 * n) for n in range(6)]
    right = [Seen(f"line {n} of the right column", 320, 101 + 20 * n, 560, 113 + 20 * n) for n in range(6)]
    title = Seen("A title across both of the columns", 100, 50, 500, 70)
    (lines,) = lines_of(
        [Sight((title, *(each for pair in zip(left, right, strict=True) for each in pair)), WIDTH, HEIGHT)]
    )
    assert [line.text for line in lines] == [piece.text for piece in (title, *left, *right)]
    assert [line.size for line in lines] == [20.0] + [12.0] * 12
    assert lines[1].baseline == HEIGHT - 112


def test_a_file_read_in_parts_is_the_same_document() -> None:
    prose = "The council voted for trams on the old bridge and named three conditions that"
    pages = [["The Report", f"{prose} {'abcdefghi'[n]} were met", f"- {n} -"] for n in range(9)]
    data = make_pdf([[*lines] for lines in pages], info="/Title (Trams)")
    assert page_count(data, source="a.pdf") == 9
    parts = [read_part(data, source="a.pdf", first=1, last=4), read_part(data, source="a.pdf", first=5)]
    sent = [part_from(json.loads(json.dumps(part_record(part)))) for part in parts]
    assert [document_of(sent, source="a.pdf")] == read_pdf(data, source="a.pdf")


@pytest.mark.slow
def test_the_models_read_a_scan() -> None:
    pytest.importorskip("rapidocr")
    pytest.importorskip("onnxruntime")
    (document,) = read_pdf(scan(1, resolution=150), source="a.pdf")
    assert document.text.split() == "The soup of page 0 is hot. It costs 4.50 euros.".split()
