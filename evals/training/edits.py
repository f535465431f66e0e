"""Edits of a sentence that leave what it says as it is, or that break it."""

import random
import re
from collections.abc import Callable, Sequence

from assistant.referents import names_in, shape

Edit = Callable[[str, random.Random, Sequence[str]], str | None]

_FIGURE = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+|(?<![\w.,])\d+(?:\.\d+)?(?![\w,]*\d)")
_YEAR = re.compile(r"\b1[0-9]\d\d\b|\b20\d\d\b")
_MONTHS = "January February March April May June July August September October November December".split()
_COUNTS = "two three four five six seven eight nine ten eleven twelve".split()
_OPPOSITES = (
    ("more", "less"), ("most", "least"), ("higher", "lower"), ("highest", "lowest"), ("larger", "smaller"),
    ("largest", "smallest"), ("increase", "decrease"), ("increased", "decreased"), ("increases", "decreases"),
    ("rise", "fall"), ("rose", "fell"), ("before", "after"), ("first", "last"), ("north", "south"), ("east", "west"),
    ("northern", "southern"), ("eastern", "western"), ("always", "never"), ("all", "none"), ("many", "few"),
    ("early", "late"), ("earlier", "later"), ("older", "younger"), ("above", "below"), ("began", "ended"),
    ("start", "end"), ("won", "lost"), ("success", "failure"), ("allowed", "forbidden"), ("accepted", "rejected"),
    ("supported", "opposed"), ("with", "without"), ("major", "minor"), ("strong", "weak"), ("public", "private"),
    ("male", "female"), ("positive", "negative"), ("winter", "summer"), ("day", "night"), ("old", "new"),
)  # fmt: skip
_OPPOSITE = {a: b for pair in _OPPOSITES for a, b in (pair, pair[::-1])}
_AUXILIARY = re.compile(r"\b(is|are|was|were|will|can|could|has|have|had|would|should|must|did|does|do|may|might)\b")
_DENIED = re.compile(r"\b(is|are|was|were|will|could|has|have|had|would|should|must|did|does|do) not\b|\bcannot\b")
_ASIDE = re.compile(r"\s*\([^()]{3,}\)|\s*,? (?:which|who) [^,.;]+(?=,|\.\Z)")
_TAIL = re.compile(
    r",\s+(?:while|although|though|where|when|after|before|because|since|and|but|with)\s[^,;]{12,}(?=\.\Z)"
)
# Words whose capital at the head of a sentence is not their own.
_OPENERS = frozenset(
    "A After All Although An As At Because Before Both By During Each For From He However If In It Its Many Most On "
    "One She Since Some Such That The Their There These They This Those To Under When While With".split()
)
_OPENING = re.compile(r"\A((?:In|On|During|By|After|Since|At) [^,]{3,40}), (\w[^.;]{20,})(\.)\Z")
_SHORT = (("will not", "won’t"), ("did not", "didn’t"), ("does not", "doesn’t"), ("is not", "isn’t"),
          ("are not", "aren’t"), ("was not", "wasn’t"), ("cannot", "can’t"), ("percent", "%"))  # fmt: skip


def another_figure(text: str, chance: random.Random, names: Sequence[str] = ()) -> str | None:
    """The text with one of its figures, months or counts changed."""
    places = [(match.span(), _other_figure(match.group(), chance)) for match in _FIGURE.finditer(text)]
    for words in (_MONTHS, _COUNTS):
        for match in re.finditer(rf"\b(?:{'|'.join(words)})\b", text):
            places.append((match.span(), chance.choice([word for word in words if word != match.group()])))
    return _put(text, chance, places)


def another_name(text: str, chance: random.Random, names: Sequence[str] = ()) -> str | None:
    """The text with one of its names replaced by another of `names` of the same shape that it does not hold."""
    places = []
    for name in names_in(text):
        others = [other for other in names if shape(other) == shape(name) and other not in text and name not in other]
        # A possessive's name is not in the text as it is.
        if others and (start := text.find(name)) >= 0:
            places.append(((start, start + len(name)), chance.choice(others)))
    return _put(text, chance, places)


