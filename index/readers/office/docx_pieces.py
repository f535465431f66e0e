"""Paragraphs of a Word document told apart: headings, items with their numbers, lines of contents, text."""

from dataclasses import dataclass, field

from lxml import etree

from index.readers.lines import heading_like
from index.readers.office.docx_styles import BODY_TEXT, Look, Numbering, Styles, whole
from index.readers.office.docx_text import ParagraphText, text_of
from index.readers.office.package import attribute, child
from index.schema import BlockKind

_LONGEST_HEADING = 250  # characters: a heading is in no passage, so what is longer stays a paragraph that can be quoted


@dataclass(slots=True)
class Piece:
    """A paragraph told apart: what will be a block, and what hangs on it."""

    text: str
    kind: BlockKind = "paragraph"
    level: int = 0
    emphatic: bool = False  # in bold, and short as a heading is
    content: ParagraphText = field(default_factory=ParagraphText)

    @property
    def hangs(self) -> bool:
        """Whether text boxes, drawings or notes hang on it."""
        return bool(self.content.boxes or self.content.drawings or self.content.notes)


class Pieces:
    """Tells the paragraphs of a document apart, each once and in order, for it counts them as Word does."""

    def __init__(self, styles: Styles, numbering: Numbering) -> None:
        self.title: str | None = None
        self._styles = styles
        self._numbering = numbering
        self._carried: list[ParagraphText] = []

    def read(self, element: etree._Element) -> Piece | None:
        """A paragraph told apart; None where its end was deleted, so that it goes on in the next one."""
        properties = child(element, "pPr")
        look = self._styles.look(attribute(child(properties, "pStyle"), "val") if properties is not None else None)
        content = text_of(element, self._styles, bold=look.bold)
        if properties is not None and _joins_next(properties):
            self._carried.append(content)
            return None
        if self._carried:
            content = _joined([*self._carried, content])
            self._carried.clear()
        marker = self._marker(properties, look)
        if not content.text:
            return Piece("", content=content)
        text = f"{marker} {content.text}" if marker else content.text
        level = _heading_level(properties, look)
        if look.is_contents:
            return Piece(text, "furniture", content=content)
        if level is not None and len(text) <= _LONGEST_HEADING:
            if self.title is None and look.is_title:
                self.title = text
            return Piece(text, "heading", level, content=content)
        if marker is not None:
            return Piece(text, "item", content=content)
        return Piece(text, emphatic=content.bold and "\n" not in text and heading_like(text), content=content)

    def rest(self) -> Piece | None:
        """What waits for a next paragraph that does not come."""
        content = _joined(self._carried)
        self._carried.clear()
        return Piece(content.text, content=content) if content.text else None

    def _marker(self, properties: etree._Element | None, look: Look) -> str | None:
        """What stands before a paragraph that belongs to a list; None for others."""
        given = child(properties, "numPr")
        list_id = attribute(child(given, "numId"), "val")
        level = whole(attribute(child(given, "ilvl"), "val"))
        if list_id is None:
            list_id = look.list_id
            level = look.list_level if level is None else level
        if list_id is None or list_id == "0":
            return None
        if level is None:
            level = self._numbering.level_of(list_id, look.list_style)
        return self._numbering.marker(list_id, level)


def _heading_level(properties: etree._Element | None, look: Look) -> int | None:
    outline = whole(attribute(child(properties, "outlineLvl"), "val"))
    if outline is not None:
        return outline + 1 if outline < BODY_TEXT else None
    return look.level


def _joins_next(properties: etree._Element) -> bool:
    mark = child(properties, "rPr")
    return child(mark, "del") is not None or child(mark, "moveFrom") is not None


def _joined(contents: list[ParagraphText]) -> ParagraphText:
    """Paragraphs whose ends were deleted, as the one they have become."""
    return ParagraphText(
        text=" ".join(content.text for content in contents if content.text),
        bold=all(content.bold for content in contents),
        boxes=[box for content in contents for box in content.boxes],
        notes=[note for content in contents for note in content.notes],
        drawings=[drawing for content in contents for drawing in content.drawings],
    )
