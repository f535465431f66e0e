"""What is searched for: a question, and a follow-up in several wordings, each with its weight."""

from collections.abc import Sequence

from assistant.followups import Rewrite
from assistant.schema import Turn

# What was talked about leads a follow-up to its passages where the rewrite misses. On the last turns of mtRAG (n 777)
# nDCG@10 is .455 so (.450 and .460 on halves), .440 with question and rewrite alone, .425 with the question alone, and
# .457 with the rewrites people wrote. A question that stood alone counts once: twice gives .448 on all.
_CONTEXT = 0.4
# Words of the last answer; it begins with what it is about.
_ANSWER_WORDS = 40


def wordings(question: str, rewrite: Rewrite, turns: Sequence[Turn]) -> dict[str, float]:
    """The wordings to search for, with how much each counts.

    The question as asked and as rewritten count alike; behind what the conversation began with, and behind how the last
    answer began, the question counts less.
    """
    found = {rewrite.text: 1.0, question: 1.0}
    if turns:
        last = turns[-1].answer
        found.setdefault(f"{turns[0].question} {question}", _CONTEXT)
        if not last.refusal:
            found.setdefault(f"{' '.join(last.text.split()[:_ANSWER_WORDS])} {question}", _CONTEXT)
    return found