def turned(text: str, chance: random.Random, names: Sequence[str] = ()) -> str | None:
    """The text denied where it affirmed, or affirmed where it denied."""
    if denied := _DENIED.search(text):
        return text[: denied.start()] + (denied.group(1) or "can") + text[denied.end() :]
    places = [(match.span(), f"{match.group()} not") for match in _AUXILIARY.finditer(text)]
    return _put(text, chance, places[:1])


def opposite(text: str, chance: random.Random, names: Sequence[str] = ()) -> str | None:
    """The text with one of its words replaced by its opposite."""
    places = [
        (match.span(), _OPPOSITE[match.group()]) for match in re.finditer(r"[a-z]+", text) if match.group() in _OPPOSITE
    ]
    return _put(text, chance, places)


def without_aside(text: str, chance: random.Random, names: Sequence[str] = ()) -> str | None:
    """The text without one of its asides: what is left is as true."""
    places = [(match.span(), "") for match in _ASIDE.finditer(text)]
    return _put(text, chance, places)


def without_tail(text: str, chance: random.Random, names: Sequence[str] = ()) -> str | None:
    """The text without its last clause."""
    return _put(text, chance, [(match.span(), "") for match in _TAIL.finditer(text)])


def reordered(text: str, chance: random.Random, names: Sequence[str] = ()) -> str | None:
    """What opened the text now ends it."""
    found = _OPENING.match(text)
    if not found:
        return None
    rest, opening = found.group(2), found.group(1)
    return f"{rest[0].upper()}{rest[1:]} {opening[0].lower()}{opening[1:]}{found.group(3)}"


def written_otherwise(text: str, chance: random.Random, names: Sequence[str] = ()) -> str | None:
    """The text with a word or figure written another way."""
    pairs = [*_SHORT, *((word, str(number)) for number, word in enumerate(_COUNTS, start=2))]
    both = [(a, b) for pair in pairs for a, b in (pair, pair[::-1])]
    places = [
        (match.span(), new) for old, new in both for match in re.finditer(rf"(?<!\w){re.escape(old)}(?![\w.,-])", text)
    ]
    return _put(text, chance, places)


def attributed(text: str, chance: random.Random, names: Sequence[str] = ()) -> str | None:
    """The text as what one of the names says."""
    if not names or not text.endswith("."):
        return None
    name, first = chance.choice(names), text.split(" ", 1)[0]
    low = text[:1].lower() + text[1:] if first in _OPENERS else text
    return chance.choice(
        (
            f"{text[:-1]}, {name} says.",
            f"{text[:-1]}, according to {name}.",
            f"According to {name}, {low}",
            f"{name} reports that {low}",
            f"{name} argues that {low}",
        )
    )


BREAKING: tuple[Edit, ...] = (another_figure, another_name, turned, opposite)
PRESERVING: tuple[Edit, ...] = (without_aside, without_tail, reordered, written_otherwise)


def edited(text: str, edits: Sequence[Edit], chance: random.Random, names: Sequence[str] = ()) -> str | None:
    """The text after one of the edits, taken at random from those that change it; None where none does."""
    for edit in chance.sample(edits, len(edits)):
        found = edit(text, chance, names)
        if found is not None and found != text:
            return found
    return None


def _other_figure(figure: str, chance: random.Random) -> str:
    value = float(figure.replace(",", ""))
    if _YEAR.fullmatch(figure):
        return str(int(value) + chance.choice((-40, -12, -3, -1, 1, 2, 7, 30)))
    other = value * chance.choice((0.1, 0.5, 2, 10)) if value >= 10 else value + chance.choice((1, 2, 3, 5))
    if "." in figure:
        return f"{other:.{len(figure.partition('.')[2])}f}"
    return f"{round(other):,}" if "," in figure else str(max(1, round(other)))


def _put(text: str, chance: random.Random, places: Sequence[tuple[tuple[int, int], str]]) -> str | None:
    """The text with one of the places replaced; None without any."""
    if not places:
        return None
    (start, end), new = chance.choice(places)
    return re.sub(r"\s+([.,;])", r"\1", text[:start] + new + text[end:]) if not new else text[:start] + new + text[end:]
