"""Sentences a small language model wrote about the seeds, judged by hand: what the verdicts catch."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.answerer import Claim, Passage, passages_from
from assistant.grounding import ground
from assistant.home import default_folder
from assistant.schema import Verdict
from assistant.settings import load_settings
from evals.calibration.verdicts import GENERATED


@dataclass(frozen=True)
class Wrote:
    question: str
    claim: str
    verdict: Verdict
    fragment: bool = False


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Wrote, Verdict]]]:
    """Every sentence with the verdict it gets."""
    lines = GENERATED.read_text(encoding="utf-8").splitlines()
    wrote = [Wrote(**json.loads(line)) for line in lines]
    home: Path = tmp_path_factory.mktemp("generated")
    with Assistant.open(default_folder(load_settings()), index=home) as assistant:
        index, models = assistant.index, assistant.models

        @cache
        def passages(question: str) -> list[Passage]:
            hits = index.search(question, k=8)
            return passages_from(hits, index.infos(hit.chunk.document_id for hit in hits))

        yield [
            (
                each,
                ground(
                    Claim(each.claim), passages(each.question), vocabulary=index.vocabulary(), models=models
                ).verdict,
            )
            for each in wrote
        ]


@pytest.mark.slow
def test_what_nothing_carries_is_caught_and_what_something_does_is_kept(judged: list[tuple[Wrote, Verdict]]) -> None:
    invented = [told for each, told in judged if each.verdict == "unsupported" and not each.fragment]
    carried = [told for each, told in judged if each.verdict == "supported"]
    assert len(invented) >= 150
    assert len(carried) >= 25
    assert sum(told != "supported" for told in invented) >= 0.9 * len(invented)
    assert sum(told != "supported" for told in carried) <= 0.15 * len(carried)


@pytest.mark.slow
def test_what_claims_nothing_is_left_out(judged: list[tuple[Wrote, Verdict]]) -> None:
    left = [each.claim for each, told in judged if each.fragment and told != "unsupported"]
    assert len(left) <= 0.1 * sum(each.fragment for each, _ in judged), left
