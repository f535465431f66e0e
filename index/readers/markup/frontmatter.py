"""YAML front matter: the facts about a Markdown text that stand above it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from index.errors import ReadError
from index.readers.dates import iso_date
from index.readers.text import clean

_FENCED = re.compile(r"---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_LARGEST = 64 * 1024  # characters; no front matter is longer, and YAML is slow
_NOTHING = frozenset(("", "~", "null"))
_AUTHOR = ("author", "authors", "by", "byline")
_PUBLISHER = ("publisher", "site", "sitename", "site_name", "publication", "source")
_DATE = ("date", "published", "pubdate", "date_published", "publish_date")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What front matter says. `length` is how many characters it takes, 0 where there is none."""

    length: int = 0
    title: str | None = None
    author: str | None = None
    publisher: str | None = None
    date: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


def parse_front_matter(text: str, *, source: str) -> FrontMatter:
    """The front matter at the start of `text`; an empty one where it starts otherwise, or with a mere rule.

    Values are kept as they are written: version 1.10 is not 1.1. Lists count for authors only; anything nested is left
    out. Raises ReadError for YAML that cannot be parsed.

    >>> sample = "---\\ntitle: Soup\\nauthors: [Ann Lee, Bo Roe]\\nversion: 1.10\\n---\\nIt is hot."
    >>> found = parse_front_matter(sample, source="a.md")
    >>> found.title, found.author, dict(found.metadata)
    ('Soup', 'Ann Lee, Bo Roe', {'version': '1.10'})
    """
    match = _FENCED.match(text[:_LARGEST])
    if match is None:
        return FrontMatter()
    try:
        # Strings only: nothing is constructed, and no date or number loses its spelling.
        found = yaml.load(match["yaml"], Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise ReadError(f"the front matter of {source} is not valid YAML: {_reason(error)}; mend it") from error
    if not isinstance(found, dict):
        return FrontMatter()
    facts = {str(key).strip().lower(): value for key, value in found.items()}
    used = {"title"}
    author, publisher, date = (_first(facts, keys, used) for keys in (_AUTHOR, _PUBLISHER, _DATE))
    iso = iso_date(date) if date else None
    if date and iso is None:
        used -= set(_DATE)  # not understood, so kept as it is written
    others = {key: said for key, value in facts.items() if key not in used and (said := _scalar(value))}
    return FrontMatter(match.end(), _scalar(facts.get("title")), author, publisher, iso, others)


def _first(facts: Mapping[str, object], keys: tuple[str, ...], used: set[str]) -> str | None:
    """The first of `keys` that has a value; it is added to `used`."""
    for key in keys:
        value = facts.get(key)
        names = [text for item in value if (text := _scalar(item))] if isinstance(value, list) else [_scalar(value)]
        if any(names):
            used.add(key)
            return ", ".join(name for name in names if name)
    return None


def _scalar(value: object) -> str | None:
    """A string on one line; None for anything nested or empty. `{name: …}` counts as its name."""
    if isinstance(value, dict):
        value = value.get("name")
    if not isinstance(value, str) or value.strip().lower() in _NOTHING:
        return None
    return " ".join(clean(value).split()) or None


def _reason(error: Exception) -> str:
    """What is wrong and in which line of the file."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} in line {error.problem_mark.line + 2}"
    return "nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())[:120]
