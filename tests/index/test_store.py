"""The index one opens: what is added is found, what is deleted never is."""

import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Document, DocumentNotFound, Index, ModelError, Origin, Progress, StoreError, TransformerEmbedder
from index.filling import Filler
from tests.fakes import HashEmbedder, document

FOX = document("fox", "The fox ran home. It was late.", author="Ann", publisher="Gazette", date="2025-02-12")
HEN = document("hen", "The hen sat down.", title="Farm", author="Bob", date="2024")


def ids(index: Index, query: str, **where: str) -> list[str]:
    return [hit.chunk.document_id for hit in index.search(query, where=where)]


def test_what_is_added_is_found_exactly(index: Index) -> None:
    assert index.add([FOX, HEN]) == ["fox", "hen"]
    assert index.counts() == (2, 2)
    for hit in index.search("fox"):
        text = index.document(hit.chunk.document_id).text
        assert text[hit.chunk.start : hit.chunk.end] == hit.chunk.text
    assert ids(index, "fox")[0] == "fox"
    assert index.document("fox") == FOX
    assert [info.id for info in index.documents()] == ["fox", "hen"]
    assert set(index.infos(["hen", "gone"])) == {"hen"}
    with pytest.raises(DocumentNotFound, match="'gone'"):
        index.document("gone")


def test_it_is_there_when_opened_again(tmp_path: Path) -> None:
    with Index.open(tmp_path / "deep" / "home", embedder=HashEmbedder()) as index:
        index.add([FOX])
    with Index.open(str(tmp_path / "deep" / "home"), embedder=HashEmbedder()) as index:
        assert ids(index, "fox") == ["fox"]


def test_an_empty_index_needs_no_model(tmp_path: Path) -> None:
    with Index.open(tmp_path, model="/no/such/model") as index:
        assert index.search("fox") == []
        assert index.add([]) == []
        assert index.delete(["fox"]) == 0
        assert index.vocabulary().content_terms("The fox") == ["fox"]


def test_adding_the_same_id_replaces(index: Index) -> None:
    index.add([FOX, HEN])
    index.add([document("fox", "An owl flew.")])
    assert index.counts() == (2, 2)
    assert index.document("fox").text == "An owl flew."
    assert "ran home" not in str(index.search("fox ran home"))
    assert index.vocabulary().knows("owl")
    assert not index.vocabulary().knows("fox")


def test_the_last_of_the_same_id_in_one_call_stays(index: Index) -> None:
    index.add([FOX, document("fox", "An owl flew.")])
    assert index.counts() == (1, 1)
    assert index.document("fox").text == "An owl flew."


def test_deleted_documents_are_never_found(index: Index) -> None:
    index.add([FOX, HEN])
    assert index.delete(["fox", "gone"]) == 1
    assert ids(index, "fox ran home") == ["hen"]
    assert index.delete(["hen"]) == 1
    assert index.search("hen") == []
    assert index._catalog.connection.execute("SELECT COUNT(*) FROM vectors").fetchone()[0] == 0


def test_a_document_that_comes_back_is_of_its_file_again(index: Index, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "fox.txt").write_text("A fox ran home.")
    index.sync(tmp_path / "docs")
    [info] = index.documents()
    document, origin = index.document(info.id), index.origin(info.id)
    assert origin == Origin(str(tmp_path / "docs"), "fox.txt")
    assert index.origin("nobody") is None
    index.delete([info.id])
    index.add([document], origins={document.id: origin})
    assert (index.document(info.id), index.origin(info.id)) == (document, origin)
    (tmp_path / "docs" / "fox.txt").unlink()
    assert index.sync(tmp_path / "docs").removed == ("fox.txt",)
    assert index.counts() == (0, 0)


def test_damage_is_told(index: Index) -> None:
    index.add([FOX, HEN])
    assert index.damage() == []
    connection = index._catalog.connection
    connection.execute("UPDATE documents SET text = 'X' || text WHERE id = 'fox'")
    connection.execute("DELETE FROM vectors WHERE id = (SELECT max(id) FROM vectors)")
    misplaced, bare = index.damage()
    assert "is not the text at its place" in misplaced
    assert "1 passages have no vector" in bare


