"""What each line of a PDF page is, by its words, its print and its neighbours."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from index.readers.lines import ends_sentence, heading_like, is_separator, marker
from index.readers.pdf.lines import PdfLine, is_marks
from index.schema import BlockKind

EARLY = 0.75  # share of the width at which a last line has ended early
LARGE = 1.12  # times the size of running text
_BOLD = 1.2  # times its weight
_GAP = 1.3  # times the usual distance of baselines
_RAISED = 0.75  # times the size of running text: footnote marks, which pdfium may find after all the lines they are in
_PROSE = 40  # characters in a line that is surely running text
_HEADING_LINES, _HEADING_WORDS = 3, 30


@dataclass(frozen=True, slots=True)
class Style:
    """How the body of a document is set: font size and weight, width in characters, distance of baselines by size."""

    size: float
    weight: int
    width: int
    pitch: dict[float, float]


def style_of(paged: Sequence[Sequence[PdfLine]]) -> Style:
    """What is usual in a document's running text; tables, often smaller, do not count."""
    sizes: Counter[float] = Counter()
    weights: Counter[int] = Counter()
    widths: list[int] = []
    pitches: dict[float, list[float]] = {}
    for lines in paged:
        above = None
        for line in lines:
            prose = line.width >= _PROSE and not line.row
            if prose:
                sizes[line.size] += line.width
                weights[line.weight] += line.width
                widths.append(line.width)
            if prose and above is not None and above.size == line.size:
                pitches.setdefault(line.size, []).append(drop_between(above, line) or 0.0)
            above = line if prose else None
    if not widths:
        return Style(0.0, 0, _PROSE, {})
    pitch = {size: median(found) for size, drops in pitches.items() if (found := [drop for drop in drops if drop > 0])}
    width = sorted(widths)[len(widths) * 9 // 10]
    return Style(sizes.most_common(1)[0][0], weights.most_common(1)[0][0], width, pitch)


def kinds_of(lines: Sequence[PdfLine], furniture: set[int], style: Style) -> list[BlockKind]:
    """The kind of every line of a page, seen beside its neighbours."""
    kinds: list[BlockKind] = ["paragraph"] * len(lines)
    for number, line in enumerate(lines):
        above = lines[number - 1] if number and number - 1 not in furniture else None
        below = lines[number + 1] if number + 1 < len(lines) and number + 1 not in furniture else None
        if number in furniture or _says_nothing(line, style):
            kinds[number] = "furniture"
        elif line.row and not _is_tail(above, line, below, style):
            kinds[number] = "row"
        elif below is not None and _stands_as_heading(above, line, below, style):
            kinds[number] = "heading"
    bottom = max((number for number, kind in enumerate(kinds) if kind != "furniture"), default=-1) + 1
    for first, end in _runs_of(lines, kinds, style):
        # Several lines with nothing below them are rather a paragraph that goes on on the next page.
        lone = end < bottom or end - first == 1
        if lone and _set_as_heading(lines[first - 1] if first else None, lines[first:end], style):
            kinds[first:end] = ["heading"] * (end - first)
    return kinds


def _says_nothing(line: PdfLine, style: Style) -> bool:
    """Whether a line is a separator, or footnote marks that stand alone."""
    if line.size < _RAISED * style.size and is_marks(line.text):
        return True
    return not line.text[0].isalnum() and is_separator(line.text)


def _runs_of(lines: Sequence[PdfLine], kinds: Sequence[BlockKind], style: Style) -> Iterator[tuple[int, int]]:
    """Where lines set alike follow one another without a gap, as (first, end); rows and furniture left out."""
    first = 0
    for number in range(1, len(lines) + 1):
        above = lines[number - 1]
        line = lines[number] if number < len(lines) else None
        apart = line is None or line.size != above.size or line.weight != above.weight or has_gap(above, line, style)
        if apart or kinds[number] in ("row", "furniture") or kinds[number - 1] in ("row", "furniture"):
            if kinds[first] not in ("row", "furniture"):
                yield first, number
            first = number


def _is_tail(above: PdfLine | None, line: PdfLine, below: PdfLine | None, style: Style) -> bool:
    """Whether a line with many numbers ends or continues a sentence that the line above left open."""
    if above is None or above.row or ends_sentence(above.text) or above.width < 0.8 * style.width:
        return False
    return below is None or not below.row


def _set_as_heading(above: PdfLine | None, run: Sequence[PdfLine], style: Style) -> bool:
    """Whether lines set alike are a heading: larger or bolder than running text, few, and no sentence."""
    large = style.size > 0 and run[0].size >= LARGE * style.size
    bold = style.weight > 0 and run[0].weight >= _BOLD * style.weight
    if not (large or bold) or len(run) > _HEADING_LINES:
        return False
    text = " ".join(line.text for line in run)
    if len(text.split()) > _HEADING_WORDS or not _names(text):
        return False
    if text.endswith((",", ";")) or (ends_sentence(text) and len(text.split()) > 6):
        return False
    return above is None or above.size != run[0].size or has_gap(above, run[0], style) or _ends(above, style)


def _stands_as_heading(above: PdfLine | None, line: PdfLine, below: PdfLine, style: Style) -> bool:
    """Whether a line set as all others reads as a heading and stands short above full lines."""
    if line.width > 0.6 * style.width or below.width <= 0.6 * style.width or below.row or below.text[0].islower():
        return False
    apart = above is None or has_gap(above, line, style) or _ends(above, style)
    return apart and heading_like(line.text) and _names(line.text)


def _names(text: str) -> bool:
    """Whether a line says something a heading could: it begins as a title does and is made of letters."""
    letters = [character for character in text if character.isalpha()]
    if len(letters) < 3 or letters[0].islower() or 3 * len(letters) < len(text):
        return False
    return marker(text) != 2 and not (text[0] == "(" and text[-1] == ")")  # "(in millions)"


def _ends(line: PdfLine, style: Style) -> bool:
    return ends_sentence(line.text) or line.row or line.width < 0.5 * style.width


def drop_between(above: PdfLine, line: PdfLine) -> float | None:
    """How far below `above` a line stands, in points; negative where it stands higher."""
    return above.bottom - line.baseline if above.bottom is not None and line.baseline is not None else None


def pitch_of(line: PdfLine, style: Style) -> float:
    return style.pitch.get(line.size, 0.0)


def has_gap(above: PdfLine, line: PdfLine, style: Style) -> bool:
    """Whether more space than usual parts two lines."""
    drop, pitch = drop_between(above, line), pitch_of(line, style)
    return drop is not None and pitch > 0 and drop > _GAP * pitch
