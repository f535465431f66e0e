"""Tables as text: values separated by commas, semicolons, tabs or pipes."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from index.errors import EmptyFile, ReadError
from index.readers.builder import document_id, title_from
from index.readers.headers import Row, is_value
from index.readers.lines import ends_sentence
from index.readers.paged import PagedCanvas
from index.readers.rows import RowWriter
from index.readers.text import decode
from index.schema import Document

# The csv module's own limit is 131,072, which a cell with a long text can pass.
MAX_FIELD = 1_000_000  # characters; more is a quotation mark that was never closed, or no table
_DELIMITERS = "\t;|,"  # commas last: they stand inside fields most
_SAMPLE = 64 * 1024  # characters in which the delimiter is looked for
_SAMPLE_ROWS = 200
_LEAST_ROWS = 3
_REGULAR = 0.9  # share of rows with as many columns as most have
_FILLED = 0.5  # share of rows in which a column is filled, from which it counts
_SENTENCES = 0.2  # share of rows that end like a sentence, from which a few lines are prose
_MANY = 10  # rows so regular that they cannot be prose
_SEPARATOR = re.compile(r'\s*"?sep=([^\w\s"]|\t)"?[ \t]*(?:\n|\Z)', re.IGNORECASE)
_QUOTED = re.compile(r'(?:^|,)"(?:[^"\n]|"")*"(?:,|$)', re.MULTILINE)
_LINE = 300  # characters of a line that tell what it is
_DECIMAL = re.compile(r"(?<=\d),(?=\d)")
_CODE = re.compile(r"\s*[{\[<]|.*[{}]\s*\Z")  # a line of JSON, markup or a program
_MARKDOWN = re.compile(r"^[ ]*\|?[ ]*:?-{3,}:?[ ]*\|", re.MULTILINE)  # the rule below the head of a Markdown table
_LISTED = re.compile(r"[^\w\s]{1,2}|\(?\w{1,3}[.)]")  # what stands before the tab in a list
_END = "\x1e"  # behind the last line; `decode` leaves no such character in a text
_UNCLOSED = 100  # quotation marks never closed, after which none is taken for one


def read_csv(data: bytes, *, source: str) -> list[Document]:
    """The one document in a text table, a block to each row, labelled as a spreadsheet program numbers it.

    Raises EmptyFile where every field is blank, ReadError for a field longer than MAX_FIELD.

    >>> document = read_csv(b"sep=;\\nDish;Cost\\nBroth;4,50\\nStew;9\\nTea;1", source="menu.csv")[0]
    >>> document.text.split("\\n\\n"), document.blocks[1].label
    (['Dish | Cost', 'Dish: Broth | Cost: 4,50', 'Dish: Stew | Cost: 9', 'Dish: Tea | Cost: 1'], 'row 2')
    """
    text, notes = decode(data, source=source)
    declared = _SEPARATOR.match(text)
    start = declared.end() if declared else 0
    delimiter = declared[1] if declared else _delimiter(text[:_SAMPLE])
    canvas = PagedCanvas(source=source)
    writer = RowWriter(canvas, letters=True)
    before = csv.field_size_limit(MAX_FIELD)
    try:
        for number, fields in enumerate(_records(text, start, delimiter, source), start=1):
            cells = tuple((column, value) for column, field in enumerate(fields, start=1) if (value := _tidy(field)))
            writer.add(Row(number, cells, f"row {number}"))
    finally:
        csv.field_size_limit(before)
    writer.finish()
    del text  # as large as what has been made of it
    blocks = canvas.blocks
    if not blocks:
        raise EmptyFile(f"{source} holds no filled field; nothing to index")
    return [
        Document(
            id=document_id(source),
            text=canvas.text,
            title=title_from(source),
            source=source,
            blocks=blocks,
            metadata=notes,
        )
    ]


def looks_tabular(text: str) -> bool:
    """Whether `text` is a table: at least three rows, nearly all with the same number, two or more, of columns.

    Looks at a sample. Prose with commas, code, logs of sentences and Markdown tables are none.

    >>> looks_tabular("Dish,Cost\\nBroth,4.50\\nStew,9\\n")
    True
    >>> looks_tabular("Soup, which is thin, is hot.\\nStew, which is thick, is not.\\nTea, they say, is tea.\\n")
    False
    """
    declared = _SEPARATOR.match(text)
    start = declared.end() if declared else 0
    sample = text[start : start + _SAMPLE]
    lines = [line for line in sample.split("\n") if line.strip()][:_SAMPLE_ROWS]
    code = sum(_CODE.match(line[:_LINE]) is not None for line in lines)
    if len(lines) < _LEAST_ROWS or code > _SENTENCES * len(lines) or _MARKDOWN.search(sample):
        return False
    return any(_is_table(sample, delimiter) for delimiter in (declared[1] if declared else _DELIMITERS))


def _is_table(sample: str, delimiter: str) -> bool:
    rows = [row for row in _sampled(sample, delimiter) if any(field.strip() for field in row)]
    width = _width(rows)
    if width < 2 or len(rows) < _LEAST_ROWS or _regularity(rows) < _REGULAR:
        return False
    columns = [[row[column].strip() for row in rows if column < len(row)] for column in range(width)]
    filled = [cells for cells in columns if sum(map(bool, cells)) >= _FILLED * len(rows)]
    if len(filled) < 2 or sum(_LISTED.fullmatch(cell) is not None for cell in columns[0]) >= _REGULAR * len(rows):
        return False
    if delimiter != ",":
        return True
    if any(row[1:] and all(field.startswith(" ") for field in row[1:]) for row in rows[:_LEAST_ROWS]):
        # As in prose: one of the columns has to hold values.
        return any(sum(map(is_value, cells)) >= _REGULAR * (len(cells) - 1) for cells in filled)
    ends = sum(ends_sentence(row[-1].rstrip()) and not is_value(row[-1].strip()) for row in rows)
    return len(rows) >= _MANY or ends <= _SENTENCES * len(rows) or _QUOTED.search(sample) is not None


def _delimiter(sample: str) -> str:
    """The delimiter that parts a sample into the most regular rows, and the most columns; a comma where none does.

    >>> _delimiter("1,5;2,5\\n3,5;4,5\\n"), _delimiter("1,5,2,5\\n3,5,4,5\\n"), _delimiter("Soup")
    (';', ',', ',')
    """

    def merit(delimiter: str) -> tuple[float, int]:
        rows = _sampled(sample, delimiter)
        width = _width(rows)
        if width < 2:
            return 0.0, 0
        # Between digits a comma is more likely a decimal one, if anything else parts the columns.
        decimal = delimiter == "," and len(_DECIMAL.findall(sample)) >= _REGULAR * sample.count(",")
        return round(_regularity(rows), 1) / (1 + decimal), width

    best = max(_DELIMITERS, key=merit)
    return best if merit(best) > (0.0, 0) else ","


def _sampled(sample: str, delimiter: str) -> list[list[str]]:
    """The rows of a sample that is cut anywhere, so without its last where it is full."""
    rows: list[list[str]] = []
    reader = csv.reader(_Lines(sample, 0), delimiter=delimiter, skipinitialspace=delimiter != ",")
    while len(rows) < _SAMPLE_ROWS:
        try:
            row = next(reader)
        except (csv.Error, StopIteration):
            break
        if row and row[-1].endswith(_END):
            break
        if row:
            rows.append(row)
    else:
        return rows
    return rows[:-1] if len(sample) >= _SAMPLE and len(rows) > 1 else rows


def _width(rows: Sequence[Sequence[str]]) -> int:
    """How many columns most rows have."""
    counts = Counter(map(len, rows))
    return max(counts, key=lambda width: (counts[width], width), default=0)


def _regularity(rows: Sequence[Sequence[str]]) -> float:
    return sum(len(row) == _width(rows) for row in rows) / max(1, len(rows))


def _records(text: str, start: int, delimiter: str, source: str) -> Iterator[list[str]]:
    """The fields of every record, none for a blank line. A quotation mark that is never closed is only a character."""
    lines = _Lines(text, start)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    unclosed = 0
    while True:
        begin = lines.position
        fields: list[str] | None
        try:
            fields = next(reader)
        except csv.Error:
            fields = None
        if fields == [_END]:
            return
        if fields is None or (fields and fields[-1].endswith(_END)):
            line = lines.again(begin)
            if len(line) > MAX_FIELD and (fields is None or max(map(len, line.split(delimiter))) > MAX_FIELD):
                raise ReadError(
                    f"{source} has a field of more than {MAX_FIELD:,} characters, the limit; is it a table?"
                )
            fields = next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
            unclosed += 1
            # Each costs up to MAX_FIELD characters read twice.
            quote = None if unclosed >= _UNCLOSED else '"'
            reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, quotechar=quote)
        yield fields


class _Lines:
    """The lines of a text from `position` on, then `_END`: one slice at a time, for a list would double the text."""

    def __init__(self, text: str, position: int) -> None:
        self.position = position
        self._text = text

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.position > len(self._text):
            raise StopIteration
        if self.position == len(self._text):
            self.position += 1
            return _END
        end = self._text.find("\n", self.position) + 1 or len(self._text)
        line = self._text[self.position : end]
        self.position = end
        return line

    def again(self, position: int) -> str:
        """The line at `position`; the next one is that behind it."""
        self.position = position
        return next(self).rstrip("\n")


def _tidy(field: str) -> str:
    """A field on one line: an empty one, and most others, as they are."""
    return " ".join(field.split())
