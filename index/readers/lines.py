"""What a line of text looks like: a heading, a list item, hashtags, a separator, an advertisement."""

import re
from dataclasses import dataclass

HEADING_WORDS = 12
TITLE_WORDS = 25
_LONGEST_HEADING = 120  # characters; scripts without spaces have no words to count
_LONGEST_TITLE = 200

_TERMINAL = re.compile(r"[.!?…。！？؟।][\"'”’»)\]*_]*$")
_OPEN = re.compile(r"[,;:、，；：–—-]$")
_SYMBOL_MARKER = re.compile(r"[*+•‣▪▫◦●○■□►▶➢➤✓✔·–—\-\ue000-\uf8ff]\s+(?=\S)")
_NUMBER_MARKER = re.compile(r"(?:\(?\d{1,3}[.)]|\(?[a-z]\)|\([ivx]{1,4}\))\s+(?=\S)")
_HASHTAG = re.compile(r"#[^\W\d_]\w*[,;]?$")
# Said by nothing but advertisements and page furniture.
_PROMOTION = re.compile(
    r"(?:advertise?ments?|sponsored(?:\s+(?:content|post|by\b.*))?|promoted|"
    r"(?:subscribe|sign\s+up|register|shop|join|order|buy|donate|download)\b.*\b(?:now|today|here|free)\b.*|"
    r"(?:subscribe|sign\s+up)\s+(?:to|for)\s+(?:our|the|free)\b.*|click\s+here\b.*|share\s+this\b.*|"
    r"follow\s+us\b.*|buy\s+now\b.*|.*\b\d{1,2}\s?%\s+off\b.*)",
    re.IGNORECASE,
)
_PROMOTIONAL_WORD = re.compile(
    r"\b(?:courses?|diplomas?|subscribe|sign\s+up|newsletters?|sponsored|discounts?|coupons?|free\s+trial|webinar)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line with something on it: its span without surrounding white space, and the blank lines before it."""

    start: int
    end: int
    text: str
    gap: int


def lines_of(text: str) -> list[Line]:
    """The lines of `text` that are not blank.

    >>> [(line.start, line.end, line.text, line.gap) for line in lines_of(" a\\n\\n\\nb ")]
    [(1, 2, 'a', 0), (5, 6, 'b', 2)]
    """
    found: list[Line] = []
    position = gap = 0
    for raw in text.split("\n"):
        stripped = raw.strip()
        if stripped:
            start = position + len(raw) - len(raw.lstrip())
            found.append(Line(start, start + len(stripped), stripped, gap))
            gap = 0
        else:
            gap += 1
        position += len(raw) + 1
    return found


def same_line(one: str, other: str) -> bool:
    """Whether two lines say the same, case and spacing aside."""
    return one.casefold().split() == other.casefold().split()


def ends_sentence(text: str) -> bool:
    """Whether `text` ends as a sentence does.

    >>> ends_sentence("He left.”"), ends_sentence("Sanctions relief")
    (True, False)
    """
    return _TERMINAL.search(text[-6:]) is not None


def heading_like(text: str) -> bool:
    """Whether `text` could be a heading: short, not lower case at its start, nothing left open or closed at its end.

    >>> heading_like("Terms of the truce"), heading_like("It rained."), heading_like("buy milk")
    (True, False, False)
    """
    if len(text) > _LONGEST_HEADING or len(text.split()) > HEADING_WORDS:
        return False
    return _begins_title(text) and not ends_sentence(text) and _OPEN.search(text) is None


def title_like(text: str) -> bool:
    """Whether `text` could be the title of an article: as a heading, but longer, and it may ask or exclaim.

    >>> title_like("Who will pay for it?"), title_like("Nobody knows.")
    (True, False)
    """
    if len(text) > _LONGEST_TITLE or len(text.split()) > TITLE_WORDS:
        return False
    asks = text.rstrip("\"'”’»)").endswith(("?", "!", "？", "！"))
    return _begins_title(text) and (asks or not ends_sentence(text)) and _OPEN.search(text) is None


def _begins_title(text: str) -> bool:
    first = next((character for character in text if character.isalpha()), "")
    return bool(first) and not first.islower() and "://" not in text


def marker(text: str) -> int | None:
    """How many characters of list marker to leave out of a quote; 0 for numbers, which are kept; None for no marker.

    >>> marker("* Broth"), marker("2. Stew"), marker("Soup")
    (2, 0, None)
    """
    if symbol := _SYMBOL_MARKER.match(text):
        return symbol.end()
    return 0 if _NUMBER_MARKER.match(text) else None


def is_separator(text: str) -> bool:
    """Whether there is no letter and no digit in `text`.

    >>> is_separator("* * *"), is_separator("a-b")
    (True, False)
    """
    return not any(character.isalnum() for character in text)


def is_hashtags(text: str) -> bool:
    """Whether `text` is a line of hashtags, or at least two of them make up half of it.

    >>> is_hashtags("#Soup #Bread"), is_hashtags("The #soup and #bread movements grew fast"), is_hashtags("#1 of all")
    (True, False, False)
    """
    if "#" not in text or len(text) > 2000:
        return False
    words = text.split()
    tags = sum(1 for word in words if _HASHTAG.match(word))
    return tags == len(words) or (tags >= 2 and 2 * tags >= len(words))


def is_advertisement(text: str) -> bool:
    """Whether an isolated line says what only advertisements say.

    >>> [is_advertisement(line) for line in ("Sign up for our newsletter", "Click here to read on", "Soup")]
    [True, True, False]
    """
    return _unpunctuated(text) and _PROMOTION.fullmatch(text.rstrip("!»> ")) is not None


def may_be_advertisement(text: str) -> bool:
    """Whether an isolated line that heads no text is an advertisement: promotional words, capitals as in a headline.

    >>> may_be_advertisement("5 Courses in 1 – Diploma in Gardening")
    True
    >>> may_be_advertisement("the diploma courses start in May")
    False
    """
    if not _unpunctuated(text) or not _PROMOTIONAL_WORD.search(text):
        return False
    long_words = [word for word in text.split() if len(word) > 3 and word[0].isalpha()]
    return sum(not word[0].islower() for word in long_words) >= 0.6 * len(long_words)


def could_stand_beside_hashtags(text: str) -> bool:
    """Whether a line between the last paragraph and the hashtags is furniture: short and unpunctuated."""
    return _unpunctuated(text)


def _unpunctuated(text: str) -> bool:
    short = len(text) <= _LONGEST_HEADING and len(text.split()) <= HEADING_WORDS
    return short and (text.endswith("!") or not ends_sentence(text)) and _OPEN.search(text) is None
