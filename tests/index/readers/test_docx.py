"""Word documents: headings, numbered lists, tables in place, notes, what was deleted or hidden, and long ones."""

import datetime
import io

import docx
import pytest

from index.errors import EmptyFile
from index.readers.office.docx import read_docx
from index.readers.office.numerals import numeral, slide_numeral
from index.schema import Document
from tests.index.readers.reading import assert_survives_damage, check, kinds, labels, zipped

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SPACES = (
    f'xmlns:w="{{}}" xmlns:r="{OFFICE}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
STYLES = """
<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>
<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/><w:basedOn w:val="a"/></w:style>
<w:style w:styleId="Own"><w:name w:val="Chapter"/><w:basedOn w:val="berschrift1"/></w:style>
<w:style w:styleId="Outlined"><w:name w:val="Zwischentitel"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
<w:style w:styleId="Contents"><w:name w:val="toc 1"/></w:style>
<w:style w:styleId="ContentsTop"><w:name w:val="TOC Heading"/><w:basedOn w:val="berschrift1"/></w:style>
<w:style w:styleId="Clause"><w:name w:val="Clause"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:styleId="Secret"><w:name w:val="Secret"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop"/></w:style>
"""
LEVEL = '<w:lvl w:ilvl="{}"><w:start w:val="1"/><w:numFmt w:val="{}"/>{}<w:lvlText w:val="{}"/></w:lvl>'
NUMBERING = f"""
<w:abstractNum w:abstractNumId="7">
{LEVEL.format(0, "decimal", '<w:pStyle w:val="Clause"/>', "%1.")}{LEVEL.format(1, "lowerLetter", "", "%1.%2)")}
</w:abstractNum>
<w:abstractNum w:abstractNumId="8">{LEVEL.format(0, "bullet", "", "o")}</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="7"/>
<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>
"""


def written(body: str, *, space: str = WORD, footnotes: str = "", endnotes: str = "") -> bytes:
    """A Word file from the XML of its body."""
    spaces = SPACES.format(space)
    parts = {"styles": STYLES, "numbering": NUMBERING, "footnotes": footnotes, "endnotes": endnotes}
    relations = "".join(f'<Relationship Id="{name}" Type="{OFFICE}/{name}" Target="{name}.xml"/>' for name in parts)
    return zipped(
        {
            "word/document.xml": f"<w:document {spaces}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>",
            **{f"word/{name}.xml": f"<w:{name} {spaces}>{content}</w:{name}>" for name, content in parts.items()},
        }
    )


def read(data: bytes) -> Document:
    documents = read_docx(data, source="toll.docx")
    check(documents)
    return documents[0]


def body(xml: str) -> list[tuple[str, str]]:
    return kinds(read(written(xml)))


def p(text: str, properties: str = "", run: str = "") -> str:
    return (
        f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:rPr>{run}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"
    )


def style(name: str) -> str:
    return f'<w:pStyle w:val="{name}"/>'


def listed(number: int, level: int = 0) -> str:
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'


def table(*rows: str, columns: int = 2) -> str:
    """A table from rows of cells parted by |."""
    cells = ("".join(f"<w:tc>{p(cell)}</w:tc>" for cell in row.split("|")) for row in rows)
    grid = "<w:tblGrid>" + "<w:gridCol/>" * columns + "</w:tblGrid>"
    return f"<w:tbl>{grid}{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def test_a_file_of_the_library_is_read_in_order() -> None:
    file = docx.Document()
    file.core_properties.author, file.core_properties.title = "Ann Lee", "The toll"
    file.core_properties.created = datetime.datetime(2024, 5, 12)
    file.add_heading("Toll", 0)
    file.add_heading("Rates", 2)
    file.add_paragraph("Nine crowns a cart.")
    file.add_paragraph("carts", style="List Bullet")
    file.add_paragraph("boats", style="List Number")
    rows = file.add_table(rows=0, cols=2)
    for cells in ("Axle", "Tonnes"), ("front", "11"), ("rear", "12"), ("both", "23"):
        for cell, text in zip(rows.add_row().cells, cells, strict=True):
            cell.text = text
    file.add_paragraph("Boats are free.")
    file.sections[0].header.paragraphs[0].text = "on every page"
    stream = io.BytesIO()
    file.save(stream)
    document = read(stream.getvalue())
    assert kinds(document) == [
        ("heading", "Toll"),
        ("heading", "Rates"),
        ("paragraph", "Nine crowns a cart."),
        ("item", "carts"),
        ("item", "1. boats"),
        ("row", "Axle | Tonnes"),
        ("row", "Axle: front | Tonnes: 11"),
        ("row", "Axle: rear | Tonnes: 12"),
        ("row", "Axle: both | Tonnes: 23"),
        ("paragraph", "Boats are free."),
    ]
    assert [block.level for block in document.blocks[:2]] == [1, 2]
    assert document.locator_at(document.text.index("rear")) == "table 1, row 3"
    assert (document.title, document.author, document.date, document.pages) == ("The toll", "Ann Lee", "2024-05-12", ())
    assert_survives_damage(stream.getvalue(), "toll.docx")


def test_what_a_template_says_of_itself_is_not_said_of_the_document() -> None:
    file = docx.Document()
    file.add_heading("Toll", 1)
    stream = io.BytesIO()
    file.save(stream)
    document = read(stream.getvalue())
    assert (document.title, document.author, document.date) == ("Toll", None, None)


@pytest.mark.parametrize("space", [WORD, STRICT])
def test_headings_are_told_by_style_name_parent_or_outline_in_both_dialects(space: str) -> None:
    xml = p("One", style("berschrift1")) + p("Two", style("Own")) + p("Three", style("Outlined"))
    xml += p("Four", '<w:outlineLvl w:val="3"/>') + p("Not", style("Own") + '<w:outlineLvl w:val="9"/>')
    xml += p("long " * 60, style("Own")) + p("Round", style("Loop"))
    document = read(written(xml, space=space))
    assert [(block.kind, block.level) for block in document.blocks] == [
        *(("heading", level) for level in (1, 1, 3, 4)),
        *[("paragraph", 0)] * 3,
    ]
    assert document.title == "One"


def test_lines_in_bold_are_headings_where_text_follows() -> None:
    bold = p("Rates", run="<w:b/>")
    assert body(bold + p("Nine crowns."))[0] == ("heading", "Rates")
    assert body(bold + table("a|b", "c|d"))[0] == ("heading", "Rates")
    assert body(p("Nine crowns.") + bold)[1] == ("paragraph", "Rates")
    assert body(bold * 4 + p("Nine crowns."))[0] == ("paragraph", "Rates")
    assert body(p("Nine crowns are due.", run="<w:b/>") + p("Now."))[0] == ("paragraph", "Nine crowns are due.")


def test_items_have_the_numbers_that_word_shows() -> None:
    xml = p("one", listed(1)) + p("deep", listed(1, 1)) + p("deeper", listed(1, 1)) + p("two", style("Clause"))
    xml += (
        p("again", listed(1, 1))
        + p("bullet", listed(2))
        + p("five", listed(3))
        + p("six", listed(1))
        + p("no", listed(0))
    )
    assert body(xml) == [
        ("item", "1. one"),
        ("item", "1.a) deep"),
        ("item", "1.b) deeper"),
        ("item", "2. two"),
        ("item", "2.a) again"),
        ("item", "bullet"),
        ("item", "5. five"),
        ("item", "6. six"),
        ("paragraph", "no"),
    ]
    assert body(p("Rates", style("Own") + listed(1)))[0] == ("heading", "1. Rates")


def test_numerals() -> None:
    assert [numeral(n, "lowerRoman") for n in (4, 9, 1994, 4000)] == ["iv", "ix", "mcmxciv", "4000"]
    assert [numeral(n, "upperLetter") for n in (1, 26, 27, 10**9)] == ["A", "Z", "AA", "1000000000"]
    assert [slide_numeral(2, scheme) for scheme in ("arabicPeriod", "alphaUcPeriod", "arabicPlain")] == [
        "2.",
        "B.",
        "2",
    ]


def test_insertions_stay_and_what_was_deleted_moved_away_or_hidden_goes() -> None:
    xml = (
        "<w:p><w:ins><w:r><w:t>kept </w:t></w:r></w:ins><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>moved </w:t></w:r></w:moveTo>"
        "<w:hyperlink><w:r><w:t>linked</w:t></w:r></w:hyperlink>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>gone</w:t></w:r>"
        '<w:r><w:rPr><w:rStyle w:val="Secret"/></w:rPr><w:t>gone</w:t></w:r>'
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>.</w:t></w:r></w:p>'
    )
    xml += p("This end", "<w:rPr><w:del/></w:rPr>") + p("was deleted.")
    xml += "<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc>" + p("gone") + "</w:tc></w:tr></w:tbl>"
    assert body(xml) == [("paragraph", "kept moved linked."), ("paragraph", "This end was deleted.")]


def test_fields_show_their_result_and_forms_what_was_ticked() -> None:
    def mark(kind: str, inside: str = "") -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}">{inside}</w:fldChar></w:r>'

    box = "<w:ffData><w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox></w:ffData>"
    xml = f"<w:p>{mark('begin')}<w:r><w:instrText>PAGE</w:instrText><w:t>code</w:t></w:r>{mark('separate')}"
    xml += f"<w:r><w:t>7 </w:t></w:r>{mark('end')}{mark('begin', box)}{mark('end')}<w:r><w:t>agreed</w:t></w:r></w:p>"
    xml += "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>" + p("Ann Lee") + "</w:sdtContent></w:sdt>"
    assert body(xml) == [("paragraph", "7 ☒ agreed"), ("paragraph", "Ann Lee")]


