"""Cosines by hand; whatever was added and removed, in whatever order, it finds what comparing everything finds."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index import dense as module
from index.dense import BASE, DEAD, FRESH, DenseIndex, Ids
from index.embedding import Vectors

# Along x, along y, between the two, against x.
VECTORS = np.array([[1, 0], [0, 1], [0.6, 0.8], [-1, 0]], np.float32)
IDS = np.array([70, 10, 40, 2**40])
EAST = np.array([1, 0], np.float32)
DIMENSION = 8


def unit(seeds: Sequence[int]) -> Vectors:
    """A unit vector for each seed, in half precision as the catalog keeps them."""
    made = [np.random.default_rng(seed).standard_normal(DIMENSION) for seed in seeds]
    vectors = np.array(made, np.float32).reshape(len(seeds), DIMENSION)
    halves: NDArray[np.float16] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    return halves.astype(np.float32)


def batches(ids: Sequence[int], size: int = 7) -> Iterator[tuple[Ids, Vectors]]:
    """The vectors that have their ids for seeds."""
    for start in range(0, len(ids), size):
        part = ids[start : start + size]
        yield np.array(part, np.int64), unit(part)


def built(folder: Path, ids: Sequence[int]) -> Path:
    folder.mkdir()
    DenseIndex.build(folder, batches(ids), len(ids))
    return folder


def extended(folder: Path, older: Path, added: Sequence[int], dead: Sequence[int] = ()) -> Path:
    folder.mkdir()
    assert DenseIndex.extend(folder, older, batches(added), dead)
    return folder


def agrees(index: DenseIndex, alive: set[int], *, query: int, k: int, allowed: Sequence[int] | None = None) -> None:
    """The index finds what comparing the query with every vector finds."""
    wanted = sorted(alive if allowed is None else alive & set(allowed))
    vector = unit([query])[0]
    expected = {i: float(score) for i, score in zip(wanted, unit(wanted) @ vector, strict=True)}
    found = index.search(vector, k, allowed=allowed)
    assert len(found) == min(k, len(wanted))
    assert [score for _, score in found] == pytest.approx(sorted(expected.values(), reverse=True)[:k], abs=1e-5)
    assert all(score == pytest.approx(expected[i], abs=1e-5) for i, score in found)
    assert len({i for i, _ in found}) == len(found)


@pytest.fixture(params=["flat", "inverted"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both kinds of base; every cell of the small inverted file is searched."""
    monkeypatch.setattr(module, "_FLAT_MOST", 1_000 if request.param == "flat" else -1)
    return str(request.param)


def test_scores_are_cosines_best_first(tmp_path: Path) -> None:
    DenseIndex.build(tmp_path, [(IDS, VECTORS)], 4)
    index = DenseIndex.load(tmp_path)
    found = index.search(EAST, 4)
    assert [i for i, _ in found] == [70, 40, 10, 2**40]
    # 0.6 in half precision.
    assert [score for _, score in found] == pytest.approx([1, 0.6, 0, -1], abs=3e-4)
    assert (len(index), index.dimension) == (4, 2)


def test_k_and_filter(tmp_path: Path) -> None:
    DenseIndex.build(tmp_path, [(IDS, VECTORS)], 4)
    index = DenseIndex.load(tmp_path)
    assert [i for i, _ in index.search(EAST, 2)] == [70, 40]
    assert [i for i, _ in index.search(EAST, 100)] == [70, 40, 10, 2**40]
    assert [i for i, _ in index.search(EAST, 3, allowed=[2**40, 10, 5])] == [10, 2**40]
    assert [i for i, _ in index.search(EAST, 3, allowed=np.array([10, 70]))] == [70, 10]
    assert index.search(EAST, 3, allowed=[]) == index.search(EAST, 0) == []


def test_an_empty_index_finds_nothing_and_cannot_be_extended(tmp_path: Path, kind: str) -> None:
    empty = built(tmp_path / "empty", [])
    index = DenseIndex.load(empty)
    assert index.search(EAST, 3) == []
    assert len(index) == 0
    # Its dimension is not known, so a base must be made.
    (tmp_path / "next").mkdir()
    assert not DenseIndex.extend(tmp_path / "next", empty, batches([1]), [])
    assert list((tmp_path / "next").iterdir()) == []


def test_without_the_last_vector_it_finds_nothing(tmp_path: Path, kind: str) -> None:
    bare = extended(tmp_path / "bare", built(tmp_path / "full", [1, 2, 3]), [], [1, 2, 3])
    assert DenseIndex.load(bare).search(unit([1])[0], 3) == []
    again = DenseIndex.load(extended(tmp_path / "again", bare, [4]))
    assert [i for i, _ in again.search(unit([1])[0], 3)] == [4]


def test_extended_twice_it_finds_what_is_left(tmp_path: Path, kind: str) -> None:
    first = built(tmp_path / "1", range(100))
    second = extended(tmp_path / "2", first, range(100, 130), [3, 5, 7, 999])
    third = extended(tmp_path / "3", second, range(130, 140), [7, 8, 100, 101])
    for folder, alive in (
        (first, {*range(100)}),
        (second, {*range(130)} - {3, 5, 7}),
        (third, {*range(140)} - {3, 5, 7, 8, 100, 101}),
    ):
        index = DenseIndex.load(folder)
        assert len(index) == len(alive)
        for query in range(300, 310):
            agrees(index, alive, query=query, k=10)
            agrees(index, alive, query=query, k=10, allowed=[*range(0, 140, 3), 777])
        agrees(index, alive, query=300, k=1_000)
        # The nearest to a dead vector is another.
        assert all(i in alive for dead in (3, 7, 100) for i, _ in index.search(unit([dead])[0], 3))


