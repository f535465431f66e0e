"""The checks of `citeback doctor`."""

import shutil
import socket
from collections import namedtuple
from pathlib import Path

import pytest

from assistant.doctor import Check, examine
from assistant.settings import Settings
from index import FolderError, Index
from tests.assistant.corpus import settings
from tests.fakes import HashEmbedder, document
from tests.llm_server import MODEL


def checks(given: Settings, docs: Path, index: Path | None = None) -> dict[str, Check]:
    found = {check.name: check for check in examine(given, docs=docs, index=index)}
    assert list(found) == ["embedding model", "reader", "token vocabulary", "index", "disk", "language model"]
    assert all(check.found and "\n" not in check.found for check in found.values())
    return found


def test_a_fresh_installation_is_in_order(tmp_path: Path) -> None:
    found = checks(settings(data_dir=tmp_path / "data"), tmp_path)
    assert all(check.ok for check in found.values())
    assert "checksum verified" in found["embedding model"].found
    assert "3 tokens" in found["token vocabulary"].found
    assert "none yet" in found["index"].found
    assert "GiB free" in found["disk"].found
    assert "exact quotes" in found["language model"].found
    assert not (tmp_path / "data").exists()


def test_an_index_is_counted(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", embedder=HashEmbedder(name="all-MiniLM-L6-v2", dimension=384)) as index:
        index.add([document("a", "One. Two."), document("b", "Three.")])
    check = checks(settings(), tmp_path, tmp_path / "index")["index"]
    assert check.ok
    assert check.found.startswith("2 documents, 2 passages, each the text at its place, generation ")


def test_a_broken_index_is_told(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "catalog.sqlite").write_bytes(b"no database " * 100)
    check = checks(settings(), tmp_path, tmp_path / "index")["index"]
    assert not check.ok
    assert "index" in check.found


def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    check = checks(settings(model=str(tmp_path / "gone")), tmp_path, tmp_path / "index")["embedding model"]
    assert not check.ok
    assert "CITEBACK_MODEL" in check.found
    assert "no such folder" in check.found


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 40, 1 << 40, 5 << 20))
    check = checks(settings(), tmp_path, tmp_path / "index")["disk"]
    assert not check.ok
    assert check.found.startswith("5 MiB free")
    assert "1024 are needed: make room" in check.found


def test_a_language_model_that_is_down_is_told(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    check = checks(settings(llm="m", llm_base_url=url), tmp_path, tmp_path / "index")["language model"]
    assert not check.ok
    assert "cannot be reached" in check.found
    check = checks(settings(llm="m", llm_base_url="nonsense"), tmp_path, tmp_path / "index")["language model"]
    assert not check.ok
    assert "is not a base URL" in check.found


def test_documents_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="gone does not exist"):
        list(examine(settings(), docs=tmp_path / "gone", index=None))


@pytest.mark.llm
def test_a_language_model_that_is_up_answers(tmp_path: Path, llm_url: str) -> None:
    check = checks(settings(llm=MODEL, llm_base_url=llm_url), tmp_path, tmp_path / "index")["language model"]
    assert check.ok
    assert check.found.startswith(f"{MODEL} at {llm_url} says ")
