"""Dates as documents print them, to ISO 8601."""

import datetime
import re

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_TIME = (
    r"(?:(?:,|\s|T|\bat\b|[-–—|·])*\d{1,2}[:.]\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[ap]\.?m\.?)?"
    r"\s*(?:Z|[A-Z]{2,5}|(?:UTC|GMT)?[+-]\d{1,2}:?(?:\d{2})?)?)?"
)
_FORMS = tuple(
    re.compile(form + _TIME, re.IGNORECASE)
    for form in (
        rf"{_DAY}(?:\s+of)?[\s-]+{_MONTH},?[\s-]+{_YEAR}",
        rf"{_MONTH}\s+{_DAY},?\s+{_YEAR}",
        rf"{_MONTH},?\s+{_YEAR}",
        rf"{_YEAR}[-/.](?P<month>\d{{1,2}})[-/.]{_DAY}",
        rf"{_YEAR}-(?P<month>\d{{2}})",
        rf"(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?{_YEAR}",
        rf"(?P<first>\d{{1,2}})[/-](?P<second>\d{{1,2}})[/-]{_YEAR}",
    )
)
_BARE_YEAR = re.compile(_YEAR)
_LABEL = re.compile(
    r"(?:first\s+published|published|posted|updated|last\s+updated|modified|dated?|released)\b\s*(?:on\b|:)?\s*",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\.?,?\s+", re.IGNORECASE)
_PLACE = re.compile(r"[^\W\d_][^\d,:]{1,40}(?:,\s*[^\W\d_][^\d,:]{1,20})?[,:]\s+")
_LONGEST = 80  # characters in a line that is only a date


def iso_date(text: str) -> str | None:
    """The ISO date that `text` is, as exact as it says; None where it is no date, or one that can be read two ways.

    >>> iso_date("12th Feb. 2025"), iso_date("2025-02-12T09:30:00Z"), iso_date("May 2024"), iso_date("2019")
    ('2025-02-12', '2025-02-12', '2024-05', '2019')
    >>> iso_date("03/04/2025") is None and iso_date("30 February 2025") is None
    True
    """
    text = text.strip(" \t\n.,;()[]–—-|")
    if len(text) > _LONGEST:
        return None
    if _BARE_YEAR.fullmatch(text):
        return text if 1000 <= int(text) <= 2999 else None
    if weekday := _WEEKDAY.match(text):
        text = text[weekday.end() :]
    for form in _FORMS:
        if match := form.fullmatch(text):
            return _checked(match.groupdict())
    return None


def dateline(line: str) -> str | None:
    """The date of a line that holds nothing else but a label, a weekday, a place or a time.

    >>> dateline("Published: Wednesday, February 12, 2025, 10:15 GMT"), dateline("Lisbon, 3 May 2024")
    ('2025-02-12', '2024-05-03')
    >>> dateline("The treaty was signed on 12 February 2025.") is None and dateline("2025") is None
    True
    """
    if len(line) > _LONGEST or not any(character.isdigit() for character in line):
        return None
    if label := _LABEL.match(line):
        return iso_date(line[label.end() :])
    if _BARE_YEAR.fullmatch(line.strip()):
        return None  # a year alone is a heading, a page number, anything
    if found := iso_date(line):
        return found
    place = _PLACE.match(line)
    return iso_date(line[place.end() :]) if place else None


def _checked(parts: dict[str, str | None]) -> str | None:
    """ISO for matched digits and month names, or None for a day that never was."""
    year = int(parts["year"] or 0)
    if parts.get("first"):
        first, second = int(parts["first"] or 0), int(parts["second"] or 0)
        if first <= 12 and second <= 12 and first != second:
            return None
        day, month = (second, first) if second > 12 else (first, second)
    else:
        name = (parts["month"] or "").lower()
        month = int(name) if name.isdigit() else _MONTHS.index(name[:3]) + 1
        day = int(parts.get("day") or 0)
    try:
        date = datetime.date(year, month, day or 1)
    except ValueError:
        return None
    return date.isoformat() if day else date.isoformat()[:7]
