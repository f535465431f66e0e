"""Excel workbooks: rows with their names, numbers as shown, sheets as pages, and sheets made to be endless."""

import datetime
import io
import time
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

from index.errors import EmptyFile, ReadError
from index.readers import paged
from index.readers.office import xlsx
from index.readers.office.number_formats import general, shown_by
from index.readers.office.xlsx import read_xlsx
from index.schema import Document
from tests.index.readers.reading import assert_survives_damage, check, kinds, labels, zipped

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
PLAIN = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1, max_size=12)


def workbook(*rows: list[object], title: str = "Prices") -> tuple[openpyxl.Workbook, Worksheet]:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return book, sheet


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def read(data: bytes) -> Document:
    documents = read_xlsx(data, source="menu.xlsx")
    check(documents)
    return documents[0]


def by_hand(rows: str, *, behind: str = "", space: str = NAMESPACE, texts: str = "") -> bytes:
    """A workbook of one sheet from its XML."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = f'<Relationship Id="r1" Type="{kind}/worksheet" Target="worksheets/a.xml"/>'
    relations += f'<Relationship Id="r2" Type="{kind}/sharedStrings" Target="/xl/texts.xml"/>'
    return zipped(
        {
            "xl/workbook.xml": f'<workbook xmlns="{space}" xmlns:r="{kind}"><sheets>'
            f'<sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f"<Relationships>{relations}</Relationships>",
            "xl/texts.xml": f'<sst xmlns="{space}">{texts}</sst>',
            "xl/worksheets/a.xml": f'<worksheet xmlns="{space}"><dimension ref="A1:XFD1048576"/>'
            f"<sheetData>{rows}</sheetData>{behind}</worksheet>",
        }
    )


def members_of(data: bytes) -> dict[str, str | bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


MENU: list[list[object]] = [["Dish", "Cost"], ["Broth", 4.5], ["Stew", 9], ["Tea", 1]]


def test_a_sheet_is_a_page_and_a_row_is_a_block_that_names_its_columns() -> None:
    book, _ = workbook(["Menu of the week"], ["All in crowns."], [], *MENU)
    book.properties.creator, book.properties.title = "Ann Lee", "Menu"
    book.properties.created = datetime.datetime(2024, 5, 12, 9, 30)
    book.create_sheet("Towns").append(["Lisbon"])
    document = read(saved(book))
    assert kinds(document) == [
        ("heading", "Prices"),
        ("paragraph", "Menu of the week"),
        ("paragraph", "All in crowns."),
        ("row", "Dish | Cost"),
        ("row", "Dish: Broth | Cost: 4.5"),
        ("row", "Dish: Stew | Cost: 9"),
        ("row", "Dish: Tea | Cost: 1"),
        ("heading", "Towns"),
        ("paragraph", "Lisbon"),
    ]
    assert labels(document)[1:6] == ["row 1", "row 2", "row 4", "row 5", "row 6"]
    assert [page.label for page in document.pages] == ["sheet Prices", "sheet Towns"]
    assert document.locator_at(document.text.index("Stew")) == "sheet Prices, row 6"
    assert (document.title, document.author, document.date) == ("Menu", "Ann Lee", "2024-05-12")


def test_one_sheet_that_nobody_named_has_no_heading() -> None:
    assert kinds(read(saved(workbook(*MENU, title="Sheet1")[0])))[0] == ("row", "Dish | Cost")
    assert kinds(read(saved(workbook(*MENU, title="Tabelle1")[0])))[0] == ("row", "Dish | Cost")


def test_values_are_as_the_cell_shows_them() -> None:
    shown = {
        "0.125 0%": "13%",
        "0.125 0.0%": "12.5%",
        "1234.5 #,##0.00": "1,234.50",
        "-1234.5 #,##0.00;(#,##0.00)": "(1,234.50)",
        '1234.5 "$"#,##0': "$1,235",
        "5.5 #,##0.00 [$€-407]": "5.50 €",
        "42 00000": "00042",
        "0 #,##0;-#,##0;nil": "nil",
        "45424 yyyy-mm-dd": "2024-05-12",
        "45424.75 d/m/yy h:mm": "2024-05-12 18:00",
        "45424 mmm-yy": "2024-05",
        "0.75 h:mm AM/PM": "18:00",
        "1.5 [h]:mm": "36:00",
        "0.30000000000000004 General": "0.3",
        "12345678901234567890 General": "12345678901234567890",
    }
    for case, expected in shown.items():
        number, _, code = case.partition(" ")
        assert shown_by(code)(number) == expected, case


@given(
    number=st.floats() | st.integers(), code=st.text(st.sampled_from('0#?.,%;"[]hmsdy$Ee+-\\_*/@<>=1 '), max_size=14)
)
def test_any_number_is_shown_in_any_format(number: float, code: str) -> None:
    for repeated in (code, code * 20):
        assert isinstance(shown_by(repeated)(str(number)), str)


@given(number=st.integers(-(10**30), 10**30))
def test_whole_numbers_are_exact(number: int) -> None:
    assert general(str(number)) == str(number)
    assert shown_by("#,##0")(str(number)) == f"{number:,}"


def test_cells_of_every_type_are_read() -> None:
    rows = (
        '<row><c t="s"><v>1</v></c><c t="inlineStr"><is><t>in</t></is></c><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c>'
        '<c t="str"><f>A1</f><v>sum_x000D_&#10;up</v></c><c t="d"><v>2024-05-12T00:00:00</v></c><c><f>1+1</f></c></row>'
    )
    texts = "<si><t>zero</t></si><si><r><t>10</t></r><r><rPr><vertAlign val='superscript'/></rPr><t>6</t></r>"
    texts += "<rPh><t>read so</t></rPh></si>"
    for space in (NAMESPACE, STRICT):
        document = read(by_hand(rows, texts=texts, space=space))
        assert kinds(document) == [("row", "10⁶ | in | TRUE | #N/A | sum up | 2024-05-12")]
        assert document.metadata == {"formulas_without_value": "1"}


def test_dates_count_from_where_the_workbook_says() -> None:
    book, _ = workbook(["Day"], [datetime.date(2024, 5, 12)])
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    assert kinds(read(saved(book)))[-1][1] == "2024-05-12"


def test_hidden_rows_and_sheets_are_read_and_labelled() -> None:
    book, sheet = workbook(*MENU)
    sheet.row_dimensions[3].hidden = True
    hidden = book.create_sheet("Old")
    hidden.append(["Soup", 3])
    hidden.sheet_state = "hidden"
    document = read(saved(book))
    assert labels(document)[3] == "row 3 (hidden)"
    assert document.locator_at(document.text.index("Soup")) == "sheet Old (hidden), row 1"


def test_merged_cells_stand_in_every_row_and_over_every_column_they_cover() -> None:
    book, sheet = workbook(["Region", 2023, None, 2024], [None, "H1", "H2", "H1"], ["North", 1, 2, 3], [None, 4, 5, 6])
    for cells in ("A1:A2", "B1:C1", "A3:A4"):
        sheet.merge_cells(cells)
    assert [text for _, text in kinds(read(saved(book)))[-2:]] == [
        "Region: North | 2023 H1: 1 | 2023 H2: 2 | 2024 H1: 3",
        "Region: North | 2023 H1: 4 | 2023 H2: 5 | 2024 H1: 6",
    ]


def test_what_the_file_calls_a_header_is_one() -> None:
    words: list[list[object]] = [["alpha", "beta"], ["gamma", "delta"], ["epsilon", "zeta"]]
    assert kinds(read(saved(workbook(*words)[0])))[2][1] == "gamma | delta"
    table, filtered, bold = workbook(*words), workbook(*words), workbook(*words, ["eta", "theta"])
    table[1].add_table(Table(displayName="T", ref="A1:B3"))
    filtered[1].auto_filter.ref = "A1:B3"
    for cell in bold[1][1]:
        cell.font = Font(bold=True)
    for book, _ in (table, filtered, bold):
        assert kinds(read(saved(book)))[2][1] == "alpha: gamma | beta: delta"


@settings(max_examples=25)
@given(rows=st.lists(st.lists(PLAIN | st.integers(-999, 999), min_size=1, max_size=4), min_size=1, max_size=8))
def test_every_value_of_a_row_is_in_its_block(rows: list[list[object]]) -> None:
    book, sheet = workbook()
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            cell.value = value
            cell.data_type = "s" if isinstance(value, str) else "n"
    try:
        document = read(saved(book))
    except EmptyFile:
        assert not any(str(value).strip() for row in rows for value in row)
        return
    shown = {label: text for label, (_, text) in zip(labels(document), kinds(document), strict=True) if label}
    for number, row in enumerate(rows, start=1):
        for value in row:
            text = " ".join(str(value).split())
            assert not text or "_x" in text or text in shown[f"row {number}"]


def test_a_cell_in_the_last_corner_costs_nothing() -> None:
    book, sheet = workbook(["first"])
    sheet["XFD1048576"] = "last"
    began = time.perf_counter()
    document = read(saved(book))
    assert time.perf_counter() - began < 2
    assert labels(document) == ["", "row 1", "row 1048576"]


def test_limits_name_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    row = "<row><c t='s'><v>0</v></c></row>"
    bomb = by_hand(row * 1_000, texts=f"<si><t>{'soup ' * 200}</t></si>")
    assert len(read(bomb).blocks) == 1_000
    monkeypatch.setattr(paged, "MAX_TEXT", 500_000)
    with pytest.raises(ReadError, match=r"menu\.xlsx holds more than 500,000 characters of text, the limit; split it"):
        read(bomb)
    monkeypatch.setattr(xlsx, "MAX_CELLS", 400)
    with pytest.raises(ReadError, match="more than 400 filled cells"):
        read(bomb)


def test_text_boxes_follow_the_rows() -> None:
    data = by_hand("<row><c><v>1</v></c></row>")
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    members = members_of(data)
    members["xl/worksheets/_rels/a.xml.rels"] = (
        f'<Relationships><Relationship Id="r1" Type="{kind}/drawing" Target="../drawing.xml"/></Relationships>'
    )
    members["xl/drawing.xml"] = (
        b"<x:wsDr xmlns:x='urn:x' xmlns:a='urn:a'><x:sp><x:txBody><a:p><a:r><a:t>A note.</a:t></a:r></a:p></x:txBody>"
        b"</x:sp></x:wsDr>"
    )
    document = read(zipped(members))
    assert (kinds(document)[-1], labels(document)[-1]) == (("paragraph", "A note."), "text box")


def test_workbooks_that_hold_nothing_or_are_broken_say_so() -> None:
    with pytest.raises(EmptyFile, match="holds no filled cell"):
        read(saved(workbook()[0]))
    with pytest.raises(ReadError, match="holds no workbook"):
        read(zipped({"a": "b"}))
    assert_survives_damage(saved(workbook(*MENU)[0]), "menu.xlsx")
