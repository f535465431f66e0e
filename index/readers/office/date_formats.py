"""Dates and times of spreadsheets: a number of days, shown as far as its format shows it, in ISO 8601."""

import datetime
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[(?!hh?\]|mm?\]|ss?\])[^\]]*\]?|am/pm|a/p|general|standard', re.IGNORECASE)
_PART = re.compile(r"\[?(y+|m+|d+|h+|s+|e+|b+|g+)\]?(\.0+)?", re.IGNORECASE)
_DAY = 86_400
_LAST = 2_958_466  # the day after 9999-12-31


def date_format(code: str, *, since_1904: bool = False) -> Callable[[Decimal], str | None] | None:
    """A function from days to what a date format shows; None where `code` is no date format.

    Days before the calendar begins, or past the year 9999, give None: no spreadsheet shows them as dates.

    >>> shown = date_format("d/m/yyyy h:mm")
    >>> shown(Decimal("45000.5")), shown(Decimal("-1"))
    ('2023-03-15 12:00', None)
    >>> [date_format(code)(Decimal("1.5")) for code in ("h:mm", "[h]:mm")], date_format("#,##0.00 [$EUR]")
    (['12:00', '36:00'], None)
    """
    bare = _LITERAL.sub(" ", code)
    parts = [(match[1].lower()[0], match[0], match[2]) for match in _PART.finditer(bare)]
    if not parts or "#" in bare or re.search(r"(?<![.0])0", bare):
        return None
    parts = _with_minutes(parts)
    kinds = {kind for kind, _, _ in parts}
    elapsed = next((kind for kind, text, _ in parts if text.startswith("[")), None)
    digits = next((len(fraction) - 1 for _, _, fraction in parts if fraction), 0)

    def shown(days: Decimal) -> str | None:
        if abs(days) >= _LAST or (days < 0 and elapsed is None):
            return None
        step = Decimal(1).scaleb(-min(digits, 3) if "s" in kinds else -3)  # minutes are cut off, seconds are rounded
        seconds = (abs(days) * _DAY).quantize(step, rounding=ROUND_HALF_UP)
        if elapsed:
            return ("-" if days < 0 else "") + _duration(seconds, elapsed, kinds)
        date = _date(int(seconds // _DAY), kinds, since_1904) if kinds & set("ymdeg") else ""
        if date is None:
            return None
        clock = _clock(seconds % _DAY, kinds) if kinds & set("hns") else ""
        return " ".join(part for part in (date, clock) if part)

    return shown


def _with_minutes(parts: list[tuple[str, str, str | None]]) -> list[tuple[str, str, str | None]]:
    """The parts of a date format, with "n" for an m that means minutes: behind hours, or before seconds."""
    told = []
    for place, (kind, text, fraction) in enumerate(parts):
        before = parts[place - 1][0] if place else ""
        after = parts[place + 1][0] if place + 1 < len(parts) else ""
        minutes = kind == "m" and len(text.strip("[]")) <= 2 and (before == "h" or after == "s" or text.startswith("["))
        told.append(("n" if minutes else kind, text, fraction))
    return told


def _date(day: int, kinds: set[str], since_1904: bool) -> str | None:
    """The date of a day, as exact as it is shown: to the month or year where the format says no more."""
    if since_1904:
        date = datetime.date(1904, 1, 1) + datetime.timedelta(days=day) if day < _LAST - 1462 else None
    elif day < 1 or day == 60:
        date = None  # 1900-02-29, which spreadsheets believe in, is the sixtieth day
    else:
        date = datetime.date(1899, 12, 31 if day < 60 else 30) + datetime.timedelta(days=day)
    if date is None:
        return None
    if "d" in kinds:
        return date.isoformat()
    return date.isoformat()[:7] if "m" in kinds else date.isoformat()[:4]


def _clock(seconds: Decimal, kinds: set[str]) -> str:
    minutes, rest = divmod(seconds, 60)
    text = f"{int(minutes) // 60:02}:{int(minutes) % 60:02}"
    return f"{text}:{_padded(rest)}" if "s" in kinds else text


def _duration(seconds: Decimal, unit: str, kinds: set[str]) -> str:
    minutes, rest = divmod(seconds, 60)
    if unit == "s":
        return f"{seconds}"
    if unit == "n":
        return f"{minutes:f}:{_padded(rest)}" if "s" in kinds else f"{minutes:f}"
    hours, left = divmod(int(minutes), 60)
    text = f"{hours}:{left:02}" if kinds & set("ns") else f"{hours}"
    return f"{text}:{_padded(rest)}" if "s" in kinds else text


def _padded(seconds: Decimal) -> str:
    """Seconds with two digits before the point."""
    return f"0{seconds}" if seconds < 10 else f"{seconds}"
