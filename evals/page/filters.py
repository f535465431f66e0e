"""How the template shows values: numbers, names, long texts."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup, escape

# Characters: a text longer than _LONG is shown up to about _HEAD, the rest can be unfolded.
_LONG, _HEAD = 600, 420


def number(value: float | None) -> str:
    """A value in a cell: three decimals, one from ten on, a count without any, a dash where it is undefined.

    >>> number(2 / 3), number(94.25), number(1234), number(None), number(float("nan"))
    ('0.667', '94.2', '1,234', '–', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def signed(value: float | None) -> str:
    """A difference in a cell.

    >>> signed(0.25), signed(-2), signed(0.0), signed(None)
    ('+0.250', '−2', '0.000', '–')
    """
    shown = number(value)
    return "+" + shown if value and value > 0 and shown != "–" else shown.replace("-", "−")


def clear(compared: Mapping[str, Any]) -> bool:
    """Whether the interval of a difference leaves out zero.

    >>> clear({"low": 0.01, "high": 0.2}), clear({"low": -0.1, "high": 0.2}), clear({"low": None, "high": None})
    (True, False, False)
    """
    low, high = compared.get("low"), compared.get("high")
    return low is not None and high is not None and (low > 0 or high < 0)


def cut(text: str) -> tuple[str, str]:
    """The beginning of a text and the rest, which is empty unless the text is long.

    >>> cut("\\nshort "), [len(part) for part in cut("word " * 200)]
    (('short', ''), [420, 579])
    """
    text = text.strip()
    if len(text) <= _LONG:
        return text, ""
    # A long run without a space has to be cut somewhere.
    space = text.rfind(" ", _HEAD - 80, _HEAD)
    at = space + 1 if space > 0 else _HEAD
    return text[:at], text[at:]


def breakable(name: str) -> Markup:
    """A metric's name that may go on in the next line after each underscore.

    >>> breakable("right_<b>")
    Markup('right_<wbr>&lt;b&gt;')
    """
    return escape(name).replace("_", Markup("_<wbr>"))


def plural(count: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> plural(1, "case"), plural(1200, "case")
    ('1 case', '1,200 cases')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


ALL: tuple[Callable[..., Any], ...] = (number, signed, clear, cut, breakable, plural)
