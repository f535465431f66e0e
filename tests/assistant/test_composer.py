"""The text of an answer: leads, marks, offsets, numbers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistant.answerer import Claim, Passage, passages_from
from assistant.composer import Composer, cite
from assistant.grounding import Grounded
from index import Document, DocumentNotFound, Index, Page, Span
from tests.fakes import HashEmbedder, document

FERRIES = document("f", "Ferries sail. They are blue.", title="Ferries", author="A. Stone")
BRIDGE = document("b", "The bridge fell. Nobody saw it.", title="Bridge", author="A. Stone")
NOTES = document("n", "It rained all day.", title="Notes")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with Index.open(tmp_path_factory.mktemp("composer"), embedder=HashEmbedder()) as opened:
        opened.add([FERRIES, BRIDGE, NOTES])
        yield opened


def grounded(index: Index, source: Document, sentence: int, text: str | None = None) -> Grounded:
    hits = index.search(source.text, where={"id": source.id})
    (passage,) = passages_from(hits, index.infos([source.id]))
    span = passage.sentences[sentence]
    return Grounded(Claim(text or span.of(source.text), (1,)), passage, span, "partly", 0.61234)


def test_a_lead_before_each_run_of_a_source(index: Index) -> None:
    composer = Composer(index)
    added = [
        composer.add(grounded(index, FERRIES, 0), attributed=True),
        composer.add(grounded(index, FERRIES, 1), attributed=True),
        composer.add(grounded(index, BRIDGE, 0), attributed=True),
        composer.add(grounded(index, NOTES, 0), attributed=True),
        composer.add(grounded(index, FERRIES, 0), attributed=True),
    ]
    assert added == [
        "A. Stone: Ferries sail. [1]",
        " They are blue. [2]",
        "\n\nA. Stone, “Bridge”: The bridge fell. [3]",
        "\n\n“Notes”: It rained all day. [4]",
        "\n\nA. Stone: Ferries sail. [1]",
    ]
    assert composer.text == "".join(added)
    assert [sentence.citations for sentence in composer.sentences] == [(1,), (2,), (3,), (4,), (1,)]
    assert [citation.number for citation in composer.citations] == [1, 2, 3, 4]


def test_a_model_speaks_for_itself(index: Index) -> None:
    composer = Composer(index)
    composer.add(grounded(index, FERRIES, 0, "Boats go."), attributed=False)
    composer.add(grounded(index, BRIDGE, 1, "It went unseen."), attributed=False)
    assert composer.text == "Boats go. [1] It went unseen. [2]"
    assert [citation.quote for citation in composer.citations] == ["Ferries sail.", "Nobody saw it."]
    first = composer.sentences[0]
    assert (first.text, first.start, first.end, first.verdict, first.score) == ("Boats go.", 0, 9, "partly", 0.6123)


@hypothesis_settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    picks=st.lists(
        st.tuples(
            st.sampled_from([(FERRIES, 0), (BRIDGE, 0), (BRIDGE, 1), (NOTES, 0)]),
            st.booleans(),
            st.text("a [1]\n😀", min_size=1),
        ),
        max_size=6,
    )
)
def test_offsets_and_numbers_hold_for_any_sentences(
    index: Index, picks: list[tuple[tuple[Document, int], bool, str]]
) -> None:
    composer = Composer(index)
    added = [
        composer.add(grounded(index, source, sentence, text), attributed=attributed)
        for (source, sentence), attributed, text in picks
    ]
    assert composer.text == "".join(added)
    for sentence in composer.sentences:
        assert composer.text[sentence.start : sentence.end] == sentence.text
        assert composer.text[sentence.end :].startswith(f" [{sentence.citations[0]}]")
    used = [number for sentence in composer.sentences for number in sentence.citations]
    assert list(dict.fromkeys(used)) == list(range(1, len(composer.citations) + 1))
    places = [(citation.document_id, citation.start) for citation in composer.citations]
    assert len(places) == len(set(places))


def test_a_citation_reads_its_quote_from_the_document() -> None:
    paged = replace(
        document("p", "Zoë’s 😀 boat. Page two.", publisher="The Gazette", date="2031"),
        pages=(Page(1, 0, 14), Page(2, 14, 23)),
    )
    citation = cite(paged, Span(14, 23), 7)
    assert (citation.number, citation.quote, citation.page) == (7, "Page two.", 2)
    assert cite(paged, Span(0, 13), 1).quote == "Zoë’s 😀 boat."
    assert (citation.title, citation.author, citation.publisher, citation.date, citation.source) == (
        "Notes",
        None,
        "The Gazette",
        "2031",
        "p.txt",
    )


def test_a_document_that_is_gone_is_told(tmp_path: Path) -> None:
    with Index.open(tmp_path, embedder=HashEmbedder()) as index:
        index.add([FERRIES])
        gone = grounded(index, FERRIES, 0)
        index.delete(["f"])
        with pytest.raises(DocumentNotFound):
            Composer(index).add(gone, attributed=True)


def test_passages_of_removed_documents_are_left_out(index: Index) -> None:
    hits = index.search("Ferries sail", k=3)
    infos = index.infos([FERRIES.id, NOTES.id])
    passages = passages_from(hits, infos)
    assert [passage.number for passage in passages] == [1, 2]
    assert {passage.document_id for passage in passages} == {"f", "n"}
    for passage in passages:
        whole: Passage = passage
        assert index.document(whole.document_id).text[whole.start : whole.end] == whole.text


def test_the_name_of_he_is_left_out_only_right_behind_its_sentence(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Elsewhere the reader would take somebody else for him, whoever is named nearby."""
    text = "Hale accused Lee of taking bribes. Lee was guilty of it. He resigned in May. It rained."
    source = document("t", text, title="Trial", author="Lee Quint")
    with Index.open(tmp_path_factory.mktemp("names"), embedder=HashEmbedder()) as opened:
        opened.add([source])
        composer = Composer(opened)
        for sentence in (0, 2):
            composer.add(grounded(opened, source, sentence), attributed=True)
        assert composer.text == "Lee Quint: Hale accused Lee of taking bribes. [1] [Lee] He resigned in May. [2]"
        composer = Composer(opened)
        for sentence in (1, 2):
            composer.add(grounded(opened, source, sentence), attributed=True)
        assert composer.text == "Lee Quint: Lee was guilty of it. [1] He resigned in May. [2]"
