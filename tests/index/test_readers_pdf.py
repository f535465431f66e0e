"""PDF: pages, blocks, mended hyphens, furniture, facts. The files are written here, byte by byte."""

from pathlib import Path

import pytest

from index.errors import EncryptedFile, NoText, ReadError
from index.readers import read_file
from index.readers.pdf_kinds import is_row
from index.readers.pdf_lines import PdfLine, furniture_of, mend_hyphens
from index.schema import Document

PROSE = "The council voted for trams on the old bridge and named three conditions"


def make_pdf(pages: list[list[str]], *, info: str = "", locked: bool = False) -> bytes:
    """A PDF whose lines stand 14 points apart; a line that begins with "~" is set at 18 points instead of 11."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        drawn = []
        for number, line in enumerate(lines):
            size, said = (18, line[1:]) if line.startswith("~") else (11, line)
            said = said.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
            drawn.append(f"BT /F1 {size} Tf 60 {760 - 14 * number} Td ({said}) Tj ET")
        stream = "\n".join(drawn)
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects) + 2} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    objects.append(f"<< {info} >>")
    extra = f" /Info {len(objects)} 0 R"
    if locked:
        objects.append(f"<< /Filter /Standard /V 1 /R 2 /O <{'ab' * 32}> /U <{'cd' * 32}> /P -4 >>")
        extra += f" /Encrypt {len(objects)} 0 R /ID [<00> <00>]"
    out = "%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R{extra} >>\nstartxref\n{len(out)}\n%%EOF"
    return (out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}" + trailer).encode("cp1252")


def read(tmp_path: Path, pages: list[list[str]], *, info: str = "") -> Document:
    path = tmp_path / "file.pdf"
    path.write_bytes(make_pdf(pages, info=info))
    return read_file(path, source="reports/river-toll_2024.pdf").documents[0]


def kinds(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def test_pages_cover_the_text_and_know_their_numbers(tmp_path: Path) -> None:
    document = read(tmp_path, [["First page."], [], ["Third page."]])
    assert document.text == "First page.\n\nThird page."
    assert [(page.number, page.start, page.end) for page in document.pages] == [(1, 0, 12), (2, 12, 13), (3, 13, 24)]
    assert document.page_at(document.text.index("Third")) == 3


def test_blocks_by_print_words_and_numbers(tmp_path: Path) -> None:
    lines = [
        "~Conditions",
        PROSE,
        "that have to be met.",
        "The arches come first, said the engineers who had measured them",
        "twice.",
    ]
    lines += ["Front axle 11 14", "Rear axle 12 15 (3)", "- The rails are replaced."]
    assert kinds(read(tmp_path, [lines])) == [
        ("heading", "Conditions"),
        ("paragraph", f"{PROSE} that have to be met."),
        ("paragraph", "The arches come first, said the engineers who had measured them twice."),
        ("row", "Front axle 11 14"),
        ("row", "Rear axle 12 15 (3)"),
        ("item", "The rails are replaced."),
    ]


def test_running_lines_and_page_numbers_are_furniture(tmp_path: Path) -> None:
    bodies = ("One tram crossed.", "Two trams crossed.", "No tram crossed.")
    document = read(tmp_path, [[f"Bridge report {n}", body, f"- {n} -"] for n, body in enumerate(bodies, start=1)])
    assert [kind for kind, _ in kinds(document)] == ["furniture", "paragraph", "furniture"] * 3
    year = read(tmp_path, [["The toll was last raised by the two towns in the spring of the year", "2023."]])
    assert [kind for kind, _ in kinds(year)] == ["paragraph"]


def test_a_header_on_every_other_page_is_furniture() -> None:
    pages = [[PdfLine("Left" if n % 2 else "Right", 5), PdfLine(f"Body {'abcdefgh'[n]}.", 7)] for n in range(8)]
    assert furniture_of(pages) == [{0}] * 8


def test_a_paragraph_goes_on_across_pages(tmp_path: Path) -> None:
    document = read(tmp_path, [[PROSE], ["that have to be met before the first one crosses."], ["The end."]])
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
    assert mend_hyphens([[PdfLine(line, len(line)) for line in lines]])[0][0].text == mended


def test_a_dash_in_a_table_joins_nothing() -> None:
    lines = [PdfLine(text, len(text)) for text in ("Sales 21 -", "Total 4", "HER2-", "positive")]
    assert len(mend_hyphens([lines])[0]) == 4


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


def test_sane_facts_are_taken(tmp_path: Path) -> None:
    info = "/Title (The River Toll) /Author (Ada Example) /CreationDate (D:20240512101500+02'00') /Subject (Tolls)"
    document = read(tmp_path, [["~Something Else", f"{PROSE}."]], info=info)
    assert (document.title, document.author, document.date) == ("The River Toll", "Ada Example", "2024-05-12")
    assert document.metadata == {"subject": "Tolls"}


@pytest.mark.parametrize("title", ["Microsoft Word - toll.doc", "untitled", "0000764478-23-000006", "toll.docx", ""])
def test_other_titles_give_way_to_the_largest_print(tmp_path: Path, title: str) -> None:
    info = f"/Title ({title}) /Author (admin) /CreationDate (D:00000000)"
    document = read(tmp_path, [["May 3, 2024", "~Toll On", "~The River", f"{PROSE}."]], info=info)
    assert (document.title, document.author, document.date) == ("Toll On The River", None, "2024-05-03")
    assert read(tmp_path, [[f"{PROSE}."]], info=info).title == "River toll 2024"


def test_locked_and_scanned_files_say_so(tmp_path: Path) -> None:
    path = tmp_path / "file.pdf"
    path.write_bytes(make_pdf([["Soup."]], locked=True))
    with pytest.raises(EncryptedFile, match=r"^toll\.pdf is protected by a password; remove it and sync again$"):
        read_file(path, source="toll.pdf")
    path.write_bytes(make_pdf([[], []]))
    with pytest.raises(NoText, match="has 2 pages but no text; it looks like a scan"):
        read_file(path, source="toll.pdf")
    path.write_bytes(b"%PDF-1.7\nnothing")
    with pytest.raises(ReadError, match=r"toll\.pdf could not be read as PDF: Failed to load document"):
        read_file(path, source="toll.pdf")
