"""XML, drawings, rich text and OpenDocument: their text, and nothing that is not in them."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import EmptyFile, EncryptedFile, UnsupportedFormat
from index.readers import read_bytes
from index.schema import Document
from tests.index.readers.reading import assert_read_or_refused, assert_survives_damage, check, kinds, labels, zipped

SPACES = " ".join(f'xmlns:{name}="urn:{name}"' for name in ("office", "text", "table", "draw"))
META = (
    '<m xmlns:dc="urn:dc" xmlns:meta="urn:m"><dc:title>Toll</dc:title><meta:initial-creator>Ann Lee'
    "</meta:initial-creator><meta:creation-date>2024-05-01T10:00:00</meta:creation-date></m>"
)


def read(data: str | bytes, source: str) -> Document:
    (document,) = read_bytes(data.encode() if isinstance(data, str) else data, source=source).documents
    check([document])
    return document


def opendocument(kind: str, body: str, **members: str) -> bytes:
    content = f"<office:document-content {SPACES}><office:body>{body}</office:body></office:document-content>"
    mimetype = f"application/vnd.oasis.opendocument.{kind}"
    return zipped({"mimetype": mimetype, "content.xml": content, "meta.xml": META, **members})


def test_records_are_rows_and_texts_are_paragraphs() -> None:
    document = read(
        "<book version='2'><title>Tolls</title><axle><name>front</name><tonnes unit='t'>11</tonnes>"
        "<light on='1'/></axle><p>The toll is <b>nine</b> crowns. It is paid.</p><note>late</note></book>",
        "a.xml",
    )
    assert kinds(document) == [
        ("heading", "Tolls"),
        ("row", "name: front | tonnes: 11 | light on: 1"),
        ("paragraph", "The toll is nine crowns. It is paid."),
        ("row", "note: late"),
    ]
    assert document.title == "Tolls"


def test_feeds_show_their_texts() -> None:
    said = "&lt;p&gt;Nine.&lt;/p&gt;&lt;p&gt;Ten.&lt;/p&gt;"
    item = f"<item><title>Toll</title><link>a.example</link><description>{said}</description></item>"
    document = read(f"<rss><channel><title>News</title>{item}</channel></rss>", "feed")
    assert [text for _, text in kinds(document)] == ["News", "Toll", "link: a.example", "Nine.", "Ten."]


def test_entities_are_shown_and_never_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    doctype = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY co "Gate">'
    for root in ("<a>Toll &x; <b>&co;</b> left</a>", "<svg><text>Toll &x; <tspan>&co;</tspan> left</text></svg>"):
        assert read(f"{doctype}]>{root}", "a.xml").text == "Toll &x; &co; left"
    nested = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'{doctype}<!ENTITY l0 "lol">{nested}]><a b="&l11;">&l11;</a>'
    assert read(bomb, "a.xml").text == bomb  # refused by the parser, and so shown as it stands


def test_markup_that_is_broken_is_text() -> None:
    document = read("<?xml version='1.0'?>\n<a><b>nine</a>", "a.xml")
    assert kinds(document) == [("row", "<?xml version='1.0'?>\n<a><b>nine</a>")]
    assert "mismatch" in document.metadata["no_xml"]
    with pytest.raises(EmptyFile, match="shows no text"):
        read("<?xml version='1.0'?><a><b/></a>", "a.xml")


def test_drawings_are_their_words() -> None:
    document = read(
        '<svg xmlns="http://www.w3.org/2000/svg"><title>Tolls</title><text>by <tspan>axle</tspan></text>'
        '<script>x</script><text><tspan x="1" y="2">front</tspan><tspan x="1" y="9">rear</tspan></text></svg>',
        "a.svg",
    )
    assert kinds(document) == [("heading", "Tolls"), ("paragraph", "by axle"), ("paragraph", "front\nrear")]


RTF = (
    rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\info{\title Z\'f6lle \'26 more}{\author Ann Lee}"
    rb"{\creatim\yr2024\mo5\dy1}}The toll is 9\u8239?\'80.\par {\field{\*\fldinst{HYPERLINK \"http://a.example\"}}"
    rb"{\fldrslt See here}}.\par\trowd Axle\cell Tonnes\cell\row\trowd front\cell 4.50\cell\row"
    rb"\pard Done\u-10179?\u-8704?.\par}"
)


def test_rich_text() -> None:
    document = read(RTF, "a.rtf")
    assert (document.title, document.author, document.date) == ("Zölle & more", "Ann Lee", "2024-05-01")
    assert kinds(document) == [
        ("paragraph", "The toll is 9\u202f€."),
        ("paragraph", "See here."),
        ("row", "Axle | Tonnes"),
        ("row", "front | 4.50"),
        ("paragraph", "Done😀."),
    ]
    assert_survives_damage(RTF, "a.rtf")


def test_rich_text_bombs_are_read_in_seconds() -> None:
    start = time.perf_counter()
    images = b"{\\pict " + b"0123456789abcdef" * 500_000 + b"}"
    for body in (b"{" * 100_000, b'{\\field{\\*\\fldinst{HYPERLINK "a' * 5_000, images, b"\\bin99999 " * 5_000):
        assert_read_or_refused(b"{\\rtf1 Toll\\par " + body + b"}", "a.rtf")
    assert time.perf_counter() - start < 10


def test_text_documents() -> None:
    cells = "".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in ("front", "4.50"))
    cited = "<text:note-citation>1</text:note-citation><text:note-body><text:p>Per axle.</text:p></text:note-body>"
    note = f"<text:note>{cited}</text:note>"
    body = (
        "<office:text><text:tracked-changes><text:p>gone</text:p></text:tracked-changes>"
        f'<text:h text:outline-level="2">Gate</text:h><text:p>Nine<text:s/>crowns{note} now.</text:p>'
        f"<text:list><text:list-item><text:p>boats</text:p></text:list-item></text:list>"
        f"<table:table><table:table-row>{cells}</table:table-row></table:table></office:text>"
    )
    document = read(opendocument("text", body), "a.odt")
    assert (document.title, document.author, document.date) == ("Toll", "Ann Lee", "2024-05-01")
    assert kinds(document) == [
        ("heading", "Gate"),
        ("paragraph", "Nine crowns now."),
        ("item", "boats"),
        ("row", "front | 4.50"),
        ("paragraph", "Per axle."),
    ]
    assert labels(document)[-1] == "note 1"
    assert document.pages == ()
    assert_survives_damage(opendocument("text", body), "a.odt")


def test_sheets_and_slides_are_pages() -> None:
    table = [("Dish", "Day", ""), ("Stew", "1.5.24", "2024-05-01"), ("Tea", "2.5.24", "2024-05-02"), ("Pie", "3", "")]
    rows = "".join(
        f"<table:table-row><table:table-cell><text:p>{dish}</text:p></table:table-cell><table:table-cell "
        f"{f'office:date-value={chr(34)}{iso}{chr(34)}' if iso else ''}><text:p>{day}</text:p></table:table-cell>"
        f"</table:table-row>"
        for dish, day, iso in table
    )
    blank = '<table:table-row table:number-rows-repeated="1048570"><table:table-cell/></table:table-row>'
    sheet = f'<table:table table:name="Menu">{rows}{blank}</table:table>'
    document = read(opendocument("spreadsheet", f"<office:spreadsheet>{sheet}</office:spreadsheet>"), "a.ods")
    assert kinds(document)[1:3] == [("row", "Dish: Stew | Day: 2024-05-01"), ("row", "Dish: Tea | Day: 2024-05-02")]
    assert document.locator_at(document.text.index("Tea")) == "sheet Menu, row 3"
    slide = "<draw:page><draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame></draw:page>"
    slides = f"<office:presentation>{slide.format('One')}{slide.format('Two')}</office:presentation>"
    document = read(opendocument("presentation", slides), "a.odp")
    assert [document.locator_at(block.start) for block in document.blocks] == ["slide 1", "slide 2"]


def test_opendocument_files_that_are_not_read() -> None:
    locked = '<m xmlns="urn:m"><file-entry><encryption-data/></file-entry></m>'
    with pytest.raises(EncryptedFile, match="protected by a password"):
        read(opendocument("text", "x", **{"META-INF/manifest.xml": locked}), "a.odt")
    with pytest.raises(UnsupportedFormat, match=r"holds no text \(chart\)"):
        read(opendocument("chart", "<office:chart/>"), "a.odc")


@settings(max_examples=100)
@given(
    parts=st.lists(
        st.one_of(st.sampled_from(["<a>", "</a>", "<b c='d'>", "</b>", "&x;", "<title>"]), st.text(max_size=9))
    )
)
def test_hostile_markup_is_read_or_refused(parts: list[str]) -> None:
    assert_read_or_refused(("<?xml version='1.0'?><a>" + "".join(parts)).encode(errors="ignore"), "a.xml")
    assert_read_or_refused(("{\\rtf1 " + "".join(parts)).encode(errors="ignore"), "a.rtf")
