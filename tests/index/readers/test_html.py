"""Web pages: main text, facts, blocks; everything visible where that fails; nothing fetched, nothing executed."""

from pathlib import Path

import pytest

from index.errors import EmptyFile, ReadError
from index.readers import read_file
from index.readers.markup.html import read_html
from index.schema import Document

DATA = Path(__file__).parents[2] / "data" / "readers"
SENTENCE = "The council voted for trams on the old bridge, and named three conditions that have to be met first."


def read(page: str, encoding: str = "utf-8") -> Document:
    return read_html(page.encode(encoding), source="notes/river-toll.html")[0]


def kinds(page: str) -> list[tuple[str, str]]:
    document = read(page)
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def test_the_fixture() -> None:
    document = read_file(DATA / "page.html", source="page.html").documents[0]
    assert (document.title, document.author) == ("The Bridge in Brief", "Ada Example")
    assert (document.publisher, document.date) == ("Harbour Gazette", "2024-05-12")
    kept = [document.text[block.start : block.end] for block in document.blocks]
    assert [(block.kind, text[:12]) for block, text in zip(document.blocks, kept, strict=True)] == [
        ("heading", "The Bridge i"),
        ("paragraph", "The council "),
        ("heading", "Conditions"),
        ("item", "The arches a"),
        ("item", "The rails ar"),
        ("paragraph", "The night se"),
        ("row", "Axle | Tonne"),
        ("row", "front | 11"),
        ("paragraph", "The engineer"),
    ]
    assert "as the minutes show, and named three conditions that" in document.text
    assert not any(word in document.text for word in ("not shown", "Home", "color"))


def test_short_pages_keep_their_structure() -> None:
    page = "<html><body><nav>Home</nav><h1>Toll</h1><p>Nine crowns.</p><script>x</script><ul><li>a<ul><li>b</ul></ul>"
    assert kinds(page) == [
        ("furniture", "Home"),
        ("heading", "Toll"),
        ("paragraph", "Nine crowns."),
        ("item", "a"),
        ("item", "b"),
    ]


def test_questions_and_answers_keep_their_questions() -> None:
    pairs = "".join(f"<h2>Question {n}?</h2><p>{SENTENCE}</p>" for n in range(5))
    assert [kind for kind, _ in kinds(f"<html><body>{pairs}</body></html>")] == ["heading", "paragraph"] * 5


def test_tables_of_data_are_rows_and_tables_for_layout_are_not() -> None:
    data = "<table><tr><th>Axle<th>Tonnes<tr><td><p>front</p><td>11<br>(12)<td></table>"
    assert kinds(f"<body>{data}") == [("row", "Axle | Tonnes"), ("row", "front | 11 (12)")]
    layout = "<table><tr><td>menu<td><h1>Toll</h1><p>Nine crowns.</p></table>"
    assert kinds(f"<body>{layout}") == [("paragraph", "menu"), ("heading", "Toll"), ("paragraph", "Nine crowns.")]


def test_white_space_is_one_space_except_in_pre() -> None:
    page = "<body><p>a\n  b&nbsp;c<br>d</p><pre>\n  x\n    y</pre><p hidden>e</p><p style='display: none'>f</p>"
    assert kinds(page) == [("paragraph", "a b c\nd"), ("paragraph", "x\n    y")]


def test_a_date_in_a_sentence_is_not_the_date_of_the_page() -> None:
    body = f"<p>On 12 May 2019 the bridge was closed. {SENTENCE}</p>" * 4
    assert read(f"<html><body><article><h1>Toll</h1>{body}</article></body></html>").date is None


def test_no_entity_reaches_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    page = f"<!DOCTYPE html [<!ENTITY x SYSTEM 'file://{secret}'>]><html><body><p>Toll: &x;</p></body></html>"
    assert read(page).text == "Toll: &x;"


@pytest.mark.parametrize(
    ("page", "encoding"),
    [
        ("<html><meta charset=windows-1251><p>Привет, мост", "cp1251"),
        ("<?xml version='1.0' encoding='iso-8859-2'?><html><p>Příliš žluťoučký", "iso8859-2"),
    ],
)
def test_declared_encodings_are_believed(page: str, encoding: str) -> None:
    document = read(page, encoding)
    assert document.text == page.rpartition(">")[2]
    assert document.metadata == {"encoding": encoding}


def test_utf8_is_believed_over_a_wrong_declaration() -> None:
    assert read("<html><meta charset=latin-1><p>Bär").text == "Bär"


def test_deep_pages_are_read_or_refused() -> None:
    assert read("<div>" * 1_000 + SENTENCE).text == SENTENCE
    with pytest.raises(ReadError, match="nests 2000 elements or more"):
        read("<div>" * 100_000 + SENTENCE)


def test_pages_without_text_are_empty() -> None:
    for page in ("<html></html>", "<html><body><script>x</script></body>", "<!-- nothing -->", "<p> </p>"):
        with pytest.raises(EmptyFile, match="shows no text"):
            read(page)
