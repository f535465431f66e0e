"""Fusion by hand; both searches reach the result."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Index
from index.retrieval import reciprocal_rank_fusion
from tests.fakes import document


def test_fusion_by_hand() -> None:
    assert reciprocal_rank_fusion([[7, 8], [8]], k=1) == {7: 1 / 2, 8: 1 / 3 + 1 / 2}
    assert reciprocal_rank_fusion([[1], [2, 1]]) == {1: 1 / 61 + 1 / 62, 2: 1 / 61}
    assert reciprocal_rank_fusion([]) == {}
    assert reciprocal_rank_fusion([[], []]) == {}


@given(st.lists(st.lists(st.integers(0, 20), unique=True), max_size=5), st.integers(1, 100))
def test_what_is_ranked_higher_everywhere_scores_higher(rankings: list[list[int]], k: int) -> None:
    scores = reciprocal_rank_fusion(rankings, k=k)
    assert scores.keys() == {item for ranking in rankings for item in ranking}
    assert all(0 < score <= len(rankings) / (k + 1) + 1e-12 for score in scores.values())
    common = [ranking for ranking in rankings if 0 in ranking and 1 in ranking]
    if common == rankings != [] and all(ranking.index(0) < ranking.index(1) for ranking in rankings):
        assert scores[0] > scores[1]


@pytest.fixture
def animals(index: Index) -> Index:
    index.add(
        [
            document("fox", "The fox ran.", author="Ann", date="2025"),
            document("hen", "The hen sat down.", author="Bob", date="2025"),
            document("owl", "Owls hunt mice.", author="Bob", date="2024"),
        ]
    )
    return index


def test_scores_say_which_search_found_it(animals: Index) -> None:
    hits = {hit.chunk.document_id: hit for hit in animals.search("fox ran")}
    assert next(iter(hits)) == "fox"
    assert hits["fox"].score == pytest.approx(2 / 61)
    assert hits["fox"].bm25 is not None
    # No word in common: found by its vector alone, in second or third place.
    assert hits["owl"].bm25 is None
    assert hits["owl"].cosine is not None
    assert 1 / 63 <= hits["owl"].score <= 1 / 62
    assert [hit.score for hit in hits.values()] == sorted((hit.score for hit in hits.values()), reverse=True)


def test_several_wordings_are_fused_and_keep_the_best_of_each(animals: Index) -> None:
    both = {hit.chunk.document_id: hit for hit in animals.search(["fox ran", "owls hunt mice"])}
    assert set(list(both)[:2]) == {"fox", "owl"}
    for name, query in (("fox", "fox ran"), ("owl", "owls hunt mice")):
        alone = next(hit for hit in animals.search(query) if hit.chunk.document_id == name)
        assert (both[name].cosine, both[name].bm25) == (alone.cosine, alone.bm25)
    assert animals.search([]) == []


def test_k_is_how_many_come_back(animals: Index) -> None:
    assert [len(animals.search("the fox", k=k)) for k in (0, 1, 2, 3, 50)] == [0, 1, 2, 3, 3]
    assert animals.search("the fox", k=1) == animals.search("the fox", k=3)[:1]


def test_a_filter_reaches_past_what_ranks_above_it(index: Index) -> None:
    index.add(document(f"d{n}", "The fox ran home.", author="Ann") for n in range(80))
    index.add([document("last", "Something else.", author="Bob")])
    # Without the filter 80 passages rank above it, and each search stops at 50.
    assert [hit.chunk.document_id for hit in index.search("fox", k=5, where={"author": "Bob"})] == ["last"]
    assert len(index.search("fox", k=70)) == 70


def test_a_document_without_passages_can_be_filtered_for(index: Index) -> None:
    index.add([document("fox", "The fox ran."), document("blank", " \n ", author="Nobody")])
    assert index.search("fox", where={"author": "Nobody"}) == []
