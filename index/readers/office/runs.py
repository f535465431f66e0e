"""Runs of text with one look: what a raised one must not do to a number."""

_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_DIGITS = frozenset("0123456789+-− ")


def raised(text: str) -> str:
    """Superscript text: digits stay raised, or 10 to the 6th would be 106.

    >>> raised("-6"), raised("th")
    ('⁻⁶', 'th')
    """
    return text.translate(_RAISED) if _DIGITS.issuperset(text) else text
