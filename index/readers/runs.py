"""Runs of text with one look: what a raised one must not do to a number."""

_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_DIGITS = frozenset("0123456789+-−")


def raised(text: str, *, before: str) -> str:
    """Superscript text as it follows `before`: digits behind a digit stay raised, or 10 to the 6th would be 106.

    >>> raised("6", before="10"), raised("2", before="m"), raised("th", before="5")
    ('⁶', '2', 'th')
    """
    return text.translate(_RAISED) if before[-1:].isdigit() and _DIGITS.issuperset(text.strip()) else text
