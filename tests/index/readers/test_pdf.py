"""PDF: blocks, mended hyphens, furniture, facts."""

import contextlib

import pytest

from index.errors import EncryptedFile, NoText, ReadError
from index.readers import read_bytes
from index.readers.pdf.boxes import boxes_of
from index.readers.pdf.document import read_pdf
from index.readers.pdf.hyphens import Hyphens
from index.readers.pdf.lines import PdfLine, furniture_of, is_row, with_marks
from index.schema import Document
from tests.index.readers.pdf_files import Line, make_pdf, written

PROSE = "The council voted for trams on the old bridge and named three conditions"


def read(pages: list[list[Line]], *, info: str = "") -> Document:
    return read_pdf(make_pdf(pages, info=info), source="reports/river-toll_2024.pdf")[0]


def mended_lines(lines: list[PdfLine]) -> list[str]:
    return [line.text for line in Hyphens.of([lines]).mended([lines])[0]]


def kinds(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def test_blocks_by_print_words_and_numbers() -> None:
    lines = [
        "~Conditions",
        PROSE,
        "that have to be met.",
        "The arches come first, said the engineers who had measured them",
        "twice.",
    ]
    lines += ["Front axle 11 14", "Rear axle 12 15 (3)", "- The rails are replaced."]
    assert kinds(read([[*lines]])) == [
        ("heading", "Conditions"),
        ("paragraph", f"{PROSE} that have to be met."),
        ("paragraph", "The arches come first, said the engineers who had measured them twice."),
        ("row", "Front axle 11 14"),
        ("row", "Rear axle 12 15 (3)"),
        ("item", "The rails are replaced."),
    ]


def test_running_lines_and_page_numbers_are_furniture() -> None:
    bodies = ("One tram crossed.", "Two trams crossed.", "No tram crossed.")
    document = read([[f"Bridge report {n}", body, f"- {n} -"] for n, body in enumerate(bodies, start=1)])
    assert [kind for kind, _ in kinds(document)] == ["furniture", "paragraph", "furniture"] * 3
    year = read([["The toll was last raised by the two towns in the spring of the year", "2023."]])
    assert [kind for kind, _ in kinds(year)] == ["paragraph"]


def test_a_header_on_every_other_page_is_furniture() -> None:
    pages = [[PdfLine("Left" if n % 2 else "Right", 5), PdfLine(f"Body {'abcdefgh'[n]}.", 7)] for n in range(8)]
    assert furniture_of(pages) == [{0}] * 8


def test_a_paragraph_goes_on_across_pages() -> None:
    document = read([[PROSE], ["that have to be met before the first one crosses."], ["The end."]])
    assert kinds(document) == [
        ("paragraph", f"{PROSE} that have to be met before the first one crosses."),
        ("paragraph", "The end."),
    ]
    assert [document.page_at(block.start) for block in document.blocks] == [1, 3]


@pytest.mark.parametrize(
    ("lines", "mended"),
    [
        (["gov\u00adernment", "the government"], "government"),
        (["in\u00adhome care", "an in-home team"], "in-home care"),
        (["non\u00adlinear"], "non-linear"),
        (["wide\u00adbody", "a wide street, a body"], "wide-body"),
        (["Austro\u00adHungarian"], "Austro-Hungarian"),
        (["the 737-", "10 series"], "the 737-10 series"),
        (["Form 10-", "K of May"], "Form 10-K of May"),
        (["a bro-", "ken word"], "a broken word"),
    ],
)
def test_words_cut_at_line_ends_are_mended(lines: list[str], mended: str) -> None:
    assert mended_lines([PdfLine(line, len(line)) for line in lines])[0] == mended


def test_a_dash_in_a_table_joins_nothing() -> None:
    lines = [PdfLine(text, len(text)) for text in ("Sales 21 -", "Total 4", "HER2-", "positive")]
    assert len(mended_lines(lines)) == 4


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("Net sales $ 9,583 $ (10.3)", True),
        ("Defence, space and security 54,373 59,828", True),
        ("2024 2023", True),
        ("Exhibit 99.1", False),
        ("In 2022 and 2023 it rose", False),
        ("It rose by 4%.", False),
        ("Conditions", False),
    ],
)
def test_rows_are_lines_of_numbers(line: str, row: bool) -> None:
    assert is_row(line) == row


def test_sane_facts_are_taken() -> None:
    info = "/Title (The River Toll) /Author (Ada Example) /CreationDate (D:20240512101500+02'00') /Subject (Tolls)"
    document = read([["~Something Else", f"{PROSE}."]], info=info)
    assert (document.title, document.author, document.date) == ("The River Toll", "Ada Example", "2024-05-12")
    assert document.metadata == {"subject": "Tolls"}