def test_a_text_is_embedded_once(index: Index, embedder: HashEmbedder) -> None:
    index.add([FOX, document("copy", FOX.text)])
    assert len(embedder.encoded) == 1
    index.add([FOX])
    assert len(embedder.encoded) == 1
    assert ids(index, "fox") == ["fox", "copy"] or ids(index, "fox") == ["copy", "fox"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"author": "Ann"}, {"fox"}),
        ({"publisher": "Gazette"}, {"fox"}),
        ({"date": "2024"}, {"hen"}),
        ({"title": "Farm"}, {"hen"}),
        ({"source": "fox.txt"}, {"fox"}),
        ({"id": "hen"}, {"hen"}),
        ({"author": "Bob", "date": "2024"}, {"hen"}),
        ({"author": "Bob", "date": "2025"}, set()),
        ({"author": "ann"}, set()),
        ({"author": "A%"}, set()),
        ({"author": "\ud800"}, set()),
        ({}, {"fox", "hen"}),
        ({"date": "2025"}, {"fox"}),
        ({"date": "2025-02"}, {"fox"}),
        ({"after": "2025-02-12"}, {"fox"}),
        ({"after": "2025-02-13"}, set()),
        # What is known is the year alone: it may have been after.
        ({"after": "2024-06"}, {"fox", "hen"}),
        ({"before": "2025"}, {"fox", "hen"}),
        ({"before": "2025-02-11"}, {"hen"}),
        ({"after": "2024", "before": "2024", "author": "Bob"}, {"hen"}),
        ({"format": "TXT"}, {"fox", "hen"}),
        ({"format": "pdf"}, set()),
        ({"format": ""}, set()),
        ({"source": "fox.txt/"}, set()),
        ({"source": "fo"}, set()),
    ],
)
def test_filters(index: Index, where: dict[str, str], expected: set[str]) -> None:
    index.add([FOX, HEN])
    assert set(ids(index, "the fox and the hen", **where)) == expected


def test_a_folder_is_a_source(index: Index) -> None:
    index.add([document("a", "A fox.", source="in/a.txt"), document("b", "A fox.", source="in_b.txt")])
    assert set(ids(index, "fox", source="in/")) == {"a"}


def test_an_unknown_filter_is_named(index: Index) -> None:
    index.add([FOX])
    with pytest.raises(StoreError, match="cannot filter by 'auther'; the fields are id, title, author"):
        index.search("fox", where={"auther": "Ann"})


def test_any_query_is_answered(index: Index) -> None:
    index.add([FOX, HEN])

    @given(st.text(st.characters()) | st.sampled_from(["\ud800", "fox\udfff", "\x00", '"fox', "AND OR", "*", ""]))
    def ask(query: str) -> None:
        assert {hit.chunk.document_id for hit in index.search(query)} == {"fox", "hen"}

    ask()


def test_half_a_character_in_a_document_is_named(index: Index) -> None:
    text, title, author = "The fox \ud83d ran.", "\udc00", "\udc00"
    for broken in (document("bad", text), document("bad", "Fox.", title=title), document("bad", "Fox.", author=author)):
        with pytest.raises(StoreError, match="'bad' holds half a character"):
            index.add([FOX, broken])
    assert index.counts() == (0, 0)
    for failing in (lambda: index.document("\ud83d"), lambda: index.delete(["\ud83d"])):
        with pytest.raises(StoreError, match="half a character"):
            failing()


def test_a_mistake_of_the_caller_is_not_called_damage(index: Index) -> None:
    with pytest.raises(StoreError, match="'x' holds something that is no text"):
        index.add([Document("x", "Fox.", "Fox", source=7)])  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="cannot do this"):
        index.document(["fox"])  # type: ignore[arg-type]
    index.add([FOX])
    assert [hit.chunk.document_id for hit in index.search("fox", k=10**12)] == ["fox"]


def test_an_index_that_is_taken_away_is_not_made_again(tmp_path: Path) -> None:
    with Index.open(tmp_path / "home", embedder=HashEmbedder()) as index, ThreadPoolExecutor(1) as elsewhere:
        index.add([FOX])
        shutil.rmtree(index.home)
        with pytest.raises(StoreError, match="cannot be used"):
            elsewhere.submit(index.documents).result()
        assert not index.home.exists()


def test_another_model_is_refused(tmp_path: Path) -> None:
    with Index.open(tmp_path, embedder=HashEmbedder("one")) as index:
        index.add([FOX])
    with Index.open(tmp_path, embedder=HashEmbedder("two")) as other:
        for failing in (lambda: other.search("fox"), lambda: other.add([HEN]), lambda: other.sync(tmp_path)):
            with pytest.raises(ModelError, match=r"made with one \(128\), not two"):
                failing()
        assert [info.id for info in other.documents()] == ["fox"]
    shorter = Index.open(tmp_path, embedder=HashEmbedder("one", dimension=64))
    with shorter, pytest.raises(ModelError, match=r"one \(128\), not one \(64\)"):
        shorter.search("fox")


