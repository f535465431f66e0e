"""The table view of a source: every value in its column, the quoted row marked."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.web.table import cells, is_table, table_markup
from index import Block, Document, Span


def table(*rows: str) -> Document:
    text, blocks = "", []
    for number, row in enumerate(rows, start=1):
        blocks.append(Block(len(text), len(text) + len(row), "row", 0, f"row {number}"))
        text += f"{row}\n\n"
    return Document("t", text, "Fares", "fares.csv", blocks=tuple(blocks))


FARES = table("Place | Crowns", "Place: Ostby | Crowns: 12", "Place: Vestby | Crowns: 19", "Line: 3 | Since: 1998")


def test_the_first_row_is_the_head_and_the_quoted_one_is_marked() -> None:
    third = FARES.blocks[2]
    shown = str(table_markup(FARES, Span(third.start, third.end)))
    assert shown.count("<table>") == 2
    assert '<th scope="col">Place</th><th scope="col">Crowns</th>' in shown
    assert "row 1" not in shown
    assert '<tr class="cb-marked"' in shown
    assert "<mark>Vestby</mark>" in shown
    assert shown.count("<mark>") == 2


def test_only_a_document_of_rows_is_a_table() -> None:
    assert is_table(FARES)
    assert not is_table(table("One"))
    assert not is_table(Document("d", "Text.", "T", "t.txt", blocks=(Block(0, 5, "paragraph"),)))


@given(st.lists(st.text(max_size=30).filter(lambda row: "\n" not in row), min_size=1, max_size=8), st.data())
def test_any_rows_are_shown_and_none_is_obeyed(rows: list[str], data: st.DataObject) -> None:
    document = table(*rows, "<script>x</script>: <b>")
    start = data.draw(st.integers(0, len(document.text)))
    shown = str(table_markup(document, Span(start, data.draw(st.integers(start, len(document.text))))))
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert all(len(cells(row)) == row.count(" | ") + 1 for row in rows)
