"""Formats read through LlamaIndex: what comes out of real files, and what is said where the extra is missing."""

import io
import sys
from datetime import date
from pathlib import Path

import pytest

from index.errors import EmptyFile, ReadError, UnsupportedFormat
from index.readers import read_bytes
from index.readers.llama import _WAYS, _held, read_through_llama
from index.readers.signatures import binary_format
from index.sandbox import Sandbox
from tests.index.readers.old_files import control, hangul, ole
from tests.index.readers.reading import assert_survives_damage, check, kinds, labels, read, zipped

SECTIONS = [["수프는 뜨겁다.", control(2, "secd") + "Soup is hot."], ["The stew\tcosts 9."]]
NAMES = {"XLS": "Workbook", "HWP": "\x05HwpSummaryInformation"}
SIGNED = {form: ole({name: b"x"}) for form, name in NAMES.items()}


@pytest.fixture
def reader() -> None:
    pytest.importorskip("llama_index.readers.file")


@pytest.fixture
def workbook(reader: None) -> bytes:
    """Two sheets with a table and a note; cells that libraries like to change."""
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    prices = book.add_sheet("Prices")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    prices.write(0, 0, "Menu of the inn.")
    table: list[list[object]] = [["Dish", "Cost", "Land", "Since"], ["Broth", 4.5, "NA", date(2025, 2, 12)]]
    for row, cells in enumerate(table, start=2):
        for column, cell in enumerate(cells):
            prices.write(row, column, cell, *([day] if isinstance(cell, date) else []))
    prices.write(4, 0, "Tea\nwith milk")
    prices.write(4, 1, 9)
    book.add_sheet("Empty")
    book.add_sheet("Notes").write(0, 0, "Soup is hot.")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.fixture
def letter(reader: None) -> bytes:
    pytest.importorskip("olefile")
    return hangul(SECTIONS)


def test_an_old_workbook_reads_as_a_new_one_does(workbook: bytes) -> None:
    (document,) = read(workbook, "a/inn_prices.xls")
    check([document])
    assert document.title == "Inn prices"
    assert kinds(document) == [
        ("paragraph", "Menu of the inn."),
        ("row", "Dish | Cost | Land | Since"),
        ("row", "Dish: Broth | Cost: 4.5 | Land: NA | Since: 2025-02-12"),
        ("row", "Dish: Tea with milk | Cost: 9"),
        ("paragraph", "Soup is hot."),
    ]
    assert labels(document) == ["row 1", "row 3", "row 4", "row 5", "row 1"]
    pages = [(page.label, document.text[page.start : page.end].strip()[:4]) for page in document.pages]
    assert pages == [("sheet 1", "Menu"), ("sheet 2", ""), ("sheet 3", "Soup")]


def test_a_workbook_without_values_is_empty(reader: None) -> None:
    xlwt = pytest.importorskip("xlwt")
    book, stream = xlwt.Workbook(), io.BytesIO()
    book.add_sheet("Empty")
    book.save(stream)
    with pytest.raises(EmptyFile, match="a shows no text"):
        read(stream.getvalue(), "a")


@pytest.mark.parametrize("compressed", [True, False])
def test_a_hangul_document_reads_without_its_controls(letter: bytes, compressed: bool) -> None:
    (document,) = read(hangul(SECTIONS, compressed=compressed), "a.hwp")
    check([document])
    assert document.text == "수프는 뜨겁다.\n\nSoup is hot.\n\nThe stew\tcosts 9."
    assert {kind for kind, _ in kinds(document)} == {"paragraph"}
    assert document.pages == ()


def test_controls_become_what_they_show(letter: bytes) -> None:
    paragraph = f"Soup{control(9)}9{control(11, 'tbl ')}, thin\x1eand\x18hot\nit is.{control(4, 'bokm')}"
    (document,) = read(hangul([[paragraph]]), "a.hwp")
    assert document.text == "Soup\t9, thin and-hot\nit is."


def test_members_of_archives_are_read_like_files(workbook: bytes, letter: bytes) -> None:
    reading = read_bytes(zipped({"a.xls": workbook, "b.hwp": letter}), source="z.zip")
    assert not reading.failures
    assert [document.source for document in reading.documents] == ["z.zip/a.xls", "z.zip/b.hwp"]
    alone = [*read(workbook, "z.zip/a.xls"), *read(letter, "z.zip/b.hwp")]
    assert list(reading.documents) == alone


def test_they_are_read_where_nothing_may_be_written(workbook: bytes, letter: bytes, tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        for name, data in {"a.xls": workbook, "b.hwp": letter}.items():
            (tmp_path / name).write_bytes(data)
            outcome = sandbox.read(tmp_path / name, source=name)
            assert outcome.failure is None
            assert outcome.reading == read_bytes(data, source=name)


def test_damage_is_refused_in_one_line(workbook: bytes, letter: bytes) -> None:
    assert_survives_damage(workbook, "a.xls")
    assert_survives_damage(letter, "a.hwp")
    with pytest.raises(ReadError, match=r"a\.hwp could not be read as HWP: "):
        read(SIGNED["HWP"], "a.hwp")


def test_paragraphs_longer_than_the_reader_knows_are_not_cut(letter: bytes) -> None:
    with pytest.raises(ReadError, match="could not be read as HWP"):
        read(hangul([["Soup is hot. " * 300]]), "a.hwp")


@pytest.mark.parametrize("form", _WAYS)
def test_without_the_extra_each_format_says_what_to_do(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    way = next(way for name, way in _WAYS.items() if name == form)
    assert binary_format(SIGNED[form], source="a") == form
    for module in ("llama_index.readers.file", *way.needs):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UnsupportedFormat) as caught:
        read_bytes(SIGNED[form], source="a.old")
    said = f"a.old is {way.looks}, which needs {way.needs[0]}; {way.instead}, or pip install 'citeback[readers]'"
    assert str(caught.value) == said


def test_the_package_itself_is_named_where_only_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in _WAYS["XLS"].needs:
        monkeypatch.setitem(sys.modules, module, sys)
    monkeypatch.setitem(sys.modules, "llama_index.readers.file", None)
    with pytest.raises(UnsupportedFormat, match=r"needs llama_index\.readers\.file; save it as XLSX, or pip install"):
        read_through_llama(b"", source="a", form="XLS")


def test_a_held_file_is_never_looked_for_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").write_text("another file")
    with pytest.raises(TypeError, match="wants a file on disk"):
        _held(b"soup").read_text()
