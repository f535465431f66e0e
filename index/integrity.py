"""Whether a catalog holds what it says: every page of its file, every passage's characters, every vector."""

from collections.abc import Iterator

from index.catalog import Catalog
from index.moment import check_whole

# In the order of documents, so that each text is read once. Compared here: SQLite's own functions end at a zero byte.
_PASSAGES = """
SELECT c.id, c.text, c."start", c."end", d.source, d.rowid AS document FROM chunks c
JOIN documents d ON d.id = c.document_id ORDER BY d.rowid
"""
_BARE = """
SELECT count(*) AS n FROM chunks c LEFT JOIN vectors v ON v.text_hash = c.text_hash WHERE c.id <= ? AND v.id IS NULL
"""


def damage(catalog: Catalog) -> list[str]:
    """What is wrong with the catalog, a line each; empty where nothing is. Raises StoreError for a broken file."""
    check_whole(catalog.path)
    found = []
    if misplaced := next(_misplaced(catalog), None):
        found.append(
            f"passage {misplaced[0]} of {misplaced[1]} is not the text at its place; sync --every reads it anew"
        )
    bare = int(catalog.connection.execute(_BARE, (catalog.vectors.upto,)).fetchone()["n"])
    if bare:
        found.append(f"{bare} passages have no vector; delete the index and sync again")
    return found


def _misplaced(catalog: Catalog) -> Iterator[tuple[int, str]]:
    document, text = -1, ""
    for row in catalog.connection.execute(_PASSAGES):
        if row["document"] != document:
            document = row["document"]
            found = catalog.connection.execute("SELECT text FROM documents WHERE rowid = ?", (document,)).fetchone()
            text = found["text"]
        if text[row["start"] : row["end"]] != row["text"]:
            yield row["id"], row["source"]
