"""Fusion by hand; both searches reach the result."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Index
from index.retrieval import combined
from tests.fakes import document

RANKINGS = st.dictionaries(st.integers(0, 20), st.floats(0, 1), max_size=8).map(lambda found: list(found.items()))


def test_fusion_by_hand() -> None:
    assert combined([(7, 0.9), (8, 0.7), (9, 0.5)], [(9, 3.0), (4, 1.5)]) == pytest.approx(
        {7: 0.55, 8: 0.275, 9: 0.45, 4: 0.225}
    )
    # One passage alone, or several that are alike, are the nearest there are.
    assert combined([(7, 0.4), (8, 0.4)], []) == {7: 0.55, 8: 0.55}
    assert combined([], []) == {}


@given(RANKINGS, RANKINGS)
def test_what_both_searches_rank_higher_scores_higher(
    dense: list[tuple[int, float]], lexical: list[tuple[int, float]]
) -> None:
    scores = combined(dense, lexical)
    assert scores.keys() == {item for item, _ in (*dense, *lexical)}
    assert all(0 <= score <= 1 + 1e-9 for score in scores.values())
    cosines, bm25 = dict(dense), dict(lexical)
    for item in scores:
        for other in scores:
            if cosines.get(item, -1) >= cosines.get(other, -1) and bm25.get(item, -1) >= bm25.get(other, -1):
                assert scores[item] >= scores[other] - 1e-9


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
    assert hits["fox"].score == pytest.approx(1)
    assert hits["fox"].bm25 is not None
    # No word in common: found by its vector alone.
    assert hits["owl"].bm25 is None
    assert hits["owl"].cosine is not None
    assert 0 <= hits["owl"].score <= 0.55
    assert [hit.score for hit in hits.values()] == sorted((hit.score for hit in hits.values()), reverse=True)


def test_several_wordings_are_fused_and_keep_the_best_of_each(animals: Index) -> None:
    both = {hit.chunk.document_id: hit for hit in animals.search(["fox ran", "owls hunt mice"])}
    assert set(list(both)[:2]) == {"fox", "owl"}
    for name, query in (("fox", "fox ran"), ("owl", "owls hunt mice")):
        alone = next(hit for hit in animals.search(query) if hit.chunk.document_id == name)
        assert (both[name].cosine, both[name].bm25) == (alone.cosine, alone.bm25)
    assert animals.search([]) == animals.search({"fox": 0}) == []
    # A wording that hardly counts changes nothing at the top.
    assert animals.search({"fox ran": 1, "owls hunt mice": 0.01})[0].chunk.document_id == "fox"


def test_k_is_how_many_come_back(animals: Index) -> None:
    assert [len(animals.search("the fox", k=k)) for k in (0, 1, 2, 3, 50)] == [0, 1, 2, 3, 3]
    assert animals.search("the fox", k=1) == animals.search("the fox", k=3)[:1]


def test_a_filter_reaches_past_what_ranks_above_it(index: Index) -> None:
    index.add(document(f"d{n}", "The fox ran home.", author="Ann") for n in range(150))
    index.add([document("last", "Something else.", author="Bob")])
    # Without the filter 150 passages rank above it, and each search stops at its depth.
    assert [hit.chunk.document_id for hit in index.search("fox", k=5, where={"author": "Bob"})] == ["last"]
    assert len(index.search("fox", k=120)) == 120


def test_a_document_without_passages_can_be_filtered_for(index: Index) -> None:
    index.add([document("fox", "The fox ran."), document("blank", " \n ", author="Nobody")])
    assert index.search("fox", where={"author": "Nobody"}) == []
