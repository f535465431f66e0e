"""Vectors made behind: not while something else is waited for, and none lost by waiting."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from index.catalog import Catalog
from index.filling import Filler
from index.ingest import prepare, store
from tests.fakes import HashEmbedder, document


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path / "catalog.sqlite")
    yield catalog
    catalog.close()


def put(catalog: Catalog, id: str, embedder: HashEmbedder) -> None:
    with catalog.transaction():
        store([prepare(document(id, f"The fox number {id} ran home."), embedder)], catalog, embedder)


def test_nothing_is_embedded_while_it_is_held(catalog: Catalog) -> None:
    embedder = HashEmbedder()
    filler = Filler(catalog, embedder, None)
    with ExitStack() as hold:
        hold.enter_context(filler.held())
        with filler:
            put(catalog, "a", embedder)
            time.sleep(0.5)
            assert embedder.encoded == []
            hold.close()
            assert filler.finish(30)
    assert catalog.vectors.waiting() == 0


def test_one_that_is_held_can_be_stopped(catalog: Catalog) -> None:
    embedder = HashEmbedder()
    filler = Filler(catalog, embedder, None)
    with filler.held(), filler:
        put(catalog, "a", embedder)
    assert catalog.vectors.waiting() == 1
