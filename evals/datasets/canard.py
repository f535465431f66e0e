"""CANARD: questions of conversations, each with what a person made of it so that it stands alone. No suite: it measures
rewrites, not answers.

Elgohary, Peskov and Boyd-Graber, Can You Unpack That? Learning to Rewrite Questions-in-Context, EMNLP 2019.
CC BY-SA 4.0.
"""

from dataclasses import dataclass
from pathlib import Path

from evals.datasets.files import find, whole


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A question and its rewrite by a person.

    `about` is the article and its section that the conversation is about; `history` the questions and answers before
    this one, in turn.
    """

    about: tuple[str, str]
    history: tuple[str, ...]
    question: str
    rewrite: str


def rewrites(data: Path) -> list[Rewritten]:
    """Every question of the development set. Raises SuiteError where it is missing."""
    found = []
    for asked in whole(find(data / "canard", "dev.json")):
        # The two headings stand before the turns, as if they had been said.
        article, section, *history = asked["History"]
        found.append(Rewritten((article, section), tuple(history), asked["Question"], asked["Rewrite"]))
    return found
