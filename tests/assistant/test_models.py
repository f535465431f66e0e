"""The models that read: which one a setting names, what it changes, and that its time is told."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant import Answer, Assistant, load_settings
from assistant.answerer import Claim
from assistant.grounding import ground
from assistant.models import Models, reranker
from assistant.relevance import MOST_READ, Ranker
from index import ByPassage, BySentence, CrossEncoderReranker, ModelError, ReaderHead
from tests.assistant.corpus import assistant_over, check, embedder, passages_of, settings, write


class Likes:
    """Finds that texts with a word answer; `heard` is what it was given."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.heard: list[Sequence[str]] = []

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        self.heard.append(texts)
        return [float(self.word in text) for text in texts]


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with (opened := assistant_over(write(tmp_path / "docs"), tmp_path / "index")).index:
        yield opened


def ranked(assistant: Assistant, reader: Likes | None) -> list[tuple[str, float]]:
    models = Models(assistant.models.vectors, answering=reader)
    ranker = Ranker(assistant.index.vocabulary(), models)
    return [(each.text, each.probability) for each in ranker.rank("Was the bridge closed?", passages_of(assistant))]


def test_what_a_reader_likes_comes_before_its_equals(assistant: Assistant) -> None:
    counted, reader = ranked(assistant, None), Likes("bridge lamps")
    read = ranked(assistant, reader)
    places = [
        [text for text, _ in each].index("The bridge lamps were switched off on Sunday.") for each in (counted, read)
    ]
    assert places[1] < places[0]
    assert sorted(text for text, _ in read) == sorted(text for text, _ in counted)
    assert all(0 < chance < 1 for _, chance in read)


def test_no_more_is_read_than_there_is_time_for_and_each_order_once(assistant: Assistant) -> None:
    reader = Likes("Monday")
    ranker = Ranker(assistant.index.vocabulary(), Models(assistant.models.vectors, answering=reader))
    for _ in range(3):
        ranker.rank("Was the bridge closed?", passages_of(assistant))
    [texts] = reader.heard
    assert len(texts) == MOST_READ
    # Below its title.
    assert "Bridge closed › The closure: The harbour bridge was closed on Monday." in texts


def test_a_sentence_that_points_back_is_read_after_the_one_before_it(assistant: Assistant) -> None:
    reader = Likes("")
    ranker = Ranker(assistant.index.vocabulary(), Models(assistant.models.vectors, answering=reader))
    ranker.rank("What does the day ticket cost?", passages_of(assistant))
    [texts] = reader.heard
    assert any("introduced a day ticket. It costs 2 euros" in text for text in texts)


@pytest.mark.parametrize(("word", "verdict"), [("Monday", "supported"), ("Sunday", "unsupported")])
def test_a_verifier_reads_what_may_carry_a_claim(assistant: Assistant, word: str, verdict: str) -> None:
    models = Models(assistant.models.vectors, supporting=Likes(f"closed on {word}"))
    claim = Claim("The harbour bridge was closed on Monday.", (1,))
    found = ground(claim, passages_of(assistant), vocabulary=assistant.index.vocabulary(), models=models)
    assert found.verdict == verdict


def test_a_contradicted_claim_is_not_supported_whatever_a_verifier_says(assistant: Assistant) -> None:
    models = Models(assistant.models.vectors, supporting=Likes(""))
    claim = Claim("The harbour bridge was closed on Tuesday.", (1,))
    found = ground(claim, passages_of(assistant), vocabulary=assistant.index.vocabulary(), models=models)
    assert found.verdict == "unsupported"


def test_settings_name_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RERANKER", "RANKER", "VERIFIER"):
        monkeypatch.delenv(f"CITEBACK_{name}", raising=False)
    assert isinstance(reranker(load_settings()), BySentence)
    assert isinstance(reranker(load_settings(reranker="/no/such/folder")), ByPassage)
    assert reranker(settings()) is None
    bundled = Models.of(embedder(), load_settings())
    assert isinstance(bundled.answering, ReaderHead)
    assert isinstance(bundled.supporting, ReaderHead)
    # One model, read once.
    assert bundled.answering.reader is bundled.supporting.reader
    assert Models.of(embedder(), settings()).answering is None
    other = Models.of(embedder(), settings(ranker="/no/such/folder", verifier="/no/such/folder"))
    assert isinstance(other.supporting, CrossEncoderReranker)
    with pytest.raises(ModelError, match=r"/no/such/folder.*CITEBACK_RANKER"):
        other.warm_up()


def test_answers_with_the_bundled_reader_keep_every_promise_and_tell_its_time(tmp_path: Path) -> None:
    folder = write(tmp_path / "docs")
    with (opened := assistant_over(folder, tmp_path / "index", ranker="bundled", verifier="bundled")).index:
        opened.index.reranker = reranker(load_settings(reranker="bundled"))
        opened.warm_up()
        answers: list[Answer] = [opened.ask(q) for q in ("When was the bridge closed?", "Who won the cup in 1930?")]
        for answer in answers:
            check(answer, opened)
    assert "Monday" in answers[0].text
    assert answers[0].timings_ms["rank"] >= answers[0].timings_ms["read"] > 0
    assert answers[1].refusal


@pytest.mark.parametrize(
    ("text", "carried"),
    [
        ("On Monday the harbour bridge was closed.", True),
        ("Two of the bridge’s pillars had cracks.", True),
        ("The harbour bridge was closed on Friday.", False),
        ("Cracks were found in none of the pillars.", False),
        ("The mayor resigned over the harbour bridge.", False),
    ],
)
def test_the_bundled_verifier_tells_what_is_carried(assistant: Assistant, text: str, carried: bool) -> None:
    models = Models.of(assistant.index.embedder, settings(verifier="bundled"))
    found = ground(Claim(text, (1,)), passages_of(assistant), vocabulary=assistant.index.vocabulary(), models=models)
    assert (found.verdict in ("supported", "partly")) is carried
