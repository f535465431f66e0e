"""Office files made to do harm: entities, sizes that lie, passwords, and what must never be opened or fetched."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from index.errors import EncryptedFile, ReadError
from index.readers.office import package
from index.readers.office.docx import read_docx
from index.readers.office.package import opened
from index.readers.office.pptx import read_pptx
from index.readers.office.xlsx import read_xlsx
from index.schema import Document
from tests.index.readers.reading import zipped

Reader = Callable[..., list[Document]]
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LAUGHS = '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
DOCX = '<w:document xmlns:w="urn:w"><w:body><w:p><w:r><w:t>Soup. {}</w:t></w:r></w:p></w:body></w:document>'
STRINGS = '<sst xmlns="urn:s"><si><t>Soup. {}</t></si></sst>'
SHEET = '<worksheet xmlns="urn:s"><sheetData><row r="1"><c t="s"><v>0</v></c></row></sheetData></worksheet>'
BOOK = f'<workbook xmlns="urn:s" xmlns:r="{RELATION}"><sheets><sheet name="A" r:id="r1"/></sheets></workbook>'
DECK = f'<p:deck xmlns:p="urn:p" xmlns:r="{RELATION}"><p:sldIdLst><p:sldId r:id="r1"/></p:sldIdLst></p:deck>'
SLIDE = (
    '<p:sld xmlns:p="urn:p" xmlns:a="urn:a"><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>Soup. {}</a:t></a:r></a:p>'
    "</p:txBody></p:sp></p:spTree></p:cSld></p:sld>"
)


def relations(**targets: str) -> str:
    each = (
        f'<Relationship Id="r{n}" Type="{RELATION}/{kind}" Target="{to}"/>'
        for n, (kind, to) in enumerate(targets.items(), 1)
    )
    return f"<Relationships>{''.join(each)}</Relationships>"


def members(form: str, content: str = "", declared: str = "") -> dict[str, str | bytes]:
    """A file of each form that says "Soup." and `content`, with a document type declaration before it."""
    match form:
        case "docx":
            return {"word/document.xml": declared + DOCX.format(content)}
        case "xlsx":
            return {
                "xl/workbook.xml": BOOK,
                "xl/_rels/workbook.xml.rels": relations(worksheet="sheet.xml", sharedStrings="texts.xml"),
                "xl/sheet.xml": SHEET,
                "xl/texts.xml": declared + STRINGS.format(content),
            }
        case _:
            return {
                "ppt/presentation.xml": DECK,
                "ppt/_rels/presentation.xml.rels": relations(slide="slide.xml"),
                "ppt/slide.xml": declared + SLIDE.format(content),
            }


FORMS = [("docx", read_docx), ("xlsx", read_xlsx), ("pptx", read_pptx)]
every_form = pytest.mark.parametrize(("form", "read"), FORMS, ids=[form for form, _ in FORMS])


@every_form
def test_the_smallest_file_of_each_form_is_read(form: str, read: Reader) -> None:
    assert read(zipped(members(form)), source="a")[0].text.endswith("Soup.")


@every_form
@pytest.mark.parametrize("before", ["", "<?xml version='1.0' encoding='UTF-8'?>", "<!-- a comment -->"])
def test_entities_are_refused_before_they_expand(form: str, read: Reader, before: str) -> None:
    with pytest.raises(ReadError, match=r"declares entities in .*, which Office files do not"):
        read(zipped(members(form, "&i;", f"{before}<!DOCTYPE x [{LAUGHS}]>")), source="a")


@every_form
def test_no_entity_opens_a_file(form: str, read: Reader, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    for declared in (
        f"<!DOCTYPE x [<!ENTITY e SYSTEM 'file://{secret}'>]>",
        f"<!DOCTYPE x SYSTEM 'file://{secret}' [<!ENTITY e 'x'>]>",
    ):
        with pytest.raises(ReadError, match="declares entities") as caught:
            read(zipped(members(form, "&e;", declared)), source="a")
        assert "the secret" not in str(caught.value)
    with pytest.raises(ReadError, match="damaged"):
        read(zipped(members(form, "&e;")), source="a")


@every_form
def test_utf16_does_not_hide_a_declaration(form: str, read: Reader) -> None:
    file = members(form, "&i;", f"<!DOCTYPE x [{LAUGHS}]>")
    name = next(name for name, content in file.items() if "DOCTYPE" in str(content))
    file[name] = str(file[name]).encode("utf-16")
    with pytest.raises(ReadError, match="declares entities"):
        read(zipped(file), source="a")


def test_a_part_is_counted_as_it_is_unpacked_whatever_size_it_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    data = zipped({"a.xml": b"<a>" + b" " * 3_000_000 + b"</a>"})
    lie = struct.pack("<I", 3_000_007)
    assert data.count(lie) == 2
    monkeypatch.setattr(package, "MAX_TREE", 1 << 20)
    for size in (7, 3_000_007, 0xFFFFFF00):
        with (
            pytest.raises(ReadError, match=r"unpacks to more than 1 MiB in a\.xml, the limit; split it|damaged"),
            opened(data.replace(lie, struct.pack("<I", size)), source="x.docx") as found,
        ):
            found.tree("a.xml")


def test_a_large_document_is_refused_by_name_and_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_STREAM", 1 << 20)
    with pytest.raises(ReadError, match=r"a\.docx unpacks to more than 1 MiB in word/document\.xml, the limit"):
        read_docx(zipped(members("docx", "soup " * 400_000)), source="a.docx")


@every_form
def test_a_locked_member_needs_a_password(form: str, read: Reader) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members(form).items():
            archive.writestr(name, content)
    data = bytearray(stream.getvalue())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + flags] |= 1
            place = data.find(mark, place + 1)
    with pytest.raises(EncryptedFile, match="protected by a password"):
        read(bytes(data), source="a")


@every_form
def test_deep_nesting_is_refused(form: str, read: Reader) -> None:
    with pytest.raises(ReadError, match="damaged or incomplete"):
        read(zipped(members(form, "<x>" * 5_000 + "</x>" * 5_000)), source="a")


def test_parts_are_found_without_regard_to_case_and_slashes_and_never_outside() -> None:
    data = zipped(
        {
            "WORD\\Document.xml": "<a/>",
            "word/_rels/document.xml.rels": '<R><r Id="r1" Type="x/a" Target="../../../etc/passwd"/>'
            '<r Id="r2" Type="x/b" Target="https://a.example/b" TargetMode="External"/></R>',
        }
    )
    with opened(data, source="a") as found:
        assert "word/document.xml" in found
        assert [relation.target for relation in found.relations("word/document.xml").values()] == ["etc/passwd"]
        assert found.tree("etc/passwd") is None


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, b"soup" * 100])
@every_form
def test_what_is_no_package_is_refused(form: str, read: Reader, data: bytes) -> None:
    with pytest.raises(ReadError, match=r"^a\.office "):
        read(data, source="a.office")