def test_what_was_removed_can_come_back(tmp_path: Path, kind: str) -> None:
    added = extended(tmp_path / "added", built(tmp_path / "base", range(20)), [50])
    gone = extended(tmp_path / "gone", added, [], [4, 50])
    agrees(DenseIndex.load(gone), {*range(20)} - {4}, query=4, k=30)
    back = DenseIndex.load(extended(tmp_path / "back", gone, [4, 50]))
    agrees(back, {*range(20), 50}, query=4, k=30)


@pytest.mark.parametrize("linked", [True, False])
def test_the_older_folder_is_left_as_it_is(
    tmp_path: Path, kind: str, linked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    if not linked:
        monkeypatch.setattr(os, "link", refuse)
    older = built(tmp_path / "older", range(50))
    before = {file.name: file.read_bytes() for file in older.iterdir()}
    assert set(before) == {BASE, FRESH, DEAD}
    newer = extended(tmp_path / "newer", older, range(50, 60), [1, 2])
    assert (newer / BASE).samefile(older / BASE) == linked
    # A base made anew in the same place is written beside the shared file, not into it.
    DenseIndex.build(newer, batches(range(200, 210)), 10)
    assert {file.name: file.read_bytes() for file in older.iterdir()} == before
    agrees(DenseIndex.load(older), {*range(50)}, query=99, k=10)
    agrees(DenseIndex.load(newer), {*range(200, 210)}, query=99, k=5)


def test_files_may_go_while_the_index_is_open(tmp_path: Path, kind: str) -> None:
    folder = extended(tmp_path / "2", built(tmp_path / "1", range(50)), [60], [1])
    index = DenseIndex.load(folder)
    for file in (*folder.iterdir(), *(tmp_path / "1").iterdir()):
        file.unlink()
    agrees(index, {*range(50), 60} - {1}, query=99, k=60)


def test_a_base_is_due_when_much_has_changed(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FEW", 10)
    older = built(tmp_path / "older", range(160))
    folder = tmp_path / "newer"
    folder.mkdir()
    # An eighth of 160 is 20.
    assert not DenseIndex.extend(folder, older, batches(range(200, 221)), [])
    assert not DenseIndex.extend(folder, older, [], range(21))
    assert not DenseIndex.extend(folder, older, batches(range(200, 211)), range(10))
    assert list(folder.iterdir()) == []
    assert DenseIndex.extend(folder, older, batches(range(200, 210)), range(10))


def test_a_flat_base_that_grows_too_large_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = built(tmp_path / "older", range(30))
    monkeypatch.setattr(module, "_FLAT_MOST", 35)
    extended(tmp_path / "still", older, range(30, 35))
    (tmp_path / "more").mkdir()
    assert not DenseIndex.extend(tmp_path / "more", older, batches(range(30, 36)), [])


def test_few_cells_find_nearly_all_and_a_filter_no_fewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FLAT_MOST", 0)
    monkeypatch.setattr(module, "_PROBES", 8)
    index = DenseIndex.load(built(tmp_path / "inverted", range(900)))
    wanted = [*range(0, 900, 9)]
    for allowed in (None, wanted):
        alive = [*range(900)] if allowed is None else wanted
        hits = 0
        for query in unit(range(5_000, 5_050)):
            best = np.argsort(-(unit(alive) @ query))[:5]
            hits += len({alive[i] for i in best} & {i for i, _ in index.search(query, 5, allowed=allowed)})
        assert hits / 250 > 0.8
    # Of one wanted passage every cell is searched.
    assert all([i for i, _ in index.search(unit([5_000])[0], 5, allowed=[one])] == [one] for one in range(100))


@settings(max_examples=40)
@given(data=st.data(), inverted=st.booleans())
def test_any_story_ends_as_comparing_everything_does(data: st.DataObject, inverted: bool) -> None:
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FLAT_MOST", -1 if inverted else 1_000)
        patch.setattr(module, "_FEW", 12)
        home, next_id = Path(name), 1
        folder, alive = built(home / "0", []), set[int]()
        for step in range(1, data.draw(st.integers(1, 5)) + 1):
            added = range(next_id, next_id := next_id + data.draw(st.integers(0, 20)))
            dead = data.draw(st.lists(st.integers(1, next_id + 3), max_size=10))
            dead = [i for i in dead if i not in added]
            alive = alive - {*dead} | {*added}
            folder, older = home / str(step), folder
            folder.mkdir()
            if not DenseIndex.extend(folder, older, batches(added), dead):
                DenseIndex.build(folder, batches(sorted(alive)), len(alive))
            index = DenseIndex.load(folder)
            assert len(index) == len(alive)
            allowed = data.draw(st.none() | st.lists(st.integers(0, next_id), max_size=20))
            agrees(index, alive, query=data.draw(st.integers(0, 200)), k=data.draw(st.integers(1, 40)), allowed=allowed)
