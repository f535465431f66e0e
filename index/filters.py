"""Filters of documents as SQL."""

from index.errors import StoreError
from index.schema import Where

# What each field of a filter asks of a document. Ids may be several, a line each. Dates are compared as far as both are
# known: one of "2025" is both after and before "2025-02".
_FILTERS = {
    "id": "instr(char(10) || {0} || char(10), char(10) || id || char(10)) > 0",
    "title": "title = {0}",
    "author": "author = {0}",
    "publisher": "publisher = {0}",
    "source": "(source = {0} OR ({0} LIKE '%/' AND substr(source, 1, length({0})) = {0}))",
    "format": "lower(substr(source, -1 - length({0}))) = '.' || lower({0})",
    "date": "substr(date, 1, length({0})) = {0}",
    "after": "date >= substr({0}, 1, length(date))",
    "before": "substr(date, 1, length({0})) <= {0}",
}


def condition_of(where: Where) -> tuple[str, tuple[str, ...]]:
    """The condition that the documents have to meet, with its values. Raises StoreError on an unknown field.

    >>> condition_of({"author": "Lee", "date": "2025-02"})
    ('author = ?1 AND substr(date, 1, length(?2)) = ?2', ('Lee', '2025-02'))
    """
    for field in where:
        if field not in _FILTERS:
            raise StoreError(f"cannot filter by {field!r}; the fields are {', '.join(_FILTERS)}")
    conditions = (_FILTERS[field].format(f"?{number}") for number, field in enumerate(where, start=1))
    return " AND ".join(conditions) or "TRUE", tuple(where.values())
