"""Text tables: delimiters, headers, rows that can be cited, and what must not be taken for a table."""

import contextlib
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import EmptyFile, ReadError
from index.readers.data.tables import MAX_FIELD, looks_tabular, read_csv
from index.readers.headers import Row, header_at, names_of
from index.schema import Document
from tests.index.readers.reading import check, kinds, labels

MENU = "Dish,Cost,Day\nBroth,4.50,2024-05-12\nStew,9,2024-05-13\nTea,1,2024-05-14\n"
NAMED = [
    "Dish | Cost | Day",
    "Dish: Broth | Cost: 4.50 | Day: 2024-05-12",
    "Dish: Stew | Cost: 9 | Day: 2024-05-13",
    "Dish: Tea | Cost: 1 | Day: 2024-05-14",
]
CELL = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=12)


def read(text: str, encoding: str = "utf-8") -> Document:
    documents = read_csv(text.encode(encoding), source="menu.csv")
    check(documents)
    return documents[0]


def texts(text: str, encoding: str = "utf-8") -> list[str]:
    return [shown for _, shown in kinds(read(text, encoding))]


def test_every_row_names_its_columns_and_has_the_number_a_spreadsheet_shows() -> None:
    document = read(MENU)
    assert kinds(document) == [("row", text) for text in NAMED]
    assert labels(document) == ["row 1", "row 2", "row 3", "row 4"]
    assert (document.title, document.pages, document.metadata) == ("Menu", (), {})
    assert document.locator_at(document.text.index("Stew")) == "row 3"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_delimiter_and_the_encoding_are_found(delimiter: str, encoding: str) -> None:
    text = MENU.replace(",", delimiter).replace("Tea", "Thé")
    assert texts(text, encoding) == [*NAMED[:3], NAMED[3].replace("Tea", "Thé")]


def test_a_comma_may_be_a_decimal_one() -> None:
    assert texts("4,50;3,20\n9,10;1,00\n") == ["4,50 | 3,20", "9,10 | 1,00"]
    assert texts("Dish;Cost\nBroth;4,50\nStew;9,00\n")[1] == "Dish: Broth | Cost: 4,50"


def test_a_declared_delimiter_is_believed_and_is_no_row() -> None:
    document = read("sep=|\na|b,c\nd|e,f\n")
    assert kinds(document) == [("row", "a | b,c"), ("row", "d | e,f")]
    assert labels(document) == ["row 1", "row 2"]


def test_quoted_fields_hold_delimiters_quotes_and_line_breaks() -> None:
    document = read('Dish,Note\nBroth,"thin, ""hot""\nand salty"\n\nStew,thick\n')
    assert kinds(document)[1][1] == 'Dish: Broth | Note: thin, "hot" and salty'
    assert labels(document) == ["row 1", "row 2", "row 4"]


def test_ragged_rows_keep_every_value_and_empty_fields_are_left_out() -> None:
    assert texts("Dish,Cost,Day\nBroth,4,May,extra\nStew,,June\nTea,1\n") == [
        "Dish | Cost | Day",
        "Dish: Broth | Cost: 4 | Day: May | extra",
        "Dish: Stew | Day: June",
        "Dish: Tea | Cost: 1",
    ]


def test_without_a_header_values_stand_alone_and_a_letter_shows_a_gap() -> None:
    assert texts("1,2,3\n4,,6\n7,8,9\n") == ["1 | 2 | 3", "4 | C: 6", "7 | 8 | 9"]


def test_titles_above_a_table_and_sources_below_are_paragraphs() -> None:
    document = read(f"Menu of the week\nAll in crowns\n{MENU}\nSource: the kitchen.\n")
    assert [kind for kind, _ in kinds(document)] == ["paragraph"] * 2 + ["row"] * 4 + ["paragraph"]
    assert kinds(document)[3][1] == NAMED[1]
    assert labels(document)[-1] == "row 8"


def test_a_second_table_below_has_names_of_its_own() -> None:
    second = "Town,People\nLisbon,500\nPorto,200\nFaro,60\n"
    assert texts(f"{MENU}\n{second}")[-2:] == ["Town: Porto | People: 200", "Town: Faro | People: 60"]
    assert texts(f"{MENU}\nCoffee,2,2024-05-15\n")[-1] == "Dish: Coffee | Cost: 2 | Day: 2024-05-15"
    assert texts(f"{MENU}\nCoffee,cold,2024-05-15\n")[-1] == "Coffee | cold | 2024-05-15"


def test_a_quotation_mark_that_is_never_closed_swallows_nothing() -> None:
    assert texts('Pipe,Cost,No\n"5 inch,4,1\n6 inch,5,2\n7 inch,6,3\n')[1:] == [
        'Pipe: "5 inch | Cost: 4 | No: 1',
        "Pipe: 6 inch | Cost: 5 | No: 2",
        "Pipe: 7 inch | Cost: 6 | No: 3",
    ]
    rows = texts('a,b\n"open,1\n' + f"{'x' * 1000},2\n" * 1_100)
    assert len(rows) == 1_102


