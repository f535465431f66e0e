"""The numbers that Office writes before the items of a list."""

_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x")),
    *((9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_MOST_ROMAN = 3999
_MOST_LETTERS = 26 * 30


def numeral(number: int, scheme: str) -> str:
    """A number as a scheme of WordprocessingML writes it; in digits where that scheme is not known.

    >>> [numeral(28, scheme) for scheme in ("decimal", "lowerLetter", "upperRoman", "decimalZero", "ordinal")]
    ['28', 'bb', 'XXVIII', '28', '28th']
    """
    if scheme in ("lowerLetter", "upperLetter") and 0 < number <= _MOST_LETTERS:
        # After z comes aa, then bb.
        text = chr(97 + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return text.upper() if scheme == "upperLetter" else text
    if scheme in ("lowerRoman", "upperRoman") and 0 < number <= _MOST_ROMAN:
        text = _roman(number)
        return text.upper() if scheme == "upperRoman" else text
    if scheme == "decimalZero":
        return f"{number:02}"
    if scheme == "ordinal":
        ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return f"{number}{ending}"
    return str(number)


def slide_numeral(number: int, scheme: str) -> str:
    """A number as a scheme of DrawingML writes it.

    >>> slide_numeral(3, "alphaLcParenR"), slide_numeral(3, "romanUcPeriod"), slide_numeral(3, "arabicParenBoth")
    ('c)', 'III.', '(3)')
    """
    upper = "Uc" in scheme
    if scheme.startswith("alpha"):
        text = numeral(number, "upperLetter" if upper else "lowerLetter")
    elif scheme.startswith("roman"):
        text = numeral(number, "upperRoman" if upper else "lowerRoman")
    else:
        text = str(number)
    if scheme.endswith("ParenBoth"):
        return f"({text})"
    return f"{text})" if scheme.endswith("ParenR") else text if scheme.endswith("Plain") else f"{text}."


def _roman(number: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        text += letters * (number // value)
        number %= value
    return text
