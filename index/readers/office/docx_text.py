"""The text of a Word paragraph as it is printed: insertions accepted, deletions and hidden text left out."""

from dataclasses import dataclass, field

from lxml import etree

from index.readers.office.docx_styles import Styles, switch
from index.readers.office.drawing import alternatives
from index.readers.office.package import attribute, child, local, relation_id
from index.readers.office.runs import raised
from index.readers.text import clean

# Properties, field codes, what was deleted or moved away, and readings set above words.
_UNSEEN = frozenset(
    "pPr rPr sdtPr sdtEndPr del moveFrom delText instrText delInstrText rt fldData tblPr trPr tcPr ctrlPr".split()
)
_MARKS = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_NOTES = {"footnoteReference": "footnote", "endnoteReference": "endnote"}
# How the fonts Symbol and Wingdings show letters: Greek, and what forms are ticked with.
_SYMBOL = dict(
    zip(
        "abgdezhqiklmnxoprstufcywABGDEZHQIKLMNXOPRSTUFCYW",
        "αβγδεζηθικλμνξοπρστυφχψωΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ",
        strict=True,
    )
)
_SYMBOL |= {
    "\xa3": "≤",
    "\xb0": "°",
    "\xb1": "±",
    "\xb3": "≥",
    "\xb4": "×",
    "\xb7": "•",
    "\xb9": "≠",
    "\xbb": "≈",
    "\xae": "→",
}
_WINGDINGS = {
    "\xfe": "☑",
    "\xfd": "☒",
    "\xa8": "☐",
    "o": "☐",
    "x": "☒",
    "\xfc": "✓",
    "\xfb": "✗",
    "\xe0": "→",
    "\xa7": "▪",
}
_FONTS = {"symbol": _SYMBOL, "wingdings": _WINGDINGS}


@dataclass(slots=True)
class ParagraphText:
    """The text of a paragraph, and what hangs on it: text boxes, notes as (kind, id), drawings as relation ids."""

    text: str = ""
    bold: bool = False
    boxes: list[etree._Element] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    drawings: list[str] = field(default_factory=list)


def text_of(paragraph: etree._Element, styles: Styles, *, bold: bool = False) -> ParagraphText:
    """What a paragraph says. `bold` is how its style sets it."""
    pen = _Pen(styles, bold)
    pen.walk(paragraph)
    lines = clean("".join(pen.parts)).split("\n")
    pen.found.text = "\n".join(" ".join(line.split()) for line in lines).strip()
    pen.found.bold = pen.all_bold and bool(pen.found.text)
    return pen.found


class _Pen:
    """Walks through a paragraph and writes down what shows."""

    def __init__(self, styles: Styles, bold: bool) -> None:
        self.parts: list[str] = []
        self.found = ParagraphText()
        self.all_bold = True
        self._styles = styles
        self._bold = bold
        self._fields: list[bool] = []  # of each field that is open, whether its result has begun

    def walk(self, element: etree._Element) -> None:
        """Write what is inside an element."""
        for part in alternatives(element):
            name = local(part)
            if name == "r":
                self._run(part)
            elif name in _UNSEEN:
                continue
            elif name == "txbxContent":
                self.found.boxes.append(part)
            elif name in ("chart", "relIds"):
                self.found.drawings.append(relation_id(part, "id" if name == "chart" else "dm"))
            elif name == "sdt" and switch(child(part, "sdtPr"), "showingPlcHdr"):
                continue  # a form's "Click here to enter text"
            elif name in _MATH:
                self._formula(part, name)
            else:
                self.walk(part)

    def _run(self, run: etree._Element) -> None:
        look = child(run, "rPr")
        if look is not None:
            style = attribute(child(look, "rStyle"), "val")
            hidden = switch(look, "vanish")
            if hidden or (hidden is None and style is not None and self._styles.look(style).hidden):
                return
        above = look is not None and attribute(child(look, "vertAlign"), "val") == "superscript"
        before = len(self.parts)
        for part in alternatives(run):
            name = local(part)
            if name == "t":
                text = part.text or ""
                self._write(raised(text) if above else text)
            elif name in _MARKS:
                self._write(_MARKS[name])
            elif name == "fldChar":
                self._field(part)
            elif name == "sym":
                self._write(_symbol(part))
            elif name in _NOTES:
                self.found.notes.append((_NOTES[name], attribute(part, "id") or ""))
            elif name not in _UNSEEN and len(part):
                self.walk(part)
        if self.all_bold and any(text.strip() for text in self.parts[before:]):
            bold = switch(look, "b")
            self.all_bold = self._bold if bold is None else bold

    def _write(self, text: str) -> None:
        if all(self._fields):
            self.parts.append(text)

    def _field(self, part: etree._Element) -> None:
        """Follow a field: its code does not show, its result does; a box to tick has no other result."""
        kind = attribute(part, "fldCharType")
        if kind == "begin":
            box = child(part, "ffData", "checkBox")
            if box is not None:
                state = switch(box, "checked")
                self._write("☒ " if (switch(box, "default") if state is None else state) else "☐ ")
            self._fields.append(False)
        elif self._fields and kind == "separate":
            self._fields[-1] = True
        elif self._fields and kind == "end":
            self._fields.pop()

    def _formula(self, part: etree._Element, name: str) -> None:
        """Write a formula on one line: without its signs, one half would be 12."""
        operands = [self._apart(each) for each in part if local(each) not in _UNSEEN and not local(each).endswith("Pr")]
        if name == "d":
            bounds = (attribute(child(part, "dPr", side), "val") for side in ("begChr", "endChr"))
            left, right = (otherwise if bound is None else bound for bound, otherwise in zip(bounds, "()", strict=True))
            self._write(f"{left}{', '.join(operands)}{right}")
        elif name == "rad":
            self._write(f"√({operands[-1]})" if operands else "")
        else:
            self._write(_MATH[name].join(each if each.isalnum() else f"({each})" for each in operands if each))

    def _apart(self, part: etree._Element) -> str:
        """What is inside an element, taken out of the text again."""
        begin = len(self.parts)
        self.walk(part)
        text = "".join(self.parts[begin:])
        del self.parts[begin:]
        return text


_MATH = {"f": "/", "sSup": "^", "sSub": "_", "rad": "√", "d": "()"}


def _symbol(part: etree._Element) -> str:
    """A character given by its place in a font."""
    try:
        code = int(attribute(part, "char") or "", 16)
    except ValueError:
        return ""
    font = (attribute(part, "font") or "").lower()
    character = chr(code - 0xF000) if 0xF000 <= code <= 0xF0FF else chr(code) if code < 0x110000 else ""
    if font in _FONTS:
        return _FONTS[font].get(character, character if font == "symbol" and character.isdigit() else "")
    return character
