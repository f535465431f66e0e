"""Where the articles of a plain-text file begin."""

from collections.abc import Sequence

from index.readers.lines import Line, ends_sentence, is_hashtags, is_separator, lines_of, same_line, title_like
from index.readers.plain.imprint import byline

_BODY = 80  # characters of a line that is surely text


def article_starts(text: str) -> list[int]:
    """The offsets at which articles start, ascending; the first is always 0.

    A further article starts at a title that is repeated below it or stands at most two lines above a byline, and that
    two blank lines, hashtags or a separator part from text above.

    >>> article_starts("Soup\\n\\nIt is hot.\\n\\n#soup\\n\\nBread At Last\\nBy Ann Lee\\n\\nIt is warm.")
    [0, 25]
    """
    lines = lines_of(text)
    starts = [0]
    has_text = False
    for number, line in enumerate(lines):
        if has_text and _opens_article(lines, number):
            starts.append(line.start)
            has_text = False
        has_text = has_text or _is_text(line)
    return starts


def _opens_article(lines: Sequence[Line], number: int) -> bool:
    line, before = lines[number], lines[number - 1]
    apart = line.gap >= 2 or is_hashtags(before.text) or is_separator(before.text)
    if not apart or not title_like(line.text) or same_line(line.text, before.text) or is_hashtags(line.text):
        return False
    below = lines[number + 1 : number + 4]
    repeated = bool(below) and same_line(line.text, below[0].text) and len(line.text.split()) >= 3
    signed = any(len((byline(other.text)[0] or "").split()) >= 2 for other in below[: 3 if repeated else 2])
    return (repeated or signed) and any(_is_text(other) for other in lines[number + 1 : number + 8])


def _is_text(line: Line) -> bool:
    return len(line.text) >= _BODY or (ends_sentence(line.text) and len(line.text.split()) >= 3)
