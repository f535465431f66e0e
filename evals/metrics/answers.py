"""Whether an answer says what it should."""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence

# Apostrophes, quotation marks and the minus; dashes are told by their category.
_PLAIN = str.maketrans("’‘ʼ‛′“”−", "'" * 5 + '"' * 2 + "-")
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def fact_recall(facts: Sequence[str], text: str) -> float | None:
    """The share of `facts` that occur in `text` (see `missing_facts`); None without facts.

    After the "nuggets" of TREC question answering (Voorhees, 2003), matched by string, not by judge.

    >>> fact_recall(["AI", "Middle East"], "They said energy and the Middle  East.")
    0.5
    """
    return 1 - len(missing_facts(facts, text)) / len(facts) if facts else None


def mistakes_avoided(mistakes: Sequence[str], text: str) -> float | None:
    """The share of `mistakes` that do not occur in `text`, looked for as facts are but whole; None without any.

    >>> mistakes_avoided(["in Paris", "in 1989"], "It fell in 1989.")
    0.5
    """
    if not mistakes:
        return None
    words = _fold(text)
    return sum(not _stands_in(words, mistake) for mistake in mistakes) / len(mistakes)


def missing_facts(facts: Sequence[str], text: str) -> list[str]:
    """The `facts` that do not occur in `text` as whole words, whatever the case and the kind of apostrophe or dash.

    A fact may be given in several wordings, with | between them: one is enough.

    >>> missing_facts(["3-5 years", "AI", "nuclear arms | nukes"], "It said: 3–5 years, no nukes.")
    ['AI']
    """
    words = _fold(text)
    return [fact for fact in facts if not any(_stands_in(words, wording) for wording in fact.split("|"))]


def token_f1(answers: Sequence[str], text: str) -> float | None:
    """The F1 of the words of `text` with those of the answer it is nearest to; None without answers in words.

    Words are compared as in SQuAD: without case, punctuation and articles. Rajpurkar et al., SQuAD, EMNLP 2016.

    >>> token_f1(["the Normans", "Norse"], "The Normans came.")
    0.6666666666666666
    """
    return max((_f1(words, _words(text)) for answer in answers if (words := _words(answer))), default=None)


def exact_match(answers: Sequence[str], text: str) -> float | None:
    """1.0 if `text` is one of the answers but for case, punctuation and articles; None without answers in words.

    >>> exact_match(["the Normans"], "Normans.")
    1.0
    """
    wanted = [words for answer in answers if (words := _words(answer))]
    return float(_words(text) in wanted) if wanted else None


def answer_sentence_hit(answers: Sequence[str], sentences: Sequence[str]) -> float | None:
    """1.0 if the first sentence of the answer holds one of the `answers`; None without them.

    With nothing answered it is 0.0. Hit@1 of answer sentence selection: Yang, Yih and Meek, WikiQA, EMNLP 2015.

    >>> answer_sentence_hit(["911"], ["In 911 they came.", "It rained."])
    1.0
    """
    if not answers:
        return None
    return float(bool(sentences) and any(_holds(sentences[0], answer) for answer in answers))


def _stands_in(words: str, wording: str) -> bool:
    """Whether a wording stands among the words: whole, unless its script puts no spaces between words."""
    wanted = _fold(wording)
    if not wanted:
        return False
    first, last = ("" if unicodedata.category(edge) == "Lo" else r"\w" for edge in (wanted[0], wanted[-1]))
    before, behind = (f"(?<!{first})" if first else ""), (f"(?!{last})" if last else "")
    return re.search(f"{before}{re.escape(wanted)}{behind}", words) is not None


def _holds(sentence: str, answer: str) -> bool:
    words, wanted = _words(sentence), _words(answer)
    places = range(len(words) - len(wanted) + 1)
    return bool(wanted) and any(words[place : place + len(wanted)] == wanted for place in places)


def _f1(wanted: Sequence[str], given: Sequence[str]) -> float:
    common = sum((Counter(wanted) & Counter(given)).values())
    if not wanted or not given:
        return float(wanted == given)
    return 2 * common / (len(wanted) + len(given))


def _words(text: str) -> list[str]:
    plain = _fold(text)
    return _ARTICLES.sub(" ", "".join(c for c in plain if c not in string.punctuation)).split()


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_PLAIN)
    return " ".join("".join("-" if unicodedata.category(c) == "Pd" else c for c in plain).split())
