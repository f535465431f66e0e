"""Whatever happens to a derived file, searches are right and nothing is embedded again."""

import json
import shutil
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from index import Index
from index.derived import Derived, publish
from index.retrieval import retrieve
from tests.fakes import HashEmbedder, document

FOXES = [document(f"fox-{n}", f"The fox number {n} ran home.") for n in range(6)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An index of two generations, its derived indexes published for both."""
    with Index.open(tmp_path / "home", embedder=HashEmbedder()) as index:
        index.add([document("hen", "A hen sat in the soup.")])
        index.add(FOXES)
    return tmp_path / "home"


def generations(home: Path) -> list[Path]:
    return sorted(path for path in (home / "derived").iterdir() if path.name.isdigit())


def found(home: Path, query: str = "fox number 3") -> list[tuple[str, float | None, float | None]]:
    """What a newly opened index finds; asserts that it encoded the query and nothing else."""
    embedder = HashEmbedder()
    with Index.open(home, embedder=embedder) as index:
        hits = index.search(query)
    assert embedder.encoded == [query]
    return [(hit.chunk.document_id, hit.cosine, hit.bm25) for hit in hits]


def whole(home: Path) -> bool:
    """Whether what is published for the last generation is read without being built again."""
    before = [path.stat().st_mtime_ns for path in sorted(generations(home)[-1].rglob("*")) if path.is_file()]
    found(home)
    return before == [path.stat().st_mtime_ns for path in sorted(generations(home)[-1].rglob("*")) if path.is_file()]


def test_what_is_published_is_used_as_it_is(home: Path) -> None:
    assert found(home)[0][0] == "fox-3"
    assert len(generations(home)) == 2
    assert whole(home)


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
        lambda file: file.write_bytes(flipped(file.read_bytes(), 0)),
        lambda file: file.write_bytes(flipped(file.read_bytes(), len(file.read_bytes()) // 2)),
        lambda file: file.write_bytes(flipped(file.read_bytes(), -1)),
        lambda file: file.with_name("uninvited").write_bytes(b"x"),
    ],
    ids=["gone", "empty", "cut", "first byte", "middle byte", "last byte", "one too many"],
)
def test_a_damaged_file_is_made_again(home: Path, damage: Callable[[Path], object]) -> None:
    expected = found(home)
    names = [path.relative_to(generations(home)[-1]) for path in generations(home)[-1].rglob("*") if path.is_file()]
    tried = 0
    for name in names:
        file = generations(home)[-1] / name
        # Tantivy names its segments anew each time.
        if file.exists() and file.stat().st_size:
            tried += 1
            damage(file)
            assert found(home) == expected
            assert whole(home)
    assert tried >= 4


def flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


@pytest.mark.parametrize(
    "content", [b"[]", b"{}", b"7", b"\xff\xfe", b"[" * 100_000, b'{"generation": 4, "files": {}}']
)
def test_a_manifest_that_is_none_is_made_again(home: Path, content: bytes) -> None:
    expected = found(home)
    (generations(home)[-1] / "manifest.json").write_bytes(content)
    assert found(home) == expected
    assert whole(home)


def test_a_file_of_another_generation_is_noticed(home: Path) -> None:
    expected = found(home)
    old, new = generations(home)
    for file in [file for file in old.rglob("*") if file.is_file()]:
        target = new / file.relative_to(old)
        if target.exists() and target.read_bytes() != file.read_bytes():
            target.unlink()
            shutil.copyfile(file, target)
            assert found(home) == expected
            new = generations(home)[-1]


def test_the_folder_of_another_generation_is_noticed(home: Path) -> None:
    expected = found(home)
    old, new = generations(home)
    shutil.rmtree(new)
    shutil.copytree(old, new)
    assert found(home) == expected
    shutil.rmtree(home / "derived")
    assert found(home) == expected


def test_words_of_what_is_gone_are_not_counted_for_long(home: Path) -> None:
    with Index.open(home, embedder=HashEmbedder()) as index:
        index.add([document(f"toll-{n}", "The bridge takes a toll.") for n in range(200)])
        index.delete([f"toll-{n}" for n in range(199)])
        there = index.vocabulary()
        kept = index.search("bridge toll")[0].bm25
        assert (there.knows("bridg"), there.knows("fox")) == (True, True)
    shutil.rmtree(home / "derived")
    with Index.open(home, embedder=HashEmbedder()) as index:
        assert index.search("bridge toll")[0].bm25 == kept
        assert index.vocabulary().idf("toll") == there.idf("toll") > 0
        index.delete(["toll-199"])
        assert not index.vocabulary().knows("bridg")
        assert index.vocabulary().idf("toll") > 0


def test_whoever_may_read_the_index_may_read_what_is_derived(home: Path) -> None:
    shelf = home / "derived"
    shelf.chmod(0o755)
    with Index.open(home, embedder=HashEmbedder()) as index:
        index.add([document("owl", "Owls hunt mice.")])
    newest = generations(home)[-1]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in newest.rglob("*") if path.is_file()}
    assert (stat.S_IMODE(newest.stat().st_mode), modes) == (0o755, {0o644})


def test_old_generations_and_unfinished_ones_are_removed(home: Path) -> None:
    unfinished = home / "derived" / "new-killed"
    unfinished.mkdir()
    (unfinished / "dense.faiss").write_bytes(b"half")
    with Index.open(home, embedder=HashEmbedder()) as index:
        old = index.derived()
        for n in range(3):
            index.add([document("cat", f"A cat sat {n} times.")])
        # Others may still use what they opened.
        assert old.lexical.search("fox", 10)
        assert old.dense.search(index.embedder.encode(["fox"])[0], 3)
    assert not unfinished.exists()
    assert len(generations(home)) == 2
    assert json.loads((generations(home)[-1] / "manifest.json").read_text())["state"]["generation"] == index_generation(
        home
    )


def index_generation(home: Path) -> int:
    return int(generations(home)[-1].name)


def test_processes_that_build_at_once_do_not_disturb_each_other(home: Path) -> None:
    expected = found(home)
    for _ in range(5):
        shutil.rmtree(home / "derived")
        results: list[object] = []
        start = threading.Barrier(4)

        def ask(start: threading.Barrier = start, results: list[object] = results) -> None:
            start.wait()
            try:
                results.append(found(home))
            except Exception as error:  # noqa: BLE001 - a thread's errors would be lost
                results.append(error)

        # Four indexes have nothing in common but the files, as four processes have.
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [expected] * 4


def test_a_derived_index_that_is_behind_never_returns_deleted_text(home: Path) -> None:
    with Index.open(home, embedder=HashEmbedder()) as reader, Index.open(home, embedder=HashEmbedder()) as writer:
        behind = reader.derived()

        def ask(derived: Derived) -> dict[str, str]:
            hits = retrieve(
                {"fox number 3": 1.0},
                k=10,
                where=None,
                catalog=reader._catalog,
                derived=derived,
                embedder=HashEmbedder(),
            )
            return {hit.chunk.document_id: hit.chunk.text for hit in hits}

        assert set(ask(behind)) == {f"fox-{n}" for n in range(6)} | {"hen"}
        writer.delete(["fox-3"])
        writer.add([document("fox-4", "The cat left.")])
        assert set(ask(behind)) == {"fox-0", "fox-1", "fox-2", "fox-5", "hen"}
        # The next search sees the writer's generation.
        assert {hit.chunk.text for hit in reader.search("cat", k=1)} == {"The cat left."}
        assert reader.derived().generation > behind.generation
        assert publish(home, reader._catalog).generation == reader.derived().generation
