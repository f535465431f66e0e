"""What holds for every reader: blocks and pages are where they say, and nothing but ReadError comes out."""

import os
from pathlib import Path

import pypdfium2
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from index.errors import CitebackError, EmptyFile, ReadError, UnsupportedFormat
from index.readers import dispatch, read_file
from index.schema import Document
from tests.index.readers.reading import assert_read_or_refused, check, read

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DATA = Path(__file__).parents[2] / "data" / "readers"
FILES = sorted(DATA.iterdir())
NAMES = ("a.txt", "a.md", "a.html", "a.pdf", "a.json", "a.py")
FRAGMENTS = [
    "# H\n",
    "\n\n",
    "* item\n",
    "By Ada Example\n",
    "12 May 2024\n",
    "#a #b\n",
    "Soup is hot. ",
    "A Title\n",
    "———-\n",
]
FRAGMENTS += [
    "<p>",
    "</p>",
    "<table><tr><td>",
    "<script>",
    "---\n",
    "a: b\n",
    "> ",
    "| a | b |\n|---|---|\n",
    "```\n",
    "[",
    "\\",
]
FRAGMENTS += [
    "From: a@b\nTo: c\n",
    "From a@b Tue Apr  1 10:00:00 2025\n",
    '{"a": ',
    "[1, ",
    "<?xml version='1.0'?>",
    "{\\rtf1 ",
]
FRAGMENTS += ["<html>", "\r\n", "\x00", "\u2028", "é", "\ufeff", "    x\n", "© 2024 Soup\n", "&#x0;", "&lt;"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_fixture_keeps_the_promises_and_reads_the_same_twice(path: Path) -> None:
    documents = read_file(path, source=path.name).documents
    check(documents)
    assert documents == read_file(path, source=path.name).documents
    assert all(any(block.kind == "paragraph" for block in document.blocks) for document in documents)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_word_of_a_paragraph_is_outside_the_blocks(path: Path) -> None:
    for document in read_file(path, source=path.name).documents:
        inside = "".join(document.text[block.start : block.end] for block in document.blocks)
        missing = sum(map(str.isalnum, document.text)) - sum(map(str.isalnum, inside))
        assert missing == 0


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=400))
def test_random_bytes_read_or_fail_as_readerror(name: str, data: bytes) -> None:
    assert_read_or_refused(data, name)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(parts=st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=40)), max_size=25))
def test_random_text_reads_or_fails_as_readerror(name: str, parts: list[str]) -> None:
    assert_read_or_refused("".join(parts).encode(errors="ignore"), name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_cut_and_damaged_files_read_or_fail_as_readerror(path: Path, data: st.DataObject) -> None:
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    cut = content[: data.draw(st.integers(0, len(content)))]
    assert_read_or_refused(bytes(cut), path.name)


@pytest.mark.parametrize(
    "error",
    [
        RecursionError("maximum recursion depth exceeded"),
        MemoryError(),
        pypdfium2.PdfiumError("Failed to load\npage."),
        yaml.YAMLError("mapping values"),
        etree.LxmlError("no element"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        KeyError("x"),
        AssertionError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_library_error_slips_through(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(data: bytes, *, source: str) -> list[Document]:
        raise error

    monkeypatch.setattr(dispatch, "_reader", lambda name: fail)
    with pytest.raises(ReadError, match=r"notes\.txt") as caught:
        read(b"Soup.", "notes.txt")
    assert caught.value.__cause__ is error
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b" \n\t\r\n", b"\x00\x00", b"\xef\xbb\xbf", b"\xff\xfe", b"\xff\xfe \x00", b"<html></html>"]
)
def test_a_file_without_text_is_empty(data: bytes) -> None:
    with pytest.raises(EmptyFile, match=r"^note holds no text|^note shows no text"):
        read(data, "note")


@pytest.mark.parametrize(
    ("data", "looks"),
    [
        (OLE + "WordDocument\0".encode("utf-16-le"), "DOC.*save it as DOCX"),
        (OLE + "PowerPoint Document\0".encode("utf-16-le"), "PPT.*save it as PPTX"),
        (OLE + b"anything", "old Microsoft Office file"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip archive; unpack it"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\x00\x01\x02\x03soup" * 9, "binary"),
        (bytes(range(256)), "binary"),
    ],
)
def test_other_formats_are_named(data: bytes, looks: str) -> None:
    with pytest.raises(UnsupportedFormat, match=f"^soup.txt looks like .*{looks}.*; Citeback reads PDF, Office"):
        read(data, "soup.txt")


def test_the_reader_is_chosen_by_content() -> None:
    for name in ("filing.pdf", "page.html"):
        renamed = read((DATA / name).read_bytes(), "notes.txt")[0]
        assert renamed.text == read_file(DATA / name, source=name).documents[0].text
    readme = read(b'<p align="center">Soup</p>\n\n# Soup\n\nIt is **hot**.', "readme.md")[0]
    assert readme.text == "Soup\n\nSoup\n\nIt is hot."
    assert read(b"Soup in <html> is\n\nhot.", "soup.txt")[0].text.startswith("Soup in <html>")
    assert read(b"---\ntitle: Soup\n---\nIt is *hot*.", "soup.txt")[0].text == "It is hot."


def test_ids_hang_on_source_and_position_alone() -> None:
    one, two = read_file(DATA / "two_articles.txt", source="a").documents
    assert (one.id, two.id) == ("ca978112ca1bbdca", "ab111f21ecf8211a")  # sha256 of "a" and of "a\0" "2"
    assert read(b"Anything.", "a")[0].id == one.id


def test_what_the_system_refuses_is_a_readerror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReadError, match="gone could not be opened: No such file"):
        read_file(tmp_path / "gone", source="gone")
    with pytest.raises(ReadError, match="not a regular file"):
        read_file(tmp_path, source="folder")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ReadError, match="not a regular file"):
        read_file(tmp_path / "pipe", source="pipe")
    (tmp_path / "locked").write_bytes(b"Soup.")

    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(ReadError, match="locked could not be opened: Permission denied") as caught:
        read_file(tmp_path / "locked", source="locked")
    assert isinstance(caught.value, CitebackError)
