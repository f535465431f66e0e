"""Plain text: encodings, articles, titles, imprints, headings, items, furniture; and notes that must stay quotable."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.readers import read_file
from index.readers.dates import dateline, iso_date
from index.readers.lines import is_hashtags
from index.readers.plain.articles import article_starts
from index.readers.plain.document import blocks_of, read_plain
from index.readers.plain.imprint import byline, publisher_of
from index.readers.text import decode
from index.schema import Document

DATA = Path(__file__).parents[2] / "data" / "readers"
SENTENCE = "The council voted for trams on the old bridge, and named three conditions."
LONG = f"{SENTENCE} {SENTENCE}"


def shown(text: str) -> list[tuple[str, str]]:
    return [(block.kind, text[block.start : block.end]) for block in blocks_of(text)]


def kinds(text: str) -> list[str]:
    return [block.kind for block in blocks_of(text)]


def read(text: str) -> Document:
    return read_plain(text.encode(), source="notes/river-toll.txt")[0]


def test_two_articles_in_one_file_become_two_documents() -> None:
    whole = (DATA / "two_articles.txt").read_text()
    one, two = read_file(DATA / "two_articles.txt", source="a.txt").documents
    assert one.title == "The Harbour Bridge May Open To Trams Before The Summer Ends"
    assert (one.author, one.publisher, one.date) == ("Ada Example", "Harbour Gazette", None)
    assert two.title == "Why The Night Ferry Stopped And What It Would Take To Bring It Back"
    assert (two.author, two.publisher, two.date) == ("Ada Example and Bo van Sample", "Harbour Gazette", "2024-05-14")
    for document in (one, two):
        start = int(document.metadata["file_offset"])
        assert whole[start : start + len(document.text)] == document.text
    assert "Ferry" not in one.text
    assert two.text.startswith(two.title)


def test_the_blocks_of_an_article() -> None:
    one = read_file(DATA / "two_articles.txt", source="a.txt").documents[0]
    found = [(block.kind, one.text[block.start : block.end].split(".")[0][:24]) for block in one.blocks]
    assert found == [
        ("heading", "The Harbour Bridge May O"),
        ("furniture", "The Harbour Bridge May O"),
        ("furniture", "By Ada Example"),
        ("paragraph", "Engineers still have to "),
        ("paragraph", "12 May 2024 will be reme"),
        ("paragraph", "These are the earlier re"),
        ("item", "3 January: “A Bridge For"),
        ("item", "17 January: “What The Ar"),
        ("furniture", "———-"),
        ("heading", "Weight And Arches"),
        ("paragraph", "The first question is ho"),
        ("heading", "Night Service"),
        ("paragraph", "Buses would go on crossi"),
        ("furniture", "———-"),
        ("paragraph", "The bridge will open in "),
        ("paragraph", "Note: the opinions above"),
        ("furniture", "5 Courses in 1 – Diploma"),
        ("furniture", "#Bridge #Harbour #Trams"),
    ]
    assert [block.level for block in one.blocks if block.kind == "heading"] == [1, 2, 2]


def test_unwrapped_lines_are_paragraphs_each() -> None:
    document = read_file(DATA / "unwrapped.txt", source="a.txt").documents[0]
    assert [block.kind for block in document.blocks] == ["heading", "paragraph", "heading", "paragraph", "paragraph"]
    assert document.title == "Talks On The River Toll To Begin Soon"
    assert document.metadata == {}


def test_wrapped_lines_are_one_paragraph_and_their_items_and_headings_apart() -> None:
    wrapped = f"Terms\n{SENTENCE}\nThey are few.\n- first, the arches\n  are tested\n- then the rails"
    assert shown(wrapped) == [
        ("heading", "Terms"),
        ("paragraph", f"{SENTENCE}\nThey are few."),
        ("item", "first, the arches\n  are tested"),
        ("item", "then the rails"),
    ]
    assert kinds("The toll was raised in\n12. It had been lower, said\n- as they put it - everybody.") == ["paragraph"]


@pytest.mark.parametrize(
    "notes",
    [
        "buy milk\n\ncall the harbour office\n\nthe toll is nine crowns",
        "Milk\nBread\nThe toll is nine crowns",
        "Toll\n\nNine crowns\n\nPaid at the gate\n\nSign up for the newsletter\n\nDiploma courses start in May",
        "The toll is nine crowns",
        "Fixed bugs #12 and #13 in the toll gate",
    ],
)
def test_unpunctuated_notes_stay_quotable(notes: str) -> None:
    assert set(kinds(notes)) == {"paragraph"}
    assert sum(block.end - block.start for block in blocks_of(notes)) >= len(notes) - notes.count("\n")


def test_headings_need_text_below_and_bullets_need_company() -> None:
    assert kinds(f"Trams\n\nArches\n\n{SENTENCE}") == ["heading", "heading", "paragraph"]
    assert kinds(f"{SENTENCE}\n\nThe End") == ["paragraph", "paragraph"]
    assert kinds(f"{SENTENCE}\n\n* Arches\n\n{LONG}") == ["paragraph", "heading", "paragraph"]
    assert kinds(f"{SENTENCE}\n\n* Arches\n\n* Rails\n\n{LONG}") == ["paragraph", "item", "item", "paragraph"]
    assert kinds(f"They named one:\n\n* Arches\n\n{LONG}") == ["paragraph", "item", "paragraph"]


@pytest.mark.parametrize(
    "line",
    [
        "Advertisement",
        "Click here to subscribe",
        "Get 20% off today",
        "Sign up for our newsletter",
        "Share this story!",
    ],
)
def test_advertisements_are_furniture(line: str) -> None:
    assert kinds(f"{SENTENCE}\n\n{line}\n\n{SENTENCE}") == ["paragraph", "furniture", "paragraph"]


def test_promotional_words_in_headings_and_sentences_are_not() -> None:
    assert kinds(f"{SENTENCE}\n\nNew Courses in Gardening\n\n{SENTENCE}") == ["paragraph", "heading", "paragraph"]
    assert kinds(f"{SENTENCE}\n\nThe courses cost 20% less than the diploma.") == ["paragraph", "paragraph"]
    assert kinds(f"{SENTENCE}\n\nRead Tomorrow\n\n#a #b") == ["paragraph", "furniture", "furniture"]


@pytest.mark.parametrize(
    ("head", "date"),
    [
        ("By Ada Example\n12 February 2025", "2025-02-12"),
        ("Feb 12, 2025", "2025-02-12"),
        ("Published: 2025-02-12T10:00:00Z", "2025-02-12"),
        ("By Ada Example | 12th Feb. 2025", "2025-02-12"),
        ("Lisbon, 12 February 2025", "2025-02-12"),
        ("February 2025", "2025-02"),
        ("12 February 2025 was a cold day on the river.", None),
        ("02/03/2025", None),
        ("31 February 2025", None),
    ],
)
def test_a_date_is_taken_from_a_line_of_its_own(head: str, date: str | None) -> None:
    assert read(f"River Toll Raised\n\n{head}\n\n{SENTENCE} It was signed on 1 May 1999.").date == date


def test_titles_and_publishers() -> None:
    assert read(f"Who Pays The Toll?\n\n{SENTENCE}").title == "Who Pays The Toll?"
    assert read(SENTENCE).title == "River toll"
    labelled = read(f"Title: The Toll\nAuthor: Ada Example\nDate: 2024\nSource: Harbour Gazette\n\n{SENTENCE}")
    facts = (labelled.title, labelled.author, labelled.date, labelled.publisher)
    assert facts == ("The Toll", "Ada Example", "2024", "Harbour Gazette")
    assert publisher_of("© 2025 Harbour Gazette") == "Harbour Gazette"
    assert publisher_of("Source: https://example.org") is None


def test_lines_that_only_look_like_imprints() -> None:
    for line in ("By the river", "By 2030", "By Monday it was over", "By and by"):
        assert byline(line) == (None, None)
    assert not is_hashtags("# A heading")
    assert dateline("2024") is None
    assert iso_date("99/99/2024") is None


def test_articles_split_only_where_one_begins() -> None:
    one = f"River Toll Raised Again\nBy Ada Example\n\n{LONG}\n"
    assert article_starts(one * 1) == [0]
    assert article_starts(f"{one}\n\n{one}") == [0, len(one) + 2]
    assert article_starts(f"{one}\n{one}") == [0]  # one blank line is a paragraph's
    assert article_starts(f"{LONG}\n\n\nYes\nYes\n\n{LONG}") == [0]
    assert article_starts(f"River Toll Raised\n\n\nA Subtitle For It\nBy Ada Example\n\n{LONG}") == [0]


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        ("Bär".encode(), "Bär", None),
        ("Bär".encode("utf-8-sig"), "Bär", None),
        ("Bär".encode("utf-16"), "Bär", "utf-16"),
        ("Soup is hot.\r\nBär".encode("utf-16-le"), "Soup is hot.\nBär", "utf-16-le"),
        ("Soup is hot.\r\nBär".encode("utf-16-be"), "Soup is hot.\nBär", "utf-16-be"),
        ("猫が座った。".encode("iso2022_jp"), "猫が座った。", "iso2022_jp"),
        (
            "L'été, les élèves ont visité le château.".encode("cp1252"),
            "L'été, les élèves ont visité le château.",
            "cp1252",
        ),
        ("Это простой текст на русском языке.".encode("cp1251"), "Это простой текст на русском языке.", "cp1251"),
        ("Bär, Bär".encode()[:-1] + b"\xff", "Bär, Bä\ufffd", "utf-8, unreadable characters: 1"),
        (b"a\r\nb\rc\x00\x0cd", "a\nb\nc\nd", None),
    ],
)
def test_encodings_are_found_and_noted(data: bytes, text: str, encoding: str | None) -> None:
    assert decode(data, source="a.txt") == (text, {"encoding": encoding} if encoding else {})


@given(st.text(alphabet=st.sampled_from("aA.* \n#-1\t“"), max_size=300))
def test_blocks_hold_every_letter(text: str) -> None:
    inside = "".join(said for _, said in shown(text))
    assert sorted(filter(str.isalpha, inside)) == sorted(filter(str.isalpha, text))


@pytest.mark.parametrize(
    "text", ["a\n" * 200_000, "- A\n\n" * 50_000, "#a #b\n" * 50_000, "-" * 10**6, "Soup. " * 10**5]
)
def test_long_files_take_no_long_time(text: str) -> None:
    start = time.perf_counter()
    read_plain(text.encode(), source="a.txt")
    assert time.perf_counter() - start < 10
