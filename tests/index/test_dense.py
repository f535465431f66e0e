"""Cosines by hand, ids kept, filters exact."""

from pathlib import Path

import numpy as np
import pytest

from index.dense import FILE, DenseIndex

# Along x, along y, between the two, against x.
VECTORS = np.array([[1, 0], [0, 1], [0.6, 0.8], [-1, 0]], np.float32)
IDS = [70, 10, 40, 2**40]
EAST = np.array([1, 0], np.float32)


def test_scores_are_cosines_best_first() -> None:
    found = DenseIndex(IDS, VECTORS).search(EAST, 4)
    assert [i for i, _ in found] == [70, 40, 10, 2**40]
    assert [score for _, score in found] == pytest.approx([1, 0.6, 0, -1])


def test_k_and_filter() -> None:
    dense = DenseIndex(IDS, VECTORS)
    assert [i for i, _ in dense.search(EAST, 2)] == [70, 40]
    assert [i for i, _ in dense.search(EAST, 100)] == [70, 40, 10, 2**40]
    assert [i for i, _ in dense.search(EAST, 3, allowed=[2**40, 10, 5])] == [10, 2**40]
    assert dense.search(EAST, 3, allowed=[]) == []


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    empty = DenseIndex([], np.zeros((0, 0), np.float32))
    assert empty.search(EAST, 3) == []
    empty.save(tmp_path)
    assert DenseIndex.load(tmp_path).search(EAST, 3) == []


def test_saved_and_loaded_it_finds_the_same(tmp_path: Path) -> None:
    dense = DenseIndex(IDS, VECTORS)
    dense.save(tmp_path)
    assert (tmp_path / FILE).is_file()
    assert DenseIndex.load(tmp_path).search(EAST, 4) == dense.search(EAST, 4)
