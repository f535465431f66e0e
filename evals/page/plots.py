"""The plots of a report: each an SVG that stands in the page itself and takes its colours and its letters."""

import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Matplotlib wants colours it knows, the page has its own for light and dark: these stand for them until the end.
INK, MUTED, LINE, ACCENT, SOFT, PANEL = (f"#0101{number:02x}" for number in range(1, 7))
_OF_THE_PAGE = {
    INK: "currentColor",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    ACCENT: "var(--accent)",
    SOFT: "var(--accent-soft)",
    PANEL: "var(--panel)",
}
# Inches, at 72 points each: as wide as a phone, so letters keep their size where the page is narrowest.
_WIDTH, _ROW, _CHART = 5.2, 0.26, 2.7
_MOST_BINS = 24
# Characters of a name; more would leave no room for what it names.
_LONGEST = 28
_LOOK: dict[Any, Any] = {
    "svg.fonttype": "none",
    # Without this a name between two dollar signs would be set as a formula.
    "text.parse_math": False,
    "font.size": 10,
    **dict.fromkeys(("axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor", "text.color"), INK),
    **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color", "grid.color"), LINE),
    **dict.fromkeys(("axes.spines.top", "axes.spines.right", "axes.spines.left"), False),
    "axes.axisbelow": True,
    "ytick.major.size": 0,
    "grid.linewidth": 0.8,
}


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its interval, where it has one, to be drawn on a row of its own; `strong` rows are filled."""

    name: str
    value: float
    low: float | None
    high: float | None
    strong: bool = True


def shares(rows: Sequence[Interval]) -> Markup:
    """Values between 0 and 1 as points with whiskers, a row each, the first on top."""

    def draw(axes: "Axes") -> None:
        _rows(axes, rows)
        # Half a point's width of room, or those at 0 and 1 would be cut.
        axes.set_xlim(-0.02, 1.02)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])

    return _drawn("Metrics between 0 and 1 with their intervals", _height(rows), draw)


def differences(rows: Sequence[Interval]) -> Markup:
    """Differences as points with whiskers around a line at zero, a row each, the first on top."""
    ends = [abs(end) for row in rows for end in (row.value, row.low, row.high) if end is not None]
    reach = max([0.02, *ends]) * 1.1

    def draw(axes: "Axes") -> None:
        axes.axvline(0, color=MUTED, linewidth=1)
        _rows(axes, rows)
        axes.set_xlim(-reach, reach)
        axes.locator_params(axis="x", nbins=4)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:+.2g}".replace("-", "−") if value else "0")

    return _drawn("Differences with their intervals", _height(rows), draw)


def risk_coverage(points: Sequence[tuple[float, float]]) -> Markup:
    """The curve of (coverage, risk), both shares."""
    highest = max((risk for _, risk in points), default=0.0)

    def draw(axes: "Axes") -> None:
        coverage, risk = zip(*sorted(points), strict=True)
        axes.plot(coverage, risk, color=ACCENT, linewidth=1.8, marker="o", markersize=2.5, clip_on=False)
        axes.set(xlim=(0, 1.02), ylim=(0, max(0.05, highest * 1.15)))
        axes.set(xlabel="coverage: share of questions answered", ylabel="risk: share of them wrong")
        axes.grid(axis="y")

    return _drawn("Risk by coverage", _CHART, draw)


def latencies(seconds: Sequence[float], marks: Sequence[tuple[str, float]]) -> Markup:
    """A histogram of seconds, with a line and its words at each (name, seconds) of `marks`."""
    bins = min(_MOST_BINS, math.isqrt(len(seconds)) + 1)

    def draw(axes: "Axes") -> None:
        counts, *_ = axes.hist(seconds, bins=bins, color=SOFT, edgecolor=ACCENT, linewidth=0.8)
        start, end = axes.get_xlim()
        top = float(max(counts))
        for place, (name, at) in enumerate(marks):
            # One above the other and away from the nearer edge: they stay apart however close the marks are.
            height, right = top * (1.28 - 0.14 * place), at > (start + end) / 2
            axes.vlines(at, 0, height, color=INK, linewidth=1, linestyle=(0, (3, 2)))
            words, side = f"{name} {at:.3g} s", "right" if right else "left"
            axes.annotate(words, (at, height), (-4 if right else 4, 0), textcoords="offset points", ha=side, va="top")
        axes.set(ylim=(0, top * 1.32), xlabel="seconds for a case", ylabel="cases")
        axes.locator_params(axis="y", integer=True, nbins=5)
        axes.grid(axis="y")

    return _drawn("Seconds for a case", _CHART, draw)


def _rows(axes: "Axes", rows: Sequence[Interval]) -> None:
    for place, row in enumerate(rows):
        colour = ACCENT if row.strong else MUTED
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [place, place], color=colour, linewidth=1.8, solid_capstyle="round")
        axes.plot(row.value, place, "o", color=colour, markerfacecolor=colour if row.strong else PANEL, markersize=6)
    axes.set_yticks(range(len(rows)), [_short(row.name) for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x")


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def _height(rows: Sequence[Interval]) -> float:
    return 0.45 + _ROW * len(rows)


def _drawn(title: str, height: float, draw: Callable[["Axes"], None]) -> Markup:
    """What `draw` puts on axes, as SVG."""
    # Late: Matplotlib takes a second to import. Its Figure needs no backend, so none is chosen that wants a screen.
    import matplotlib
    from matplotlib.figure import Figure

    # A user's matplotlibrc is for their plots; the salt keeps the ids of one plot out of another's.
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**_LOOK, "svg.hashsalt": title})
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        axes = figure.subplots()
        draw(axes)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return _for_a_page(file.getvalue(), title)


def _for_a_page(svg: str, title: str) -> Markup:
    """The SVG without what a page has already: namespaces, metadata, a style sheet, a size, fonts and colours."""
    root = ElementTree.fromstring(svg)
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))
    for element in root.iter():
        for child in [child for child in element if child.tag.endswith(("}metadata", "}style"))]:
            element.remove(child)
        element.tag = _bare(element.tag)
        attributes = {_bare(name): value for name, value in element.attrib.items()}
        if attributes.get("id") not in used:
            attributes.pop("id", None)
        if "style" in attributes:
            attributes["style"] = _of_the_page(attributes["style"])
        element.attrib.clear()
        element.attrib.update(attributes)
    view = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib.update({"class": "plot", "viewBox": view, "role": "img", "aria-label": title})
    # Made of our own numbers, and of names that ElementTree escapes.
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _bare(name: str) -> str:
    """A name without its namespace.

    >>> _bare("{http://www.w3.org/1999/xlink}href")
    'href'
    """
    return name.rpartition("}")[2]


def _of_the_page(style: str) -> str:
    """A style with the page's colours for ours, and in whatever font the page has.

    >>> _of_the_page("fill: #010101; font-size: 10px; font-family: 'DejaVu Sans', sans-serif; text-anchor: middle")
    'fill: currentColor; font-size: 10px; text-anchor: middle'
    """
    for stand_in, colour in _OF_THE_PAGE.items():
        style = style.replace(stand_in, colour)
    return re.sub(r"font-family: [^;]*;? ?", "", style)
