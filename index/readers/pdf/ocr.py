"""Pages that are pictures, recognised line by line where the extra `ocr` is installed."""

import importlib.util
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from index.readers.pdf.lines import PdfLine
from index.readers.text import clean

_LONGEST = 2000  # pixels of a page's longer side: print of 6 points is still read
_FOUND = 736  # … when lines are looked for, which needs less
_SURE = 0.5  # what is read with less certainty is left out
_COVERS = 0.5  # share of the page on which a picture is its content
_DRAWN = 100  # lines and curves that may be letters
_SHARE = 0.8  # of the time there is that recognition may take
_LEVEL = 0.5  # of a line's height by which two pieces of it may differ
_LARGER = 1.4  # times the usual height
_PROSE = 20  # characters in the lines of a column
_COLUMN = 5  # lines in it
_ACROSS = 0.2  # share of lines that may cross a gutter


@dataclass(frozen=True, slots=True)
class Seen:
    """A piece of a line as it was recognised: its text and where it is, in points from the page's top left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Sight:
    """What was recognised on a page, and the page's size in points."""

    pieces: tuple[Seen, ...]
    across: float
    down: float


def installed() -> bool:
    """Whether what recognition needs is there."""
    return all(importlib.util.find_spec(name) is not None for name in ("rapidocr", "onnxruntime"))


def is_picture(page: pypdfium2.PdfPage) -> bool:
    """Whether a page without text shows a picture over most of it, or as many lines and curves as make letters."""
    across, down = page.get_size()
    drawn = 0
    for each in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_PATH), max_depth=2):
        drawn += each.type == pdfium.FPDF_PAGEOBJ_PATH
        if drawn >= _DRAWN:
            return True
        if each.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = each.get_bounds()
            if (right - left) * (top - bottom) >= _COVERS * across * down:
                return True
    return False


class Recogniser:
    """Reads pictures of pages; the models, which their package brings along, are loaded with the first page."""

    def __init__(self) -> None:
        self._engine: Any = None
        self.seconds = 0.0  # that the slowest page took

    def time_for(self, pages: int) -> bool:
        """Whether there is time for so many pages more: as far as this process is limited, and a page was timed."""
        left = _seconds_left()
        return left is None or pages * self.seconds <= _SHARE * left

    def seen(self, page: pypdfium2.PdfPage) -> Sight:
        """What a page shows."""
        began = time.monotonic()
        across, down = page.get_size()
        scale = _LONGEST / max(across, down)
        if self._engine is None:
            self._engine = _engine()
        try:
            result = self._engine(page.render(scale=scale).to_numpy())
        except Exception as error:
            if "alloc" in str(error):
                raise MemoryError from error
            raise
        boxes = [] if result.boxes is None else result.boxes / scale
        told = zip(boxes, result.txts or (), result.scores or (), strict=True)
        seen = [_seen(text, box) for box, text, score in told if score >= _SURE]
        self.seconds = max(self.seconds, time.monotonic() - began)
        return Sight(tuple(piece for piece in seen if piece.text), across, down)


def lines_of(sights: Sequence[Sight]) -> list[list[PdfLine]]:
    """The lines of pages: pieces at one height made one (the cells of a table's row), columns one after the other.

    >>> pieces = Seen("Soup", 50, 100, 80, 112), Seen("4.50", 300, 101, 320, 112), Seen("Hot.", 50, 120, 75, 132)
    >>> [line.text for line in lines_of([Sight(pieces, 600, 800)])[0]]
    ['Soup 4.50', 'Hot.']
    """
    heights = [piece.bottom - piece.top for sight in sights for piece in sight.pieces]
    usual = median(heights) if heights else 0.0
    return [_lines(sight, usual) for sight in sights]


def _lines(sight: Sight, usual: float) -> list[PdfLine]:
    lines: list[PdfLine] = []
    for column in _columns(sight.pieces, sight.across):
        rows: list[list[Seen]] = []
        for piece in sorted(column, key=_middle):
            high = _LEVEL * (piece.bottom - piece.top)
            if rows and _middle(piece) - _middle(rows[-1][0]) < high:
                rows[-1].append(piece)
            else:
                rows.append([piece])
        lines += [_line(sorted(row, key=lambda piece: piece.left), usual, sight.down) for row in rows]
    return lines


def _columns(seen: Sequence[Seen], across: float) -> list[list[Seen]]:
    """The pieces of a page, apart where a gutter near its middle parts running text from running text."""
    for share in (0.5, 0.47, 0.53, 0.44, 0.56):
        gutter = share * across
        left = [piece for piece in seen if piece.right <= gutter]
        right = [piece for piece in seen if piece.left >= gutter]
        crossing = [piece for piece in seen if piece.left < gutter < piece.right]
        prose = all(
            len(side) >= _COLUMN and median(len(each.text) for each in side) >= _PROSE for side in (left, right)
        )
        if prose and len(crossing) <= _ACROSS * len(seen):
            top = min(piece.top for piece in (*left, *right))
            return [[each for each in crossing if each.top < top], left, right, [e for e in crossing if e.top >= top]]
    return [list(seen)]


def _line(row: Sequence[Seen], usual: float, down: float) -> PdfLine:
    text = " ".join(piece.text for piece in row)
    high = median(piece.bottom - piece.top for piece in row)
    # Heights differ with the letters there are: only clearly larger print is larger.
    size = usual if usual / _LARGER < high < _LARGER * usual else high
    baseline = down - max(piece.bottom for piece in row)
    return PdfLine(text, len(text), baseline, baseline, round(size, 1))


def _seen(text: str, corners: Any) -> Seen:
    across, down = corners[:, 0], corners[:, 1]
    sides = (float(side) for side in (across.min(), down.min(), across.max(), down.max()))
    return Seen(" ".join(clean(text).split()), *sides)


def _middle(piece: Seen) -> float:
    return (piece.top + piece.bottom) / 2


def _engine() -> Any:
    """The recogniser with little memory: one line at a time, one thread."""
    from rapidocr import RapidOCR

    settings = {
        "Global.log_level": "critical",
        "Global.use_cls": False,
        "Det.limit_side_len": _FOUND,
        "Det.limit_type": "max",
        "Rec.rec_batch_num": 1,
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    return RapidOCR(params=settings)


def _seconds_left() -> float | None:
    """The time this process may still take, by its CPU and by its alarm clock; None where neither is set."""
    try:
        import resource
        from signal import ITIMER_REAL, getitimer
    except ImportError:  # Windows has neither
        return None
    limit, alarm = resource.getrlimit(resource.RLIMIT_CPU)[0], getitimer(ITIMER_REAL)[0]
    times = [limit - time.process_time()] if limit != resource.RLIM_INFINITY else []
    return min([*times, *([alarm] if alarm else [])], default=None)
