"""The catalog: what goes in comes out, all of it or nothing, and its numbers are never given twice."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from index import (
    Block,
    Chunk,
    Document,
    DocumentInfo,
    DocumentNotFound,
    Failure,
    ModelError,
    Origin,
    Page,
    Span,
    StoreError,
)
from index.catalog import Catalog
from index.followed import FileState
from index.looks import Look

TEXT = "Peace\n\nThe troops 😀 left.  It rained."
FULL = Document(
    id="a",
    text=TEXT,
    title="Peace",
    source="notes/a.md",
    author="A. Writer",
    publisher="Gazette",
    date="2025-02",
    pages=(Page(1, 0, 7), Page(2, 7, len(TEXT))),
    blocks=(Block(0, 5, "heading", 1), Block(7, len(TEXT), "paragraph")),
    metadata={"note": "“quoted” \x00 text"},
)
BARE = Document(id="b", text="Soup.", title="", source="b.txt")


def passages(document: Document, *ranges: tuple[int, int]) -> list[Chunk]:
    return [Chunk(0, document.id, document.text[a:b], a, b, "Peace", (Span(a, b),)) for a, b in ranges]


def put(catalog: Catalog, document: Document, chunks: Sequence[Chunk] = (), *, root: str | None = None) -> None:
    with catalog.transaction():
        catalog.vectors.put({chunk.text.encode(): np.array([1, 0], np.float32) for chunk in chunks})
        hashes = [chunk.text.encode() for chunk in chunks]
        origin = Origin(root, document.source) if root else None
        catalog.put_document(document, chunks, hashes, origin=origin)


def stored(catalog: Catalog, document_id: str) -> list[Chunk]:
    return list(catalog.chunks(catalog.chunk_ids([document_id])).values())


def rows(catalog: Catalog, table: str) -> int:
    return int(catalog.connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])


def test_a_document_comes_out_as_it_went_in(catalog: Catalog) -> None:
    put(catalog, FULL, passages(FULL, (7, 25), (27, 37)))
    put(catalog, BARE)
    assert [catalog.document("a"), catalog.document("b")] == [FULL, BARE]
    info = DocumentInfo("a", "notes/a.md", "Peace", "A. Writer", "Gazette", "2025-02", len(TEXT))
    assert catalog.infos(["a", "gone"]) == {"a": info}
    assert [each.id for each in catalog.documents()] == ["b", "a"]
    assert catalog.counts() == (2, 2)


def test_passages_come_out_as_they_went_in(catalog: Catalog) -> None:
    first, second = passages(FULL, (7, 25), (27, 37))
    put(catalog, FULL, [first, second])
    one, two = stored(catalog, "a")
    assert (one.text, one.start, one.end, one.heading, one.sentences) == (first.text, 7, 25, "Peace", (Span(7, 25),))
    assert two.text == "It rained."
    assert [chunk for chunk, _ in catalog.stream_chunks(after=0)] == [one, two]
    assert [chunk for chunk, _ in catalog.stream_chunks(after=one.id)] == [two]
    assert all("Peace" in about and "A. Writer" in about for _, about in catalog.stream_chunks(after=0))
    assert catalog.chunks([two.id, 999]) == {two.id: two}


def test_vectors_are_shared_by_equal_texts_and_kept_while_used(catalog: Catalog) -> None:
    vector = np.array([0.5, 0.75], np.float32)
    with catalog.transaction():
        catalog.vectors.put({b"h": vector, b"unused": vector})
    with catalog.transaction():
        catalog.put_document(BARE, passages(BARE, (0, 4), (4, 5)), [b"h", b"h"])
        catalog.vectors.drop_unused()
    ids = catalog.chunk_ids(["b"])
    [(found, vectors)] = catalog.vectors.stream(after=0, upto=ids[-1])
    assert found.tolist() == ids
    assert vectors.tolist() == [vector.tolist()] * 2
    assert [found.tolist() for found, _ in catalog.vectors.stream(after=ids[0], upto=ids[-1], size=1)] == [[ids[1]]]
    assert catalog.vectors.known([b"h", b"unused", b"never"]) == {b"h"}


def test_passages_wait_for_their_vectors(catalog: Catalog) -> None:
    with catalog.transaction():
        catalog.put_document(BARE, passages(BARE, (0, 4), (4, 5)), [b"one", b"two"])
    first, second = catalog.chunk_ids(["b"])
    assert catalog.vectors.waiting() == 2
    assert [(c.id, title, h) for c, title, h in catalog.next_to_embed(9, after=0)] == [
        (first, "", b"one"),
        (second, "", b"two"),
    ]
    with catalog.transaction():
        catalog.vectors.advance(first)
    assert (catalog.vectors.waiting(), catalog.vectors.upto, catalog.vectors.count(first)) == (1, first, 1)


def test_a_vector_can_serve_another_text(catalog: Catalog) -> None:
    with catalog.transaction():
        catalog.vectors.put({b"old": np.ones(2, np.float32)})
        catalog.vectors.alias([(b"new", b"old"), (b"other", b"never made")])
    assert catalog.vectors.known([b"old", b"new", b"other"]) == {b"old", b"new"}


def test_deletions_are_told_in_order_until_they_are_forgotten(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(catalog, FULL, passages(FULL, (7, 25), (27, 37)))
    put(catalog, BARE, passages(BARE, (0, 5)))
    ids, [soup] = catalog.chunk_ids(["a"]), catalog.chunk_ids(["b"])
    assert (catalog.gone_since(0), catalog.last_chunk()) == ([], soup)
    with catalog.transaction():
        catalog.delete_documents(["a"])
    before = catalog.last_gone()
    put(catalog, BARE)
    assert catalog.gone_since(0) == [*ids, soup]
    assert catalog.gone_since(before) == [soup]
    monkeypatch.setattr("index.catalog._REMEMBERED", 1)
    with catalog.transaction():
        catalog.forget_old_deletions()
    assert (catalog.gone_since(0), catalog.gone_since(before)) == (None, [soup])
    assert rows(catalog, "gone") == 1


def test_a_passage_that_is_not_the_text_is_refused_and_leaves_nothing(catalog: Catalog) -> None:
    wrong = Chunk(0, "b", "Soap.", 0, 5)
    with pytest.raises(StoreError, match=r"b\.txt is not the text at 0:5"):
        put(catalog, BARE, [wrong])
    assert [rows(catalog, table) for table in ("documents", "chunks", "vectors")] == [0, 0, 0]


def test_deleting_a_document_deletes_its_passages(catalog: Catalog) -> None:
    put(catalog, FULL, passages(FULL, (7, 25)))
    put(catalog, BARE, passages(BARE, (0, 5)))
    with catalog.transaction():
        assert catalog.delete_documents(["a", "gone"]) == 1
        catalog.vectors.drop_unused()
    assert [rows(catalog, table) for table in ("documents", "chunks", "vectors")] == [1, 1, 1]
    with pytest.raises(DocumentNotFound, match="'a'"):
        catalog.document("a")


def test_passage_ids_are_never_given_twice(catalog: Catalog) -> None:
    seen: set[int] = set()
    for _ in range(4):
        put(catalog, FULL, passages(FULL, (7, 25), (27, 37)))
        ids = catalog.chunk_ids(["a"])
        assert len(ids) == 2
        assert not seen & set(ids)
        seen.update(ids)
        with catalog.transaction():
            catalog.delete_documents(["a"])


def test_an_exception_undoes_the_whole_transaction(catalog: Catalog) -> None:
    put(catalog, BARE, passages(BARE, (0, 5)))
    before = catalog.generation

    def fail(error: BaseException) -> None:
        with catalog.transaction():
            catalog.vectors.put({b"h": np.ones(2, np.float32)})
            catalog.put_document(FULL, passages(FULL, (7, 25)), [b"h"])
            catalog.delete_documents(["b"])
            raise error

    for error in (ValueError("stop"), KeyboardInterrupt()):
        with pytest.raises(type(error)):
            fail(error)
    assert catalog.generation == before
    assert [each.id for each in catalog.documents()] == ["b"]
    assert catalog.vectors.known([b"h"]) == set()
    assert len(stored(catalog, "b")) == 1


def test_a_full_disk_is_a_store_error_and_undoes_the_transaction(catalog: Catalog) -> None:
    put(catalog, BARE)
    catalog.connection.execute("PRAGMA max_page_count = 20")
    with pytest.raises(StoreError, match="full"):
        put(catalog, Document(id="c", text="soup " * 100_000, title="", source="c.txt"))
    assert [each.id for each in catalog.documents()] == ["b"]


def test_each_transaction_counts_one_generation(catalog: Catalog) -> None:
    assert catalog.generation == 0
    for expected in (1, 2, 3):
        with catalog.transaction():
            pass
        assert catalog.generation == expected


def test_what_is_committed_is_seen_by_others_and_outlives_the_connection(catalog: Catalog) -> None:
    with catalog.transaction():
        catalog.put_document(BARE, [], [])
        other = Catalog(catalog.path)
        assert (other.counts(), other.generation) == ((0, 0), 0)
    assert (other.counts(), other.generation) == ((1, 0), 1)
    other.close()
    catalog.close()
    reopened = Catalog(catalog.path)
    assert reopened.document("b") == BARE
    reopened.close()


def test_every_thread_reads_and_the_connections_of_ended_ones_are_closed(catalog: Catalog) -> None:
    put(catalog, BARE)
    seen: list[tuple[int, int]] = []
    for _ in range(5):
        thread = threading.Thread(target=lambda: seen.append(catalog.counts()))
        thread.start()
        thread.join()
    assert seen == [(1, 0)] * 5
    assert len(catalog._connections) <= 2


def test_the_model_is_pinned_once(catalog: Catalog) -> None:
    catalog.pin_model("minilm", 384)
    catalog.pin_model("minilm", 384)
    for name, dimension in (("mpnet", 768), ("minilm", 128)):
        with pytest.raises(ModelError) as caught:
            catalog.pin_model(name, dimension)
        assert "minilm (384)" in str(caught.value)
        assert f"{name} ({dimension})" in str(caught.value)


def test_files_are_kept_by_root_and_go_with_their_documents(catalog: Catalog) -> None:
    state = FileState("b.txt", Look(5, 123_456_789_012_345_678, 7), "abc", "1")
    failed = FileState("c.zip", Look(0, 1, 2), "def", "1", (Failure("c.zip/x", "empty"),))
    put(catalog, BARE, root="/one")
    with catalog.transaction():
        catalog.followed.put("/one", [state, failed])
        catalog.followed.put("/two", [state])
    assert catalog.followed.files("/one") == {"b.txt": state, "c.zip": failed}
    assert (state.failed, failed.failed) == (False, False)
    assert FileState("c", Look(0, 1, 2), "", failures=(Failure("c", "empty"),)).failed
    assert (catalog.origin("b"), catalog.origin("never")) == (Origin("/one", "b.txt"), None)
    with catalog.transaction():
        catalog.remove_file("/two", "b.txt")
    assert catalog.counts() == (1, 0)
    with catalog.transaction():
        catalog.remove_file("/one", "b.txt")
    assert catalog.counts() == (0, 0)
    assert catalog.followed.files("/one") == {"c.zip": failed}


def test_labels_part_the_sources_of_roots(catalog: Catalog) -> None:
    roots = ["/x/docs", "/y/docs", "/z/docs", "/x/docs", "/"]
    # No relative path has two slashes in a row: "docs//a" is no file "docs/a" of the first root.
    labels = [catalog.followed.label_of(root) for root in roots]
    assert labels == ["", "docs//", "docs-2//", "", "folder//"]
    assert catalog.followed.roots() == ["/", "/x/docs", "/y/docs", "/z/docs"]
    with catalog.transaction():
        catalog.remove_root("/y/docs")
    assert catalog.followed.roots() == ["/", "/x/docs", "/z/docs"]


def test_filters_match_whole_values_of_known_fields(catalog: Catalog) -> None:
    put(catalog, FULL)
    put(catalog, BARE)
    assert catalog.matching({"author": "A. Writer"}) == {"a"}
    assert catalog.matching({"author": "A. Writer", "date": "1999"}) == set()
    assert catalog.matching({"title": "' OR 1=1 --"}) == set()
    assert catalog.matching({}) == {"a", "b"}
    for field in ("text", "author = author OR author", ""):
        with pytest.raises(StoreError, match="the fields are id, title, author, publisher, source, format"):
            catalog.matching({field: "x"})


def test_more_ids_than_sqlite_takes_in_one_statement(catalog: Catalog) -> None:
    put(catalog, BARE, passages(BARE, (0, 5)))
    [only] = catalog.chunk_ids(["b", *map(str, range(40_000))])
    assert set(catalog.chunks(range(40_000))) == {only}
    assert set(catalog.infos(["b", *map(str, range(40_000))])) == {"b"}
    assert catalog.vectors.known([b"Soup.", *(b"%d" % n for n in range(40_000))]) == {b"Soup."}


def test_once_closed_it_says_so(catalog: Catalog) -> None:
    catalog.close()
    catalog.close()
    for failing in (catalog.counts, catalog.documents, lambda: catalog.document("a"), lambda: put(catalog, BARE)):
        with pytest.raises(StoreError, match=r"catalog\.sqlite is closed"):
            failing()


def test_a_file_that_is_no_catalog_is_named_and_left_alone(tmp_path: Path) -> None:
    path, content = tmp_path / "catalog.sqlite", "Dear diary.\n" * 400
    path.write_text(content)
    with pytest.raises(StoreError, match=r"catalog\.sqlite cannot be opened.*choose another --index"):
        Catalog(path)
    assert path.read_text() == content


def test_a_catalog_of_another_format_is_named(catalog: Catalog) -> None:
    catalog.set_meta("format", "99")
    with pytest.raises(StoreError, match="format 99, this version reads 2"):
        Catalog(catalog.path)


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        Catalog(tmp_path / "catalog.sqlite")


def test_a_catalog_damaged_inside_says_so_wherever_it_is_met(catalog: Catalog) -> None:
    for n in range(200):
        put(catalog, Document(id=str(n), text="Soup. " * 500, title="", source=f"{n}.txt"))
    catalog.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    catalog.close()
    data = bytearray(catalog.path.read_bytes())
    for page in range(3, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    catalog.path.write_bytes(data)

    def everything() -> None:
        damaged = Catalog(catalog.path)
        try:
            for info in damaged.documents():
                damaged.document(info.id)
        finally:
            damaged.close()

    with pytest.raises(StoreError, match=r"damaged|cannot be opened"):
        everything()
