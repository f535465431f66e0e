"""What a file is: told by what is in it, whatever it is called."""

import zipfile
from pathlib import Path

import pytest

from index.errors import EncryptedFile, ReadError, UnsupportedFormat
from index.readers import dispatch, read_bytes, read_file
from index.readers.formats import Format, sniff
from tests.index.readers.reading import zipped

TYPES = "[Content_Types].xml"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CONTENT: list[tuple[bytes, Format]] = [
    (b"%PDF-1.7 x", "PDF"),
    (b"\n\n%PDF-1.7 x", "PDF"),
    (b"\x00\x05mac header%PDF-1.7\n1 0 obj", "PDF"),
    (b"PDF files begin with %PDF-1.7, as readers know.", "text"),
    (b"<!-- x -->\n<!DOCTYPE html><p>", "HTML"),
    (b"<div>a</div>", "HTML"),
    ("\ufeff<html>".encode("utf-16-le"), "HTML"),
    (b"---\ntitle: a\n---\nb", "Markdown"),
    (b"From: a\nTo: b\n\nc", "mail"),
    (b"Received: from a\r\n by b\r\nSubject: c\r\n\r\nd", "mail"),
    (b"From: a\nto the gate", "text"),
    (b"From a@b Tue Apr  1 10:00:00 2025\nFrom: a@b\n\nc", "mbox"),
    (b"From 2019 to 2025\nnothing: else", "text"),
    (b' {"a": 1}', "JSON"),
    (b"[1, 2]", "JSON"),
    (b"{curly} words", "text"),
    (b"<?xml version='1.0'?><a/>", "XML"),
    (b"<toll><axle>9</axle></toll>\n", "XML"),
    (b"<toll> is a tag", "text"),
    (b"{\\rtf1 a}", "RTF"),
    (b"#!/usr/bin/env python\nx", "code"),
    (b"dish,cost\nstew,9\ntea,1\npie,4\n", "CSV"),
    (b"dish\tcost\nstew\t9\ntea\t1\npie\t4\n", "CSV"),
    (b"The toll, as we know, is nine.\n", "text"),
    (zipped({TYPES: "", "word/document.xml": ""}), "DOCX"),
    (zipped({TYPES: "", "word/document2.xml": ""}), "DOCX"),
    (zipped({TYPES: "", "xl/workbook.xml": ""}), "XLSX"),
    (zipped({TYPES: "", "ppt/presentation.xml": ""}), "PPTX"),
    (zipped({"mimetype": "application/epub+zip"}), "EPUB"),
    (zipped({"META-INF/container.xml": "", "a.opf": ""}), "EPUB"),
    (zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": ""}), "OpenDocument"),
    (zipped({"a.txt": "word/document.xml [Content_Types].xml application/epub+zip"}, zipfile.ZIP_STORED), "ZIP"),
    (zipped({}), "ZIP"),
    (OLE + "Workbook\0".encode("utf-16-le"), "XLS"),
    (OLE + "HwpSummaryInformation\0".encode("utf-16-le"), "HWP"),
]


@pytest.mark.parametrize(("data", "form"), CONTENT, ids=range(len(CONTENT)))
@pytest.mark.parametrize("name", ["a.txt", "a", "a.pdf", "a.docx", "a.csv"])
def test_content_tells_the_format(data: bytes, form: Format, name: str) -> None:
    assert sniff(data, source=name) == form


@pytest.mark.parametrize(
    ("data", "name", "form"),
    [
        (b"<div>a</div>", "README.md", "Markdown"),
        (b"<div>a</div>", "a.vue", "code"),
        (b'{"a": 1}', "a.js", "code"),
        (b"a,b\n1,2\n3,4\n5,6\n", "a.sql", "code"),
        (b"// why\n{}", "a.json", "code"),
        (b"Toll", "a.rst", "text"),
    ],
)
def test_names_decide_what_content_cannot(data: bytes, name: str, form: Format) -> None:
    assert sniff(data, source=name) == form


def test_every_format_has_a_reader() -> None:
    for form in dispatch._READERS:
        assert callable(dispatch._reader(form))
    assert {form for _, form in CONTENT} == set(dispatch._READERS)


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        (OLE + "__properties_version1.0\0".encode("utf-16-le"), "save it as EML"),
        (zipped({TYPES: "", "xl/workbook.bin": ""}), "save it as XLSX"),
        (zipped({"Index/Document.iwa": ""}), "export it as PDF"),
        (b"\x1f\x8b\x08", "unpack it"),
        (b"!BDN", "export it as mbox"),
    ],
)
def test_formats_that_are_not_read_come_with_advice(data: bytes, advice: str) -> None:
    with pytest.raises(UnsupportedFormat, match=advice):
        sniff(data, source="a")


def test_office_files_with_a_password_say_so() -> None:
    with pytest.raises(EncryptedFile, match=r"a\.docx is protected by a password; remove it"):
        read_bytes(OLE + "EncryptedPackage\0".encode("utf-16-le"), source="a.docx")


def test_files_too_large_are_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"toll " * 100)
    with pytest.raises(ReadError, match="a has 500 bytes, and 499 are the most that is read; split it"):
        read_file(path, source="a", most_bytes=499)
    assert read_file(path, source="a", most_bytes=500).documents
    film = tmp_path / "film"
    with open(film, "wb") as stream:
        stream.write(b"\0\0\0\x18ftypmp42")
        stream.truncate(10_000_000_000)
    with pytest.raises(UnsupportedFormat, match="MP4"):
        read_file(film, source="film")


def test_utf16_without_a_mark_is_text_and_numbers_are_not() -> None:
    (document,) = read_bytes("Soup is hot. Stew is not.\n".encode("utf-16-le"), source="a").documents
    assert document.text == "Soup is hot. Stew is not."
    with pytest.raises(UnsupportedFormat, match="binary data"):
        read_bytes(b"".join(n.to_bytes(2, "little") for n in range(1, 200)), source="a")