def test_a_field_past_the_limit_is_refused_and_the_limit_is_given_back() -> None:
    before = csv.field_size_limit()
    with pytest.raises(ReadError, match=r"menu\.csv has a field of more than 1,000,000 characters, the limit"):
        read(f'a,b\n1,"{"x" * (MAX_FIELD + 1)}"\n')
    assert csv.field_size_limit() == before
    long = texts(f'a,b\n1,"{"x" * 200_000}"\n')
    assert len(long[1]) > 200_000


@pytest.mark.parametrize("text", [",,\n,,\n", '"",""\n', "sep=;\n;;\n"])
def test_a_table_without_a_filled_field_is_empty(text: str) -> None:
    with pytest.raises(EmptyFile, match="holds no filled field"):
        read(text)


def test_nul_characters_do_no_harm() -> None:
    assert texts(MENU.replace("Broth", "Br\x00oth")) == NAMED


@settings(max_examples=80)
@given(
    rows=st.lists(st.lists(CELL, min_size=1, max_size=5), min_size=1, max_size=12), delimiter=st.sampled_from(",;\t|")
)
def test_every_value_of_a_row_is_in_its_block(rows: list[list[str]], delimiter: str) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(rows)
    try:
        document = read(f"sep={delimiter}\n{stream.getvalue()}")
    except EmptyFile:
        assert not any(" ".join(cell.split()).strip("\ufeff") for row in rows for cell in row)
        return
    shown = dict(zip(labels(document), (text for _, text in kinds(document)), strict=True))
    for number, row in enumerate(rows, start=1):
        for cell in row:
            assert not cell.split() or " ".join(cell.split()) in shown[f"row {number}"]


@settings(max_examples=80)
@given(text=st.text(st.sampled_from('ab1,;\t|"\n\r \ufeff='), min_size=1, max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    looks_tabular(text)
    with contextlib.suppress(ReadError):
        check(read_csv(text.encode(), source="a.csv"))


@pytest.mark.parametrize(
    "text",
    [
        MENU,
        MENU.replace(",", ";"),
        MENU.replace(",", "\t"),
        MENU.replace(",", "|"),
        "sep=;\n" + MENU.replace(",", ";"),
        'term,meaning\nsoup,"a thin, hot dish, mostly."\nstew,"a thick one, of course."\n',
        "Name, Age\nAnn Lee, 34\nBo Roe, 51\nCy Poe, 27\n",
    ],
)
def test_tables_look_tabular(text: str) -> None:
    assert looks_tabular(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Dish,Cost\nBroth,4.50\n",
        "Soup, they say, is hot.\nStew, they say, is not.\nTea, they say, is tea.\n",
        "Ann Lee, Lisbon\nBo Roe, Porto\nCy Poe, Faro\n",
        "It cost 1,000 crowns.\nIt cost 2,000 crowns.\nIt cost 3,000 crowns.\n",
        "1.\tSoup\n2.\tStew\n3.\tTea\n",
        "-\tSoup\n-\tStew\n-\tTea\n",
        "| Dish | Cost |\n|---|---|\n| Broth | 4 |\n| Stew | 9 |\n",
        '{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n{"a": 5, "b": 6}\n',
        "int a;\nint b;\nint c;\n",
        "\tx = 1\n\ty = 2\n\tz = 3\n",
        "Roses are red,\nViolets are blue,\nSugar is sweet,\n",
    ],
)
def test_other_texts_do_not(text: str) -> None:
    assert not looks_tabular(text)


def rows(*lines: str) -> list[Row]:
    return [
        Row(number, tuple((column, cell) for column, cell in enumerate(line.split(","), start=1) if cell))
        for number, line in enumerate(lines, start=1)
    ]


@pytest.mark.parametrize(
    ("lines", "header"),
    [
        (["Dish,Cost", "Broth,4", "Stew,9", "Tea,1"], range(1)),
        (["Dish,Cost", "Broth,4"], range(1)),
        ([",2021,2022", "North,5,7", "South,6,8"], range(1)),
        (["Dish,Cost,Weight", ",EUR,kg", "Broth,4,1", "Stew,9,2", "Tea,1,3"], range(2)),
        (["first_name,home_town", "Ann,Lisbon", "Bo,Porto"], range(1)),
        (["Ann,Lisbon", "Bo,Porto", "Cy,Faro"], None),
        (["Broth,4", "Stew,9", "Tea,1"], None),
        (["Firm,Acme", "Founded,1990", "Staff,30"], None),
        (["Name:,Ann", "Born:,1990", "Staff:,30", "Rooms:,4"], None),
        (["Firm,Acme", "Founded,1990-02-03", "Staff,30", "Seat,Lisbon"], None),
        (["2021,2022", "1999,2000", "2001,2002"], None),
    ],
)
def test_a_row_is_a_header_only_where_that_is_sure(lines: list[str], header: range | None) -> None:
    assert header_at(rows(*lines)) == header


def test_units_below_a_header_belong_to_its_names() -> None:
    table = rows("Dish,Cost,Weight", ",EUR,kg", "Broth,4,1", "Stew,9,2", "Tea,1,3")
    assert names_of(table, range(2)) == {1: "Dish", 2: "Cost EUR", 3: "Weight kg"}
