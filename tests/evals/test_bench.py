"""The benchmarks' own parts, on a corpus small enough for a test."""

from pathlib import Path

import numpy as np
import pytest

from evals import bench


def test_the_corpus_repeats_with_its_seed() -> None:
    first, again, other = (list(bench.corpus(3, sentences=4, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert [document.id for document in first] == ["made-0", "made-1", "made-2"]
    assert first[0].text != other[0].text
    assert all(8 <= len(sentence.split()) <= 24 for sentence in first[0].text.rstrip(".").split(". "))


def test_the_vocabulary_has_no_word_twice() -> None:
    assert len(set(bench.words(4000))) == 4000


def test_random_vectors_have_length_one() -> None:
    vectors = bench.RandomEmbedder().encode(["a", "b"])
    assert vectors.shape == (2, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_ingest_and_search_are_measured(tmp_path: Path) -> None:
    passages, rate = bench.ingest_rate(tmp_path / "ingest", documents=5, embedder=bench.RandomEmbedder())
    assert passages >= 5
    assert rate > 0
    passages, milliseconds = bench.search_latency(tmp_path / "search", documents=5, queries=4)
    assert passages >= 5
    assert len(milliseconds) == 4
    assert min(milliseconds) > 0


def test_the_machine_is_described() -> None:
    assert "cores" in bench.machine()
