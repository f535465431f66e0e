"""EPUB books: chapters in reading order, facts, protection, and chapters made to choke a parser."""

import pytest

from index.errors import EncryptedFile, NoText, ReadError
from index.readers import read_bytes
from index.schema import Document
from tests.index.readers.reading import assert_survives_damage, check, kinds, zipped

CONTAINER = (
    '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/toll.opf"/></rootfiles></container>'
)
PAGE = (
    '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "xhtml11.dtd">'
    '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head><title/>'
    '<script src="a.js"/></head><body>{}</body></html>'
)
ONE = PAGE.format("<h1>The Gate</h1><p>Nine crowns&mdash;caf&eacute; &amp; all.</p><div epub:type='toc'>gone</div>")
TWO = PAGE.format("<p>Boats are free.</p>")
FACTS = (
    "<dc:title>The Toll</dc:title><dc:creator>Ann Lee</dc:creator><dc:creator>Bo Roe</dc:creator>"
    "<dc:publisher>Gate Press</dc:publisher><dc:date>2019-03-02T00:00:00Z</dc:date><dc:language>en</dc:language>"
)
ENCRYPTION = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:e="http://www.w3.org/2001/04/xmlenc#">'
    '<e:EncryptedData><e:EncryptionMethod Algorithm="{}"/></e:EncryptedData></encryption>'
)


def package(*chapters: str, facts: str = FACTS, guide: str = "") -> str:
    items = "".join(f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in chapters)
    spine = "".join(f'<itemref idref="{name}"/>' for name in chapters)
    return (
        f'<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf"><metadata '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/">{facts}</metadata><manifest>{items}</manifest>'
        f"<spine>{spine}</spine><guide>{guide}</guide></package>"
    )


def book(chapters: dict[str, str], **members: str) -> bytes:
    parts = {f"OEBPS/{name}": content for name, content in chapters.items()}
    opf = package(*(name.replace(" ", "%20") for name in chapters))
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": CONTAINER,
            "OEBPS/toll.opf": opf,
            **parts,
            **members,
        }
    )


def read(data: bytes) -> Document:
    (document,) = read_bytes(data, source="toll.epub").documents
    check([document])
    return document


def test_chapters_are_pages_in_reading_order() -> None:
    document = read(book({"2.xhtml": TWO, "1 a.xhtml": ONE}))
    assert (document.title, document.author, document.publisher) == ("The Toll", "Ann Lee, Bo Roe", "Gate Press")
    assert (document.date, document.metadata) == ("2019-03-02", {"language": "en"})
    assert kinds(document) == [
        ("paragraph", "Boats are free."),
        ("heading", "The Gate"),
        ("paragraph", "Nine crowns—café & all."),
    ]
    assert [page.label for page in document.pages] == ["section 1", "The Gate"]
    assert document.locator_at(document.text.index("Nine")) == "The Gate"


def test_contents_and_cover_are_left_out() -> None:
    opf = package("cover", "nav", "1", guide='<reference type="cover" href="cover"/>').replace(
        'id="nav"', 'id="nav" properties="nav"'
    )
    chapters = {"cover": PAGE.format("COVER"), "nav": PAGE.format("<nav>The Gate</nav>"), "1": ONE}
    assert "Contents" not in read(book(chapters, **{"OEBPS/toll.opf": opf})).text
    assert len(read(book(chapters, **{"OEBPS/toll.opf": opf})).pages) == 1


def test_protected_books_say_so_and_scrambled_fonts_do_not_matter() -> None:
    sealed = ENCRYPTION.format("http://www.w3.org/2001/04/xmlenc#aes256-cbc")
    with pytest.raises(EncryptedFile, match=r"toll\.epub is protected \(DRM\)"):
        read(book({"1": ONE}, **{"META-INF/encryption.xml": sealed}))
    fonts = ENCRYPTION.format("http://www.idpf.org/2008/embedding")
    assert "crowns" in read(book({"1": ONE}, **{"META-INF/encryption.xml": fonts})).text


def test_pages_that_are_no_xml_are_read_as_html() -> None:
    assert kinds(read(book({"1": "<html><body><p>Nine<br>crowns<p>Boats"}))) == [
        ("paragraph", "Nine\ncrowns"),
        ("paragraph", "Boats"),
    ]


def test_entities_lead_nowhere() -> None:
    nested = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    page = (
        f'<!DOCTYPE html [<!ENTITY l0 "lol">{nested}<!ENTITY x SYSTEM "file:///etc/passwd">]>' + PAGE.partition("?>")[2]
    )
    page = page.replace('<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "xhtml11.dtd">', "")
    text = read(book({"1": page.format("<p>Nine &x; &l11;</p>")})).text
    assert "root:" not in text
    assert len(text) < 100


def test_chapters_that_cannot_be_read_are_named() -> None:
    document = read(book({"1": "<div>" * 50_000 + "x", "2": TWO}))
    assert document.text == "Boats are free."
    assert document.metadata["unread_chapters"] == "1 (OEBPS/1)"
    with pytest.raises(ReadError, match="nests 2000 elements or more"):
        read(book({"1": "<div>" * 50_000 + "x"}))


def test_books_that_are_none() -> None:
    with pytest.raises(NoText, match="a book without text"):
        read(book({"1": PAGE.format('<img src="1.png"/>')}))
    with pytest.raises(ReadError, match="without a package document"):
        read(zipped({"mimetype": "application/epub+zip"}))
    with pytest.raises(ReadError, match=r"OEBPS/toll\.opf is no well-formed XML"):
        read(book({"1": ONE}, **{"OEBPS/toll.opf": "<package>"}))


def test_damage_is_survived() -> None:
    assert_survives_damage(book({"1": ONE, "2": TWO}), "toll.epub")
