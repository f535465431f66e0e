"""Markdown: the plain text a reader would see, its blocks, its front matter, and files made to choke a parser."""

import time
from pathlib import Path

import pytest

from index.errors import EmptyFile, ReadError
from index.readers import read_file
from index.readers.markup.frontmatter import parse_front_matter
from index.readers.markup.markdown import read_markdown, render
from index.schema import Document

DATA = Path(__file__).parents[2] / "data" / "readers"


def read(text: str, source: str = "notes/river-toll.md") -> Document:
    return read_markdown(text.encode(), source=source)[0]


def kinds(text: str) -> list[tuple[str, str]]:
    body, blocks = render(text)
    return [(block.kind, body[block.start : block.end]) for block in blocks]


def test_the_fixture_in_plain_text_and_blocks() -> None:
    document = read_file(DATA / "brief.md", source="brief.md").documents[0]
    assert document.text.split("\n\n") == [
        "Trams",
        "The council voted for trams, as the minutes show. It goes on here\nand there.",
        "Conditions",
        "The arches are tested.",
        "The rails are replaced.",
        "First the arches",
        "The night service stays with the buses.",
        "Axle | Tonnes",
        "front | 11",
        "tonnes = 11",
        "axles = 2",
        "Shown",
        "#Bridge #Trams",
    ]
    expected = [
        "heading",
        "paragraph",
        "heading",
        *["item"] * 3,
        "paragraph",
        "row",
        "row",
        *["paragraph"] * 2,
        "furniture",
    ]
    assert [block.kind for block in document.blocks] == expected
    assert [block.level for block in document.blocks if block.level] == [1, 2]
    assert (document.title, document.author) == ("The Bridge in Brief", "Ada Example, Bo van Sample")
    assert (document.publisher, document.date) == ("Harbour Gazette", "2024-05-12")
    assert document.metadata == {"edition": "1.10"}


def test_marks_go_and_words_stay() -> None:
    assert kinds("a **b** _c_ `d` [e](f) ![g](h) <i>j</i> &amp; \\* k") == [("paragraph", "a b c d e g j & * k")]
    assert kinds("a <script>b</script>c") == [("paragraph", "a c")]
    assert kinds("<div>\n<style>a</style>\n<p>b</p></div>") == [("paragraph", "b")]
    assert kinds("    code\n      more") == [("paragraph", "code\n  more")]
    assert kinds("- a\n\n  b\n  - c") == [("item", "a"), ("item", "b"), ("item", "c")]


def test_titles() -> None:
    assert read("---\ntitle: A\n---\n# B").title == "A"
    assert read("## C\n\n# B\n\ntext").title == "B"
    assert read("## C\n\ntext").title == "C"
    assert read("text").title == "River toll"


def test_front_matter_that_is_none() -> None:
    assert read("---\nA rule above, and below\n---\ntext").text.startswith("A rule above, and below")
    assert read("---\nnever: closed\n\ntext").text.endswith("text")
    assert read("---\nno: [yaml\n---\ntext", source="a.txt").text.endswith("text")
    assert parse_front_matter("text", source="a.md").length == 0


@pytest.mark.parametrize(
    ("yaml", "reason"),
    [
        ("title: a: b", "in line 2"),
        ("title: [a", "in line 3"),
        ("[" * 5000, "too deeply"),
        ("a: *b", "undefined alias"),
    ],
)
def test_broken_front_matter_names_the_line(yaml: str, reason: str) -> None:
    with pytest.raises(ReadError, match=f"the front matter of a.md is not valid YAML: .*{reason}"):
        read(f"---\n{yaml}\n---\ntext", source="a.md")


def test_front_matter_keeps_spelling_and_drops_nothing_it_cannot_read() -> None:
    found = read("---\ndate: some day in May\nsource: Gazette\nsite: Toll\nok: yes\nnested: {a: b}\nnone: ~\n---\ntext")
    assert (found.date, found.publisher) == (None, "Toll")
    assert found.metadata == {"date": "some day in May", "source": "Gazette", "ok": "yes"}


def test_aliases_do_not_explode() -> None:
    levels = "".join(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 9)}]\n" for n in range(1, 30))
    assert read(f"---\ntitle: T\nb0: &b0 x\n{levels}---\ntext").title == "T"


def test_front_matter_alone_is_empty() -> None:
    with pytest.raises(EmptyFile, match="below its front matter"):
        read("---\ntitle: A\n---\n\n")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        "![" * 100_000,
        "[\n" * 50_000,
        "> " * 3_000 + "deep",
        "- " * 3_000 + "deep",
        "**a_ " * 20_000,
        "`" * 200_000 + "deep",
        "<" * 200_000,
        "|a" * 3_000 + "\n" + "|-" * 3_000 + "\n" + "|b\n" * 3_000,
    ],
    ids=lambda text: text[:4],
)
def test_bombs_are_read_in_seconds(text: str) -> None:
    start = time.perf_counter()
    document = read(text)
    assert time.perf_counter() - start < 10
    assert document.blocks


def test_text_nested_too_deep_is_kept_as_it_stands() -> None:
    assert "deep" in read("> " * 3_000 + "deep").text
    assert "deep" in read("- " * 3_000 + "deep").text