def test_searching_binds_to_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: Filler) -> int:
        raise OSError("gone before the first vector")

    with monkeypatch.context() as patched, Index.open(tmp_path, embedder=HashEmbedder("one")) as index:
        patched.setattr("index.filling.Filler._fill", failing)
        with pytest.raises(OSError, match="gone before"):
            index.add([FOX])
    with (
        Index.open(tmp_path, embedder=HashEmbedder("two")) as other,
        pytest.raises(ModelError, match=r"made with one \(128\), not two"),
    ):
        other.search("fox")
    with Index.open(tmp_path, embedder=HashEmbedder("one")) as index:
        index.add([HEN])
        assert index.waiting() == 0


def test_after_an_exception_while_embedding_the_text_is_there_and_waits_for_its_vectors(tmp_path: Path) -> None:
    with Index.open(tmp_path, embedder=HashEmbedder(fails_at=1)) as index:
        with pytest.raises(OSError, match="went away"):
            index.add([FOX])
        assert (index.counts(), index.waiting()) == ((1, 1), 1)
        [hit] = index.search("fox")
        assert (hit.chunk.document_id, hit.cosine) == ("fox", None)
        index.add([HEN])
        assert index.waiting() == 0
        assert {hit.chunk.document_id: hit.cosine is not None for hit in index.search("fox")} == {
            "fox": True,
            "hen": True,
        }


def test_progress_is_told(index: Index) -> None:
    told: list[Progress] = []
    index.add([FOX, HEN], progress=told.append)
    counted = [(each.stage, each.done, each.total) for each in told if each.done]
    assert counted == [("embed", 2, 2), ("publish", 1, 1)]


def test_two_indexes_on_one_home_see_each_others_changes(tmp_path: Path) -> None:
    with (
        Index.open(tmp_path, embedder=HashEmbedder()) as reader,
        Index.open(tmp_path, embedder=HashEmbedder()) as writer,
    ):
        assert reader.search("fox") == []
        writer.add([FOX])
        assert ids(reader, "fox") == ["fox"]
        writer.delete(["fox"])
        assert reader.search("fox") == []


HOLD = "import sys, time, filelock\nwith filelock.FileLock(sys.argv[1]):\n print(flush=True)\n time.sleep({})"


@pytest.mark.parametrize(("held", "patience", "waits"), [(60, 0.2, False), (0.6, 30, True)])
def test_one_writer_at_a_time(
    index: Index, monkeypatch: pytest.MonkeyPatch, held: float, patience: float, waits: bool
) -> None:
    monkeypatch.setattr("index.writing._SECONDS", patience)
    (index.home / "writer.json").write_text('{"pid": 1, "program": "sync", "since": "noon"}')
    command = [sys.executable, "-c", HOLD.format(held), str(index.home / "writer.lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout
            other.stdout.readline()
            started = time.monotonic()
            if waits:
                index.add([FOX])
                assert time.monotonic() - started > 0.3
            else:
                with pytest.raises(
                    StoreError, match=r"has been written by process 1 \(sync, since noon\) for over 0 s"
                ):
                    index.add([FOX])
                # Reading goes on.
                assert index.search("fox") == []
        finally:
            other.kill()
    # A writer that was killed holds nothing up.
    index.add([FOX])
    assert ids(index, "fox") == ["fox"]


def test_a_home_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for home in (tmp_path / "file", tmp_path / "file" / "home"):
        with pytest.raises(StoreError, match="cannot hold an index"):
            Index.open(home)


def test_a_closed_index_says_so(index: Index) -> None:
    index.close()
    with pytest.raises(StoreError, match="is closed"):
        index.search("fox")


@pytest.mark.slow
def test_the_bundled_model_finds_by_meaning(tmp_path: Path, transformer: TransformerEmbedder) -> None:
    with Index.open(tmp_path, embedder=transformer) as index:
        index.add([document("war", "Soldiers were sent to the border."), document("soup", "Leeks are cut thinly.")])
        hits = index.search("military deployment")
    assert hits[0].chunk.document_id == "war"
    assert hits[0].bm25 is None
