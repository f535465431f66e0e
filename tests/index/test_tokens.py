"""Tokens counted by words are those the tokenizer makes of the whole text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from index import bundled_model
from index.tokens import FastTokenizer

# Readers leave no control characters in a text; these would part words here and join them there.
TEXTS = st.lists(
    st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=12)
    | st.sampled_from(["soup", "U.S.", "don't", "3.5%", "漢字", "naïve", "ﬁve", "a" * 130, "\u00a0", "\u2028", "\n\n"]),
    max_size=40,
).map(" ".join)


@pytest.fixture(scope="module")
def bundled() -> FastTokenizer:
    return FastTokenizer(Tokenizer.from_file(str(bundled_model() / "tokenizer.json")))


@settings(deadline=None)
@given(text=TEXTS)
def test_words_have_as_many_tokens_as_their_text(bundled: FastTokenizer, text: str) -> None:
    assert bundled.count_tokens([text, text]) == [len(bundled.token_spans(text))] * 2


def test_a_tokenizer_whose_tokens_span_spaces_counts_whole_texts() -> None:
    tokenizer = Tokenizer(models.WordLevel({"soup is": 1, "?": 0}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("|", "removed")
    assert FastTokenizer(tokenizer).count_tokens(["soup is|hot", "soup is"]) == [2, 1]


def test_words_are_not_remembered_without_end(bundled: FastTokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.tokens._MOST_WORDS", 3)
    assert bundled.count_tokens(["a b c d e f", "a b"]) == [6, 2]
    assert bundled.count_tokens(["a b c", "a"]) == [3, 1]
