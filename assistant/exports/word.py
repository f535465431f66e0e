"""A conversation as a Word document with real footnotes, and back."""

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from assistant.exports.script import REMARKS, Block, Kind, Mark, Part, Remark, Script

if TYPE_CHECKING:
    from docx.document import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FOOTNOTES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
_CONTENT = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
# Word wants the lines that part notes from text to be notes themselves.
_SEPARATORS = (
    '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>'
)
_STYLES: dict[Kind, str] = {"question": "Heading 2", "answer": "Normal", "aside": "Intense Quote"}
_TITLE = "Heading 1"
_SHOWN = ("header", "footer", "endnotes", "comments")
_MOST_BYTES = 64 * 1024 * 1024


def write(script: Script) -> bytes:
    """The script as a DOCX file. A place that is cited again is a note again: Word numbers its notes itself."""
    import docx

    document = docx.Document()
    document.core_properties.title = script.title[:255]
    document.add_heading(script.title, level=1)
    notes: list[str] = []
    for block in script.blocks:
        paragraph = document.add_paragraph(style=_STYLES[block.kind])
        for part in block.parts:
            if isinstance(part, Mark):
                notes.append(script.notes[part.number])
                _refer(paragraph, len(notes))
            elif isinstance(part, Remark):
                paragraph.add_run(f" ({part.text})").italic = True
            else:
                paragraph.add_run(part)
    _add_notes(document, notes)
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def read(content: bytes) -> Script:
    """The script that was written; all else that Word shows is read as answers. Raises for what is no document."""
    import docx
    from lxml import etree

    with ZipFile(BytesIO(content)) as archive:
        if (size := sum(member.file_size for member in archive.infolist())) > _MOST_BYTES:
            raise ValueError(f"it unpacks to {size:,} bytes, the limit is {_MOST_BYTES:,}")
    document = docx.Document(BytesIO(content))
    notes: dict[int, str] = {}
    # What is shown beside the text.
    elsewhere: list[str] = []
    for relation in document.part.rels.values():
        if relation.reltype == _FOOTNOTES:
            root = etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False))
            for note in root.iter(f"{_W}footnote"):
                number = int(note.get(f"{_W}id") or 0)
                words = " ".join("".join(part for part in _parts(note) if isinstance(part, str)).split())
                if note.get(f"{_W}type", "normal") == "normal":
                    notes[number] = "" if number in notes else words
                elif words:
                    elsewhere.append(words)
        elif relation.reltype.rsplit("/", 1)[-1] in _SHOWN and not relation.is_external:
            root = etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False))
            elsewhere.append(" ".join("".join(root.itertext(f"{_W}t")).split()))
    title, blocks = "", [Block("answer", (words,)) for words in elsewhere if words]
    styles = {style.style_id: style.name for style in document.styles}
    kinds = {style: kind for kind, style in _STYLES.items()}
    # Tables, text boxes and what is proposed as a change too: all that is shown.
    for paragraph in document.element.body.iter(f"{_W}p"):
        chosen = next((each.get(f"{_W}val") for each in paragraph.iter(f"{_W}pStyle")), "")
        style, parts = styles.get(chosen, ""), tuple(_parts(paragraph))
        if style == _TITLE and not title:
            title = " ".join(part for part in parts if isinstance(part, str))
        elif parts:
            blocks.append(Block(kinds.get(style, "answer"), parts))
    return Script(title, tuple(blocks), notes)


def _parts(paragraph: Any) -> Iterator[Part]:
    """What a paragraph shows, in order."""
    text = ""
    for element in (*paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}footnoteReference"), None):
        if element is not None and element.tag != f"{_W}footnoteReference":
            if not _is_hidden(element):
                text += element.text or "" if element.tag == f"{_W}t" else " "
            continue
        yield from _remarked(" ".join(text.split()))
        text = ""
        if element is not None:
            yield Mark(int(element.get(f"{_W}id") or 0))


def _is_hidden(element: Any) -> bool:
    """Whether the run that an element is of is not shown, or shown struck out."""
    run = element.getparent()
    marks = {f"{_W}{name}" for name in ("vanish", "webHidden", "strike", "dstrike")}
    return run is not None and any(each.tag in marks for each in run.iter(*marks))


def _remarked(words: str) -> Iterator[Part]:
    """The words, with a remark that opens them as one."""
    for remark in REMARKS.values():
        if words.startswith(f"({remark})"):
            yield Remark(remark)
            words = words.removeprefix(f"({remark})").lstrip()
    if words:
        yield words


def _refer(paragraph: Any, number: int) -> None:
    from docx.oxml import parse_xml

    run = paragraph.add_run()
    run.font.superscript = True
    run._r.append(parse_xml(f'<w:footnoteReference xmlns:w="{_W[1:-1]}" w:id="{number}"/>'))


def _add_notes(document: "Document", notes: list[str]) -> None:
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part as PackagePart
    from markupsafe import escape

    texts = "".join(
        f'<w:footnote w:id="{number}"><w:p><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteRef/></w:r>'
        f'<w:r><w:t xml:space="preserve"> {escape(note)}</w:t></w:r></w:p></w:footnote>'
        for number, note in enumerate(notes, start=1)
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    xml = f'{head}<w:footnotes xmlns:w="{_W[1:-1]}">{_SEPARATORS}{texts}</w:footnotes>'
    part = PackagePart(PackURI("/word/footnotes.xml"), _CONTENT, xml.encode(), document.part.package)
    document.part.relate_to(part, _FOOTNOTES)
