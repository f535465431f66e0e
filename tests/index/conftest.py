"""An index and a catalog on disk with the fake embedder, and the real embedder, loaded once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index import Index, TransformerEmbedder
from index.catalog import Catalog
from tests.fakes import HashEmbedder
from tests.index.folders import FOX, HEN, write


@pytest.fixture(autouse=True)
def _trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was changed just now is trusted by its times: else a test would have to wait before it looks again."""
    monkeypatch.setattr("index.looks._RECENT_NS", 0)


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder()


@pytest.fixture
def index(tmp_path: Path, embedder: HashEmbedder) -> Iterator[Index]:
    with Index.open(tmp_path / "home", embedder=embedder) as opened:
        yield opened


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog(tmp_path / "catalog.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two text files, one of them in a subfolder."""
    root = tmp_path / "docs"
    write(root / "fox.txt", FOX)
    write(root / "deep" / "hen.txt", HEN)
    return root


@pytest.fixture(scope="session")
def transformer() -> TransformerEmbedder:
    return TransformerEmbedder()
