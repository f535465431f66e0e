"""Numbers as a spreadsheet shows them, from the number and the format code of its cell; dates in ISO 8601.

Format codes are those of ECMA-376, part 1, 18.8.31. Separators are English: a file does not tell its reader's language.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache

from index.readers.office.date_formats import date_format

# What the ids mean that a file does not spell out (18.8.30); 27-36 and 50-58 are dates, each language's own.
_BUILTIN = {
    **dict.fromkeys((*range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd"),
    **dict.fromkeys((32, 33, 34, 35, 55, 56), "h:mm:ss"),
    **dict.fromkeys((5, 6), '"$"#,##0;-"$"#,##0'),
    **dict.fromkeys((7, 8), '"$"#,##0.00;-"$"#,##0.00'),
    **dict.fromkeys((37, 38), "#,##0;(#,##0)"),
    **dict.fromkeys((39, 40), "#,##0.00;(#,##0.00)"),
    **dict(enumerate(("0", "0.00", "#,##0", "#,##0.00"), start=1)),
    **dict(enumerate(("0%", "0.00%", "0.00E+00", "# ?/?", "# ??/??"), start=9)),
    **dict(enumerate(("yyyy-mm-dd", "d-mmm-yy", "d-mmm", "mmm-yy", "h:mm", "h:mm:ss", "h:mm", "h:mm:ss"), start=14)),
    **dict(enumerate(('#,##0;-#,##0;"-"', '"$"#,##0;-"$"#,##0;"-"', '#,##0.00;-#,##0.00;"-"'), start=41)),
    **dict(enumerate(('"$"#,##0.00;-"$"#,##0.00;"-"', "mm:ss", "[h]:mm:ss", "mm:ss.0", "##0.0E+0", "@"), start=44)),
    22: "yyyy-mm-dd h:mm",
}
_TOKEN = re.compile(r'"[^"]*"?|\\.|_.?|\*.?|\[[^\]]*\]?|general|[eE][+-]|[0#?.,%@/]|.', re.IGNORECASE | re.DOTALL)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)\]")
_CURRENCY = re.compile(r"\[\$([^\]-]*)")
_PRECISE = Context(prec=15)  # digits a spreadsheet computes with: the rest of a float is noise
_LARGEST = 21  # digits before a number is shown with an exponent
_GREATEST = 400  # power of ten; a float goes to 308
_LONGEST = 40  # digits that a format is applied to
_REMEMBERED = 4096  # numbers of a format: those of a column, dates above all, are often the same
_WIDE = Context(prec=200)
_MOST_DECIMALS = 30  # as many as spreadsheets allow
_PLACES = ("0", "#", "?")
_COMMON = (["0"], ["#", "#", "#", "0"])  # patterns of digits for which the language has a format of its own
_WHOLE = re.compile(r"-?\d{1,400}")

Shown = Callable[[str], str]


def shown_by(code: str, *, since_1904: bool = False) -> Shown:
    """A function from a stored number to what its cell shows with the format `code`.

    >>> [shown_by(code)("1234.5") for code in ("General", "0", '#,##0.00" €"', "0.0%", "[$$-409]#,##0.00;[Red]-0")]
    ['1234.5', '1235', '1,234.50 €', '123450.0%', '$1,234.50']
    >>> shown_by("yyyy\\\\-mm")("45000"), shown_by("General")("0.30000000000000004")
    ('2023-03', '0.3')
    """
    sections = [_section(text, since_1904) for text in _split(code)[:4]]
    numeric = sections[:3]

    @lru_cache(maxsize=_REMEMBERED)
    def shown(raw: str) -> str:
        try:
            number = Decimal(raw)
        except InvalidOperation:
            return raw
        if not number.is_finite():
            return raw
        section, unsigned = _chosen(numeric, number)
        return " ".join(section.write(number.copy_abs() if unsigned else number).split())

    return general if code.lower() in ("", "general", "@") else shown


def builtin_code(number: int) -> str:
    """The format code of a built-in id; "General" for one that has none."""
    return _BUILTIN.get(number, "General")


def general(raw: str) -> str:
    """A number without a format: whole ones exactly, others to fifteen digits.

    >>> general("12345678901234567890"), general("3.9999999999999996"), general("1E-9"), general("2.50")
    ('12345678901234567890', '4', '1E-9', '2.5')
    """
    if (raw.isdigit() and raw.isascii()) or _WHOLE.fullmatch(raw):
        return raw
    try:
        number = Decimal(raw)
    except InvalidOperation:
        return raw
    if not number.is_finite() or abs(number.adjusted()) > _GREATEST:
        return raw
    if number.adjusted() < _LARGEST and number == number.to_integral_value():
        return f"{number.to_integral_value():f}"
    number = _PRECISE.plus(number).normalize(_PRECISE)
    return f"{number:f}" if -7 < number.adjusted() < _LARGEST else f"{number:E}".replace("E+", "E")


@dataclass(slots=True)
class _Section:
    """One of the up to four parts of a format: for positive, negative, zero and text."""

    condition: tuple[str, Decimal] | None = None
    date: Callable[[Decimal], str | None] | None = None
    before: str = ""
    after: str = ""
    pattern: list[str] = field(default_factory=list)  # digit places, with literals between them
    decimals: tuple[int, int] = (0, 0)  # at least, at most
    scale: int = 0  # power of ten
    thousands: bool = False
    exponent: int = 0  # digits
    plain: bool = False  # General, or nothing that is understood
    has_number: bool = False

    def write(self, number: Decimal) -> str:
        """The number in this format."""
        if self.date is not None:
            return self.date(number) or general(str(number))
        if self.plain:
            return f"{self.before}{general(str(number))}{self.after}"
        if not self.has_number:
            return self.before + self.after
        if abs(number.adjusted()) > _LONGEST:
            return general(str(number))
        if self.scale:
            number = number.scaleb(self.scale, _WIDE)
        digits = self._scientific(number) if self.exponent else self._fixed(number)
        sign = "-" if number < 0 and any(digit in "123456789" for digit in digits) else ""
        return f"{sign}{self.before}{digits}{self.after}"

    def put_place(self, token: str, *, fraction: bool) -> None:
        """Add the place of a digit, before the point or behind it."""
        least, most = self.decimals
        if not fraction:
            self.pattern.append(token)
        elif most < _MOST_DECIMALS:
            self.decimals = (most + 1 if token == "0" else least, most + 1)

    def put_comma(self, *, inside: bool, behind: bool) -> None:
        """Add a comma: between digits it parts thousands, behind them it divides by a thousand."""
        if inside:
            self.thousands = True
        elif behind and self.scale > -_MOST_DECIMALS:
            self.scale -= 3

    def put_literal(self, token: str, *, inside: bool, before: bool) -> None:
        """Add anything else: what stands in the cell as it is, or the word for a number as it comes."""
        if token == "@" or token.lower() == "general":
            self.plain = True
            return
        if token == "%" and self.scale < _MOST_DECIMALS:
            self.scale += 2
        literal = _literal(token)
        if inside and literal:
            self.pattern.append(literal)
        elif before and not self.plain:
            self.before += literal
        else:
            self.after += literal

    def _fixed(self, number: Decimal) -> str:
        least, most = self.decimals
        rounded = number.copy_abs().quantize(Decimal(1).scaleb(-most), rounding=ROUND_HALF_UP, context=_WIDE)
        if least == most and self.pattern in _COMMON:
            return f"{rounded:,f}" if self.thousands else f"{rounded:f}"
        whole, _, fraction = f"{rounded:f}".partition(".")
        while len(fraction) > least and fraction.endswith("0"):
            fraction = fraction[:-1]
        whole = self._whole(whole.lstrip("0"))
        return f"{whole}.{fraction}" if fraction else whole

    def _whole(self, digits: str) -> str:
        places = sum(part == "0" for part in self.pattern)
        if self.thousands:
            return f"{int(digits.rjust(places, '0') or 0):,}" if digits or places else ""
        parts: list[str] = []
        left = sum(part in _PLACES for part in self.pattern)
        for part in reversed(self.pattern):
            if part not in _PLACES:
                parts.append(part)
                continue
            left -= 1
            digit, digits = (digits[-1:], digits[:-1]) if left else (digits, "")
            parts.append(digit or ("0" if part == "0" else ""))
        return "".join(reversed(parts))

    def _scientific(self, number: Decimal) -> str:
        if not number:
            return f"{self._fixed(number)}E+{0:0{self.exponent}}"
        power = number.adjusted()
        mantissa = (
            number.copy_abs()
            .scaleb(-power, _WIDE)
            .quantize(Decimal(1).scaleb(-self.decimals[1]), rounding=ROUND_HALF_UP, context=_WIDE)
        )
        if mantissa >= 10:
            mantissa, power = mantissa.scaleb(-1), power + 1
        return f"{self._fixed(mantissa)}E{'-' if power < 0 else '+'}{abs(power):0{self.exponent}}"


def _split(code: str) -> list[str]:
    """The sections of a format code: parted by semicolons that are not literal."""
    sections = [""]
    for token in _TOKEN.findall(code):
        if token == ";":
            sections.append("")
        else:
            sections[-1] += token
    return sections


def _section(text: str, since_1904: bool) -> _Section:
    section = _Section()
    if condition := _CONDITION.search(text):
        section.condition = (condition[1], Decimal(condition[2]))
    section.date = date_format(text, since_1904=since_1904)
    if section.date is not None:
        return section
    tokens = _TOKEN.findall(text)
    places = [at for at, token in enumerate(tokens) if token in _PLACES]
    first, last = (places[0], places[-1]) if places else (len(tokens), len(tokens))
    if "/" in tokens[first:last]:
        section.plain = True  # a fraction: shown as a decimal number
        return section
    section.has_number = bool(places)
    point = next((at for at, token in enumerate(tokens) if token == "." and places), len(tokens))
    end = max((at for at in places if at < point), default=-1)
    for at, token in enumerate(tokens):
        if token[0] in "eE" and len(token) == 2 and places:
            section.exponent = max(1, sum(other in _PLACES for other in tokens[at + 1 :]))
            break
        if token in _PLACES:
            section.put_place(token, fraction=at > point)
        elif token == "," and places:
            section.put_comma(inside=at < end, behind=at > first)
        else:
            section.put_literal(token, inside=first < at < end, before=at < first)
    return section


def _literal(token: str) -> str:
    """What a token puts into a cell as it stands."""
    if token.startswith('"'):
        return token.strip('"')
    if token.startswith("\\"):
        return token[1:]
    if token.startswith("["):
        currency = _CURRENCY.match(token)
        return currency[1] if currency else ""
    if token[0] in "_*.,":
        return ""  # room and filling
    return token


def _chosen(sections: list[_Section], number: Decimal) -> tuple[_Section, bool]:
    """The section for a number, and whether that shows it without its sign."""
    if any(section.condition for section in sections):
        for section in sections:
            if section.condition is None or _holds(section.condition, number):
                return section, section is not sections[0] and number < 0
        return sections[-1], False
    if number < 0 and len(sections) > 1:
        return sections[1], True
    if number == 0 and len(sections) > 2:
        return sections[2], False
    return sections[0], False


def _holds(condition: tuple[str, Decimal], number: Decimal) -> bool:
    operator, bound = condition
    return {
        "<": number < bound,
        ">": number > bound,
        "<=": number <= bound,
        ">=": number >= bound,
        "=": number == bound,
        "<>": number != bound,
    }[operator]
