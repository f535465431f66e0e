"""Title, author and date as files of offices carry them, without what programs and templates put there."""

import re
from dataclasses import dataclass

from index.readers.dates import iso_date
from index.readers.office.package import Package, local
from index.readers.text import clean

_NO_TITLE = re.compile(
    r"microsoft (?:word|powerpoint|excel)\b.*|powerpoint[ -]pr[aäeé]sentation|untitled.*|no title|"
    r"(?:document|doc|slide|presentation|book|workbook|page|title|word document)\s?\d*|print(?:ing)?|about:blank|"
    r"\S*://.*|.*\.(?:docx?|dotx?|pdf|indd|xlsx?|pptx?|potx?|qx[dp]|tex|dvi|html?|rtf|od[tsp]|ps|ai|fm|p65)",
    re.IGNORECASE,
)
_NO_AUTHOR = re.compile(
    r"(?:admin|administrator|user|owner|root|unknown|anonymous|author|default|guest|none|n/?a|pc|home|acrobat|adobe|"
    r"windows user|microsoft(?: office)?(?: user)?|office user|python-docx|python-pptx|openpyxl|xlsxwriter|apache poi|"
    r"phpword|phpexcel|phpspreadsheet|libreoffice|docx4j|pandoc)\d*"
    r"|.*(?:\bEDGAR\b|://|@|\w\.(?:com|io|net|org)\b|\bconverter\b|\bsoftware\b).*",
    re.IGNORECASE,
)
# When the templates of python-docx and python-pptx were made: documents written with them still say so.
_TEMPLATES = ("2013-12-23T23:15:00Z", "2013-01-27T09:14:16Z", "2013-01-27T09:15:58Z")
_FIRST_YEAR, _LAST_YEAR = 1980, 2100


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file says of itself; None where it says nothing worth repeating."""

    title: str | None = None
    author: str | None = None
    date: str | None = None
    subject: str | None = None

    @property
    def metadata(self) -> dict[str, str]:
        """What has no place of its own in a document."""
        return {"subject": self.subject} if self.subject else {}


def facts_of(package: Package) -> Facts:
    """The core properties of an Office file. The date is when it was made, else when it was last saved."""
    name = next(iter(package.related("", "core-properties")), "docProps/core.xml")
    root = package.tree(name)
    given = {local(element): _one_line(element.text) for element in root} if root is not None else {}
    author = given_author("; ".join(part.strip() for part in given.get("creator", "").split(";") if part.strip()))
    dates = (_date(given.get(key, "")) for key in ("created", "modified"))
    return Facts(
        title=given_title(given.get("title", "")),
        author=author,
        date=next((date for date in dates if date), None),
        subject=given.get("subject") or None,
    )


def given_title(text: str) -> str | None:
    """The title a file gives, unless a program made it up.

    >>> given_title("Soup of the day"), given_title("PowerPoint Presentation"), given_title("soup.docx")
    ('Soup of the day', None, None)
    """
    letters = sum(character.isalpha() for character in text)
    enough = letters >= 3 and 2 * letters >= len(text.replace(" ", ""))
    return text[:300].strip() if enough and not _NO_TITLE.fullmatch(text) else None


def given_author(text: str) -> str | None:
    """The author a file gives, unless that is a program or an account.

    >>> given_author("Ann Lee"), given_author("python-docx"), given_author("User1")
    ('Ann Lee', None, None)
    """
    return text[:300].strip() if any(map(str.isalpha, text)) and not _NO_AUTHOR.fullmatch(text) else None


def _date(given: str) -> str | None:
    """The ISO date of a timestamp that no template made."""
    if given in _TEMPLATES:
        return None
    date = iso_date(given[:10])
    return date if date and _FIRST_YEAR <= int(date[:4]) <= _LAST_YEAR else None


def _one_line(text: str | None) -> str:
    return " ".join(clean(text or "").split())
