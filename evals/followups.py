"""What the wordings a follow-up is searched for are worth: `python -m evals.followups --data DIR`.

On the last turns of mtRAG's conversations what is found for each, beside what is found for the rewrites of people; on
CANARD what Citeback's rewrites hold of the words that people put into theirs.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from assistant.followups import Rewrite, standalone
from assistant.given import given
from assistant.schema import Conversation, Turn
from assistant.settings import load_settings
from assistant.wordings import wordings
from evals import datasets, running
from evals.cases import Case, Said
from evals.datasets import canard
from evals.metrics import Score, mean, ndcg_at, recall_at, token_f1
from index import Index
from index.function_words import FUNCTION_WORDS

_DOMAINS = tuple(name.removesuffix("-lastturn") for name in datasets.NAMES if name.endswith("-lastturn"))
PASSAGES = 50
Wording = Callable[[Case, Rewrite, Sequence[Turn], str], Mapping[str, float]]

# What is searched for: the question, its rewrite, the turns before it and the rewrite of a person in hand.
WORDINGS: Mapping[str, Wording] = {
    "as asked": lambda case, rewrite, turns, human: {case.question: 1.0},
    "the rewrite": lambda case, rewrite, turns, human: {rewrite.text: 1.0},
    "both": lambda case, rewrite, turns, human: {rewrite.text: 1.0, case.question: 1.0},
    "as Citeback searches": lambda case, rewrite, turns, human: wordings(case.question, rewrite, turns),
    "the rewrite of a person": lambda case, rewrite, turns, human: {human: 1.0},
}


@dataclass(frozen=True, slots=True)
class Held:
    """How rewrites compare with those of people: F1 of words, for Citeback's and for the question as asked; the share
    of the words people added that Citeback's hold; of the questions people left alone, how many it changed.
    """

    rewrite_f1: Score
    question_f1: Score
    added: Score
    left_alone: int
    changed: int


def found(domain: str, data: Path) -> dict[str, list[tuple[float, float]]]:
    """By wording (nDCG@10, recall@5) of each last turn of a domain of mtRAG."""
    asked, rewritten = (datasets.load(f"{domain}-{form}", data) for form in ("lastturn", "rewrite"))
    human = {case.id: case.question for case in rewritten.cases}
    settings = load_settings()
    home = running.home_of(asked, settings, None)
    running.fill(asked, home, settings)
    scores: dict[str, list[tuple[float, float]]] = {name: [] for name in WORDINGS}
    with Index.open(home, model=settings.model) as index:
        for case in track(asked.cases, domain, console=Console(stderr=True), transient=True):
            turns = turns_of(case.history)
            rewrite = standalone(case.question, turns)
            for name, wording in WORDINGS.items():
                hits = index.search(wording(case, rewrite, turns, human[case.id]), k=PASSAGES)
                ranked, relevant = [hit.chunk.document_id for hit in hits], set(case.relevant)
                scores[name].append((ndcg_at(10, relevant, ranked) or 0.0, recall_at(5, relevant, ranked) or 0.0))
    return scores


def held(rewrites: Sequence[canard.Rewritten]) -> Held:
    """How Citeback's rewrites compare with those of people."""
    ours, asked, added = [], [], []
    left_alone = changed = 0
    for each in rewrites:
        said = zip(each.history[::2], each.history[1::2], strict=False)
        rewrite = standalone(
            each.question, turns_of([Said(question=q, answer=a) for q, a in said if q.strip() and a.strip()])
        )
        human, own, question = (_words(text) for text in (each.rewrite, rewrite.text, each.question))
        ours.append(token_f1([each.rewrite], rewrite.text))
        asked.append(token_f1([each.rewrite], each.question))
        new = {word for word in human if word not in question and word not in FUNCTION_WORDS}
        added.append(len(new & set(own)) / len(new) if new else None)
        if human == question:
            left_alone += 1
            changed += rewrite.changed
    return Held(mean(ours), mean(asked), mean(added), left_alone, changed)


def turns_of(history: Sequence[str | Said]) -> tuple[Turn, ...]:
    """The turns of a conversation that is given with its answers."""
    conversation = Conversation()
    for turn in history:
        if isinstance(turn, Said):
            conversation = conversation.plus(given(turn.question, turn.answer, conversation))
    return conversation.turns


def main(
    data: Annotated[Path, typer.Option(help="Folder of evaluation data.", exists=True, file_okay=False)],
    only: Annotated[list[str] | None, typer.Option("--domain", help="Domains of mtRAG; may be repeated.")] = None,
) -> None:
    """Print both tables."""
    told = Console()
    every = [found(f"mtrag-{name}", data) for name in only] if only else [found(name, data) for name in _DOMAINS]
    table = Table("searched for", "nDCG@10", "recall@5", title="mtRAG, last turns", title_justify="left")
    for name in WORDINGS:
        pairs = [pair for scores in every for pair in scores[name]]
        table.add_row(name, *(_shown(mean([pair[place] for pair in pairs])) for place in (0, 1)))
    told.print(table)
    compared = held(canard.rewrites(data))
    table = Table("CANARD", "", title_justify="left")
    table.add_row("words, F1 with those of people", _shown(compared.rewrite_f1))
    table.add_row("… of the question as asked", _shown(compared.question_f1))
    table.add_row("of the words people added", _shown(compared.added))
    table.add_row("changed, of those people left alone", f"{compared.changed} of {compared.left_alone}")
    told.print(table)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _shown(score: Score) -> str:
    return "–" if score.value is None else f"{score.value:.3f} ({score.low:.3f} to {score.high:.3f}, n {score.n})"


if __name__ == "__main__":
    typer.run(main)
