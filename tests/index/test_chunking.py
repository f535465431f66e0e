"""Passages: exact, whole, within the model's limit, whatever the document."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Block, Chunk, Document, TransformerEmbedder
from index.chunking import chunk, embeddable
from index.embedding import Embedder
from index.ingest import prepare
from index.schema import BlockKind
from tests.fakes import HashEmbedder, document

KINDS: list[BlockKind] = ["heading", "paragraph", "item", "row", "furniture"]
WORDS = st.sampled_from(
    ["Peace", "troops", "leave.", "It", "ends!", "Dr.", "3.5", "漢字。", "é", "a-b-c", "😀", "word" * 50]
)
BLOCK_TEXTS = st.lists(WORDS, min_size=1, max_size=120).map(" ".join)
# Kind, text, and level where it is a heading.
CONTENTS = st.lists(st.tuples(st.sampled_from(KINDS), BLOCK_TEXTS, st.integers(1, 3)), max_size=8)


def made_of(contents: Sequence[tuple[BlockKind, str, int]], title: str = "Notes") -> Document:
    """A document of these blocks, an empty line between them."""
    text, blocks = "", []
    for kind, content, level in contents:
        blocks.append(Block(len(text), len(text) + len(content), kind, level if kind == "heading" else 0))
        text += content + "\n\n"
    return document("d", text, title=title, blocks=tuple(blocks))


def chunks_of(made: Document, embedder: Embedder) -> list[Chunk]:
    return chunk(made, made.blocks, embedder, limit=embedder.limit)


def check(made: Document, embedder: Embedder) -> None:
    """Assert what holds for the passages of any document."""
    chunks = chunks_of(made, embedder)
    for each in chunks:
        assert (each.id, each.document_id) == (0, made.id)
        assert each.text == made.text[each.start : each.end] != ""
        assert (each.sentences[0].start, each.sentences[-1].end) == (each.start, each.end)
        assert all(span.of(made.text).strip() == span.of(made.text) != "" for span in each.sentences)
    spans = [span for each in chunks for span in each.sentences]
    assert all(a.end <= b.start for a, b in pairwise(spans))
    # Every character of the text proper is in a sentence; of headings and furniture none is.
    inside = {offset for span in spans for offset in range(span.start, span.end)}
    for block in made.blocks:
        offsets = {n for n in range(block.start, block.end) if not made.text[n].isspace()}
        assert offsets & inside == (set() if block.kind in ("heading", "furniture") else offsets)
        if block.kind in ("heading", "furniture"):
            assert not any(each.start < block.end and block.start < each.end for each in chunks)
    embedded = embeddable([(made.title, each) for each in chunks], embedder)
    assert all(len(embedder.token_spans(text)) + 2 <= embedder.limit for text in embedded)


@given(CONTENTS, BLOCK_TEXTS, st.sampled_from([128, 256, 512]))
def test_any_document(contents: list[tuple[BlockKind, str, int]], title: str, limit: int) -> None:
    check(made_of(contents, title), HashEmbedder(limit=limit))


@pytest.mark.slow
@given(contents=CONTENTS, title=BLOCK_TEXTS)
def test_any_document_with_the_real_tokenizer(
    transformer: TransformerEmbedder, contents: list[tuple[BlockKind, str, int]], title: str
) -> None:
    check(made_of(contents, title), transformer)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["x" * 1_000_000, "ab1-" * 20_000, "漢" * 80_000, "e\u0301" * 40_000, "😀" * 80_000],
    ids=lambda text: text[:4],
)
def test_a_long_text_without_spaces(transformer: TransformerEmbedder, text: str) -> None:
    made = document("d", text, title="漢字" * 60)
    chunks = chunks_of(made, transformer)
    assert "".join(each.text for each in chunks) == made.text
    assert max(len(each.text) for each in chunks) <= 2_560
    embedded = embeddable([(made.title, each) for each in chunks], transformer)
    assert max(len(transformer.token_spans(text)) for text in embedded) + 2 <= transformer.limit == 256


def test_headings_stand_over_what_is_below_them() -> None:
    made = made_of(
        [
            ("heading", "Notes", 1),
            ("paragraph", "Intro.", 0),
            ("heading", "## War", 2),
            ("heading", "### Troops", 3),
            ("paragraph", "They left.", 0),
            ("heading", "Money", 3),
            ("paragraph", "It came.", 0),
            ("heading", "Peace", 2),
            ("paragraph", "It held.", 0),
        ]
    )
    # The title is not repeated as a heading; a level closes those of its own level and deeper.
    assert [(each.heading, each.text) for each in chunks_of(made, HashEmbedder())] == [
        ("", "Intro."),
        ("War › Troops", "They left."),
        ("War › Money", "It came."),
        ("Peace", "It held."),
    ]


def test_passages_do_not_cross_furniture() -> None:
    made = made_of(
        [("paragraph", "One.", 0), ("furniture", "Buy soup!", 0), ("item", "Two.", 0), ("item", "Three.", 0)]
    )
    assert [each.text for each in chunks_of(made, HashEmbedder())] == ["One.", "Two.\n\nThree."]


def test_a_row_is_one_sentence() -> None:
    made = made_of([("row", "Acme Inc. | 3.5 | Yes. It is.", 0)])
    [only] = chunks_of(made, HashEmbedder())
    assert [span.of(made.text) for span in only.sentences] == ["Acme Inc. | 3.5 | Yes. It is."]


def test_passages_of_a_section_are_even() -> None:
    # 21 sentences of 10 tokens are 210, the budget 160: two passages near 105, not one of 160 and one of 50.
    made = document("d", " ".join(["One two three four five six seven eight nine."] * 21))
    assert [len(each.sentences) for each in chunks_of(made, HashEmbedder())] == [11, 10]


def test_a_passage_is_ended_early_where_the_next_sentence_is_too_long_for_it() -> None:
    # 100, 100 and 20 tokens: the first passage stays below the even 110, for 200 is over the budget of 160.
    made = document("d", " ".join(f"It {'x ' * (n - 2)}." for n in (100, 100, 20)))
    assert [len(each.sentences) for each in chunks_of(made, HashEmbedder())] == [1, 2]


def test_a_sentence_too_long_is_cut_between_tokens() -> None:
    made = document("d", " ".join(f"w{n}" for n in range(400)))
    chunks = chunks_of(made, HashEmbedder())
    assert [len(each.text.split()) for each in chunks] == [160, 160, 80]
    assert " ".join(each.text for each in chunks) == made.text


def test_only_headings_and_furniture_give_no_passage() -> None:
    assert chunks_of(made_of([("heading", "Peace", 1), ("furniture", "#peace", 0)]), HashEmbedder()) == []
    assert chunks_of(document("d", " \n "), HashEmbedder()) == []


def test_the_header_is_embedded_and_cut_to_48_tokens() -> None:
    tokens = HashEmbedder()
    passage = Chunk(0, "d", "They left.", 0, 10, heading="War › Troops")
    assert embeddable([("Peace", passage)], tokens) == ["Peace › War › Troops\nThey left."]
    assert embeddable([("", Chunk(0, "d", "They left.", 0, 10))], tokens) == ["They left."]
    header, text = embeddable([("- " * 60, passage)], tokens)[0].split("\n")
    assert (header, text) == ("- " * 48, "They left.")


def test_a_text_gives_the_same_hashes_wherever_it_stands() -> None:
    first = prepare(document("a", "They left. It rained."), HashEmbedder())
    moved = prepare(document("b", "They left. It rained.", source="elsewhere.txt"), HashEmbedder())
    retitled = prepare(document("a", "They left. It rained.", title="Rain"), HashEmbedder())
    assert first.hashes == moved.hashes != retitled.hashes


def test_an_edit_moves_only_the_passages_near_it() -> None:
    sentences = [f"Ship number {n} carried {n * 7 % 13} tons of rope and {n * 3 % 11} of tar." for n in range(1500)]
    before = {each.text for each in chunks_of(document("d", " ".join(sentences)), HashEmbedder())}
    for place in (0, 3, 700, 1499):
        edited = [*sentences]
        edited[place] = edited[place].replace("carried", "carried, they say,")
        after = {each.text for each in chunks_of(document("d", " ".join(edited)), HashEmbedder())}
        assert 1 <= len(after - before) <= 12 < len(before) / 10
