"""What holds for every reader: blocks and pages are where they say, and nothing but ReadError comes out."""

import os
from pathlib import Path

import pypdfium2
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from index.errors import CitebackError, EmptyFile, ReadError, UnsupportedFormat
from index.readers import dispatch, read_file
from index.schema import Document

DATA = Path(__file__).parents[1] / "data" / "readers"
FILES = sorted(DATA.iterdir())
NAMES = ("a.txt", "a.md", "a.html", "a.pdf")
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
FRAGMENTS += ["<html>", "\r\n", "\x00", "\u2028", "é", "\ufeff", "    x\n", "© 2024 Soup\n", "&#x0;", "&lt;"]


def check(documents: list[Document]) -> None:
    """Assert what every reader promises."""
    assert documents
    assert len({document.id for document in documents}) == len(documents)
    for document in documents:
        text = document.text
        assert document.title.strip() == document.title != ""
        assert not set(text) & set("\r\x00")
        text.encode()
        end = 0
        for block in document.blocks:
            assert end <= block.start < block.end <= len(text)
            shown = text[block.start : block.end]
            assert shown == shown.strip()
            assert (block.level > 0) == (block.kind == "heading")
            end = block.end
        end = 0
        for number, page in enumerate(document.pages, start=1):
            assert page.number == number
            assert end == page.start <= page.end <= len(text)
            end = page.end
        assert not document.pages or end == len(text)


def read_bytes(folder: Path, data: bytes, name: str) -> list[Document]:
    path = folder / "file"
    path.write_bytes(data)
    return read_file(path, source=name)


def assert_read_or_refused(folder: Path, data: bytes, name: str) -> None:
    reason = ""
    try:
        check(read_bytes(folder, data, name))
    except ReadError as error:
        reason = str(error)
    assert "\n" not in reason


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_fixture_keeps_the_promises_and_reads_the_same_twice(path: Path) -> None:
    documents = read_file(path, source=path.name)
    check(documents)
    assert documents == read_file(path, source=path.name)
    assert all(any(block.kind == "paragraph" for block in document.blocks) for document in documents)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_word_of_a_paragraph_is_outside_the_blocks(path: Path) -> None:
    for document in read_file(path, source=path.name):
        inside = "".join(document.text[block.start : block.end] for block in document.blocks)
        missing = sum(map(str.isalnum, document.text)) - sum(map(str.isalnum, inside))
        assert missing == 0


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400))
def test_random_bytes_read_or_fail_as_readerror(tmp_path: Path, name: str, data: bytes) -> None:
    assert_read_or_refused(tmp_path, data, name)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=40)), max_size=25))
def test_random_text_reads_or_fails_as_readerror(tmp_path: Path, name: str, parts: list[str]) -> None:
    assert_read_or_refused(tmp_path, "".join(parts).encode(errors="ignore"), name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_cut_and_damaged_files_read_or_fail_as_readerror(tmp_path: Path, path: Path, data: st.DataObject) -> None:
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    cut = content[: data.draw(st.integers(0, len(content)))]
    assert_read_or_refused(tmp_path, bytes(cut), path.name)


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
def test_no_library_error_slips_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(data: bytes, *, source: str) -> list[Document]:
        raise error

    monkeypatch.setattr(dispatch, "_reader", lambda name: fail)
    with pytest.raises(ReadError, match=r"notes\.txt") as caught:
        read_bytes(tmp_path, b"Soup.", "notes.txt")
    assert caught.value.__cause__ is error
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b" \n\t\r\n", b"\x00\x00", b"\xef\xbb\xbf", b"\xff\xfe", b"\xff\xfe \x00", b"<html></html>"]
)
def test_a_file_without_text_is_empty(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(EmptyFile, match=r"^note holds no text|^note shows no text"):
        read_bytes(tmp_path, data, "note")


@pytest.mark.parametrize(
    ("data", "looks"),
    [
        (b"PK\x03\x04....word/document.xml", "DOCX"),
        (b"PK\x03\x04....anything", "ZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "DOC, XLS, PPT"),
        (b"{\\rtf1 Soup}", "RTF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\x00\x01\x02\x03soup" * 9, "binary"),
        (bytes(range(256)), "binary"),
    ],
)
def test_other_formats_are_named(tmp_path: Path, data: bytes, looks: str) -> None:
    with pytest.raises(UnsupportedFormat, match=f"{looks}.*; Citeback reads PDF, HTML, Markdown and plain text"):
        read_bytes(tmp_path, data, "soup.txt")


def test_the_reader_is_chosen_by_content(tmp_path: Path) -> None:
    for name in ("filing.pdf", "page.html"):
        renamed = read_bytes(tmp_path, (DATA / name).read_bytes(), "notes.txt")[0]
        assert renamed.text == read_file(DATA / name, source=name)[0].text
    readme = read_bytes(tmp_path, b'<p align="center">Soup</p>\n\n# Soup\n\nIt is **hot**.', "readme.md")[0]
    assert readme.text == "Soup\n\nSoup\n\nIt is hot."
    assert read_bytes(tmp_path, b"Soup in <html> is\n\nhot.", "soup.txt")[0].text.startswith("Soup in <html>")
    assert read_bytes(tmp_path, b"---\ntitle: Soup\n---\nIt is *hot*.", "soup.txt")[0].text == "It is hot."


def test_ids_hang_on_source_and_position_alone(tmp_path: Path) -> None:
    one, two = read_file(DATA / "two_articles.txt", source="a")
    assert (one.id, two.id) == ("ca978112ca1bbdca", "ab111f21ecf8211a")  # sha256 of "a" and of "a\0" "2"
    assert read_bytes(tmp_path, b"Anything.", "a")[0].id == one.id


def test_what_the_system_refuses_is_a_readerror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReadError, match="gone could not be opened: No such file"):
        read_file(tmp_path / "gone", source="gone")
    with pytest.raises(ReadError, match="not a regular file"):
        read_file(tmp_path, source="folder")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ReadError, match="not a regular file"):
        read_file(tmp_path / "pipe", source="pipe")
    (tmp_path / "locked").write_bytes(b"Soup.")

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ReadError, match="locked could not be opened: Permission denied") as caught:
        read_file(tmp_path / "locked", source="locked")
    assert isinstance(caught.value, CitebackError)