def test_numbers_keep_their_powers_and_formulas_their_signs() -> None:
    raised = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>{}</w:t></w:r>'
    xml = f"<w:p><w:r><w:t>10</w:t></w:r>{raised.format('6')}<w:r><w:t> m</w:t></w:r>{raised.format('2')}"
    xml += "<w:r><w:t>, </w:t></w:r>"
    xml += (
        "<m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2a+b</m:t></m:r></m:den></m:f></m:oMath>"
    )
    xml += '<w:r><w:sym w:font="Symbol" w:char="F06D"/><w:sym w:font="Wingdings" w:char="F0FE"/></w:r></w:p>'
    assert body(xml) == [("paragraph", "10⁶ m², 1/(2a+b)μ☑")]


def test_breaks_and_special_characters() -> None:
    xml = "<w:p><w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t>"
    xml += "<w:softHyphen/><w:t>e\u00a0 f</w:t></w:r></w:p>"
    assert body(xml) == [("paragraph", "a\nb c-de f")]


def test_notes_stand_below_what_refers_to_them_and_endnotes_last() -> None:
    reference = '<w:p><w:r><w:t>Claim.</w:t></w:r><w:r><w:{}Reference w:id="2"/></w:r></w:p>'
    note = '<w:{0} w:id="0" w:type="separator">' + p("no") + '</w:{0}><w:{0} w:id="2">' + p("Proof.") + "</w:{0}>"
    data = written(
        reference.format("endnote") + reference.format("footnote") + p("More."),
        footnotes=note.format("footnote"),
        endnotes=note.format("endnote"),
    )
    document = read(data)
    assert [text for _, text in kinds(document)] == ["Claim.", "Claim.", "Proof.", "More.", "Proof."]
    assert labels(document) == ["", "", "footnote 1", "", "endnote i"]


