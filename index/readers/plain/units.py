"""Lines of plain text gathered into units: what will become one block each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from index.readers.lines import Line, ends_sentence, heading_like, is_hashtags, is_separator, marker

_UNWRAPPED = 110  # characters; text with a longer line was not wrapped by hand, so each line is a paragraph
_WRAPPED = 50  # characters; where no line is longer (verse, addresses) short lines tell nothing


@dataclass(frozen=True, slots=True)
class Unit:
    """One paragraph, heading or item to be.

    `marker` is as in `lines.marker`; `alone` units are a whole line that could be a heading; `isolated` ones also have
    blank lines (or the ends of the text) around them; `furniture` ones are known to be.
    """

    start: int
    end: int
    text: str
    marker: int | None = None
    alone: bool = False
    isolated: bool = False
    furniture: bool = False

    @property
    def content(self) -> str:
        """The text without its list marker."""
        return self.text[self.marker or 0 :]


def units_of(text: str, lines: Sequence[Line], furniture: Collection[int]) -> list[Unit]:
    """The units of `text`; `furniture` are the numbers of lines that are known to say nothing to quote.

    >>> from index.readers.lines import lines_of
    >>> sample = "Soup\\n\\nIt is hot\\nand thin.\\n- broth\\n- stew"
    >>> [unit.text for unit in units_of(sample, lines_of(sample), ())]
    ['Soup', 'It is hot\\nand thin.', '- broth', '- stew']
    """
    units: list[Unit] = []
    group: list[Line] = []
    for number, line in enumerate(lines):
        apart = number in furniture or is_separator(line.text) or is_hashtags(line.text)
        if group and (apart or line.gap):
            units.extend(_split(text, group))
            group = []
        if apart:
            units.append(Unit(line.start, line.end, line.text, furniture=True))
        else:
            group.append(line)
    if group:
        units.extend(_split(text, group))
    return units


def _split(text: str, group: list[Line]) -> list[Unit]:
    """The units of a run of lines without a blank line between them."""
    if len(group) == 1:
        return [_unit(text, group, alone=True, isolated=True)]
    if max(len(line.text) for line in group) > _UNWRAPPED:
        return [_unit(text, [line], alone=True) for line in group]
    units: list[Unit] = []
    current: list[Line] = []
    width = max(len(line.text) for line in group)
    for number, line in enumerate(group):
        follower = group[number + 1] if number + 1 < len(group) else None
        if _is_inner_heading(line, current, follower, width):
            if current:
                units.append(_unit(text, current))
            units.append(_unit(text, [line], alone=True))
            current = []
        elif current and _opens_item(line, current):
            units.append(_unit(text, current))
            current = [line]
        else:
            current.append(line)
    if current:
        units.append(_unit(text, current))
    return units


def _opens_item(line: Line, current: list[Line]) -> bool:
    """Whether `line` starts a list item rather than going on with a sentence that happens to hold a dash or number."""
    if marker(line.text) is None:
        return False
    before = current[-1].text
    return marker(current[0].text) is not None or ends_sentence(before) or before.endswith((":", ";"))


def _is_inner_heading(line: Line, current: list[Line], follower: Line | None, width: int) -> bool:
    """Whether a line inside hand-wrapped text is a heading: short, after a full stop, before a new sentence."""
    if follower is None or width < _WRAPPED or len(line.text) > 0.6 * width:
        return False
    if current and not ends_sentence(current[-1].text):
        return False
    starts_anew = not follower.text[0].islower() and len(follower.text) > 0.6 * width
    return starts_anew and marker(line.text) is None and heading_like(line.text)


def _unit(text: str, lines: list[Line], *, alone: bool = False, isolated: bool = False) -> Unit:
    start, end = lines[0].start, lines[-1].end
    return Unit(start, end, text[start:end], marker(lines[0].text), alone, isolated)