@pytest.mark.parametrize("title", ["Microsoft Word - toll.doc", "untitled", "0000764478-23-000006", "toll.docx", ""])
def test_other_titles_give_way_to_the_largest_print(title: str) -> None:
    info = f"/Title ({title}) /Author (admin) /CreationDate (D:00000000)"
    document = read([["May 3, 2024", "~Toll On", "~The River", f"{PROSE}."]], info=info)
    assert (document.title, document.author, document.date) == ("Toll On The River", None, "2024-05-03")
    assert read([[f"{PROSE}."]], info=info).title == "River toll 2024"


def test_a_filing_is_named_and_dated_by_its_period() -> None:
    cover: list[Line] = ["FORM 10-K", "For the fiscal year ended December 31, 2018", "~Toll Company", f"{PROSE}."]
    document = read([cover])
    assert document.title == "Toll Company, form 10-K for the fiscal year ended December 31, 2018"
    assert document.date == "2018-12-31"
    assert read([cover], info="/CreationDate (D:20190207000000Z)").date == "2019-02-07"
    assert read([cover], info="/CreationDate (D:20230207000000Z)").date == "2018-12-31"  # copied years later
    assert read([cover], info="/Title (Toll Company 10-K)").title == "Toll Company 10-K"


def test_a_raised_mark_does_not_part_a_row() -> None:
    def line(text: str, *, baseline: float = 90.0, size: float = 9.0) -> PdfLine:
        return PdfLine(text, len(text), baseline, baseline, size)

    row = [line("Sales (in"), line("Toll income"), line("(1)", baseline=93, size=6), line("(10.3)% 11.0 %")]
    assert [each.text for each in with_marks(row)] == ["Sales (in", "Toll income (1) (10.3)% 11.0 %"]
    far = [line("Toll income"), line("(1)", baseline=300, size=6), line("Next")]
    assert [each.text for each in with_marks(far)] == ["Toll income", "(1)", "Next"]


def test_letters_outside_the_first_plane_are_read() -> None:
    document = read_pdf(make_pdf([["Let Q be a ring."]], unicode={"Q": "\U0001d538"}), source="a.pdf")[0]
    assert document.text == "Let \U0001d538 be a ring."


def test_locked_and_scanned_files_say_so() -> None:
    with pytest.raises(EncryptedFile, match=r"^toll\.pdf is protected by a password; remove it and sync again$"):
        read_pdf(make_pdf([["Soup."]], locked=True), source="toll.pdf")
    with pytest.raises(NoText, match=r"has 2 pages but no text; nothing to index$"):
        read_pdf(make_pdf([[], []]), source="toll.pdf")
    with pytest.raises(ReadError, match=r"toll\.pdf could not be read as PDF: Failed to load document"):
        read_bytes(b"%PDF-1.7\nnothing", source="toll.pdf")


def test_a_damaged_page_does_not_lose_the_others() -> None:
    data = make_pdf([["The first page."], ["The second page."], ["The third page."]])
    broken = data.replace(b"/Kids [4 0 R 6 0 R 8 0 R]", b"/Kids [4 0 R 0 0 R 8 0 R]")  # there is no such object
    assert broken != data
    (document,) = read_pdf(broken, source="a.pdf")
    assert document.text == "The first page.\n\nThe third page."
    assert document.metadata == {"unread": "page 2"}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_cut_file_reads_or_says_why(share: float) -> None:
    data = make_pdf([[f"{PROSE}.", f"Page {number}"] for number in range(9)])
    with contextlib.suppress(ReadError):
        assert read_bytes(data[: int(share * len(data))], source="toll.pdf").documents


def test_what_was_filled_into_a_form_is_read_and_found_on_its_page() -> None:
    shown = "BT /F1 11 Tf 2 5 Td (Ada Example) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] >> >>",
        "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R /Annots [6 0 R] "
        "/Resources << /Font << /F1 3 0 R >> >> >>",
        "<< /Length 50 >>\nstream\nBT /F1 11 Tf 60 700 Td (Name of the applicant:) Tj ET\nendstream",
        "<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (Ada Example) /Rect [220 695 400 715] /F 4 /P 4 0 R "
        "/AP << /N 7 0 R >> >>",
        "<< /Type /XObject /Subtype /Form /BBox [0 0 180 20] /Resources << /Font << /F1 3 0 R >> >> "
        f"/Length {len(shown)} >>\nstream\n{shown}\nendstream",
    ]
    data = written(objects)
    (document,) = read_pdf(data, source="a.pdf")
    assert document.text.split() == ["Name", "of", "the", "applicant:", "Ada", "Example"]
    (box,) = boxes_of(data, document, document.text.index("Ada"), len(document.text))
    assert (round(box.left), box.top < 792 - 700 < box.bottom) == (222, True)