def test_text_boxes_are_read_once_after_their_paragraph() -> None:
    box = "<w:txbxContent>" + p("Boxed.") + "</w:txbxContent>"
    both = f"<mc:AlternateContent><mc:Choice><wps:wsp><wps:txbx>{box}</wps:txbx></wps:wsp></mc:Choice>"
    both += f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent>"
    xml = f"<w:p><w:r>{both}</w:r><w:r><w:t>Around.</w:t></w:r></w:p>"
    xml += f"<w:p><w:r><w:pict><v:textbox>{box}</v:textbox></w:pict></w:r></w:p>"
    assert body(xml) == [("paragraph", "Around."), ("paragraph", "Boxed."), ("paragraph", "Boxed.")]


def test_lines_of_contents_are_furniture() -> None:
    xml = p("Contents", style("ContentsTop")) + p("Rates\t3", style("Contents")) + p("Rates", style("Own"))
    assert [kind for kind, _ in body(xml)] == ["furniture", "furniture", "heading"]


def test_cells_that_arrange_text_are_read_as_text() -> None:
    two = "<w:tbl><w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid><w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr></w:tbl>"
    assert body(two.format(p("Rates", style("Own")) + p("Nine crowns."), table("a|b", "c|d") + p("End."))) == [
        ("heading", "Rates"),
        ("paragraph", "Nine crowns."),
        ("row", "a | b"),
        ("row", "c | d"),
        ("paragraph", "End."),
    ]
    assert body(two.format(p("crown " * 100), p("b")))[1] == ("paragraph", "b")
    assert body(table("Framed.", columns=1)) == [("paragraph", "Framed.")]


def test_merged_cells_and_header_rows() -> None:
    def cell(text: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"

    rows = [
        "<w:trPr><w:tblHeader/></w:trPr>" + cell("") + cell("2023", '<w:gridSpan w:val="2"/>'),
        "<w:trPr><w:tblHeader/></w:trPr>" + cell("Gate") + cell("carts") + cell("boats"),
        cell("North", '<w:vMerge w:val="restart"/>') + cell("many") + cell("few"),
        cell("", "<w:vMerge/>") + cell("some") + cell("none"),
    ]
    xml = (
        "<w:tbl><w:tblGrid>"
        + "<w:gridCol/>" * 3
        + "</w:tblGrid>"
        + "".join(f"<w:tr>{r}</w:tr>" for r in rows)
        + "</w:tbl>"
    )
    assert [text for _, text in body(xml)][-2:] == [
        "Gate: North | 2023 carts: many | 2023 boats: few",
        "Gate: North | 2023 carts: some | 2023 boats: none",
    ]


def test_a_long_document_is_read_without_a_tree() -> None:
    document = read(written(p("Nine crowns.") * 20_000))
    assert len(document.blocks) == 20_000
    assert document.text[document.blocks[-1].start :] == "Nine crowns."


def test_a_document_without_text_is_empty() -> None:
    with pytest.raises(EmptyFile, match="shows no text"):
        read(written(p("") + p("gone", run="<w:vanish/>")))
