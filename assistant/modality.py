"""What a claim turns of its evidence: denials, opposites, and what is only possible, wanted or somebody's view."""

import re

from index import Vocabulary, sentence_spans

_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|without|cannot|\w+n[’']t|un(?:able|likely|willing|realistic)|impossible|"
    r"ruled? out|refus\w+|reject\w*|den(?:y|ied|ies)|doubt(?:s|ed|ful)?|false(?:ly)?|untrue|wrong(?:ly)?|hardly)\b",
    re.IGNORECASE,
)
# Who says the one of two does not say the other.
_OPPOSITES = (
    "more/less most/least higher/lower highest/lowest larger/smaller largest/smallest increase/decrease rise/fall "
    "increased/decreased increases/decreases rose/fell before/after first/last north/south east/west northern/southern "
    "eastern/western always/never all/none many/few early/late earlier/later older/younger above/below began/ended "
    "start/end won/lost success/failure allowed/forbidden accepted/rejected supported/opposed with/without major/minor "
    "strong/weak public/private male/female positive/negative winter/summer day/night old/new"
)
_OPPOSITE = {a: b for pair in _OPPOSITES.split() for a, b in (pair.split("/"), pair.split("/")[::-1])}
_HEDGE = re.compile(
    r"\b(?:may|might|could|would|should|likely|probabl[ey]|possibl[ey]|perhaps|maybe|seemingly|allegedly|reportedly|"
    r"apparently|if|unless|(?:expect|suggest|predict|propos|plan|hop|want|intend|believ|think|argu|claim|foresee|doubt)\w*)"
    r"\b",
    re.IGNORECASE,
)


def overstated(claim: str, evidence: str) -> bool:
    """Whether the claim says for certain what its evidence calls possible, expected, wanted or somebody's view.

    >>> overstated("Rates will fall.", "Rates might fall."), overstated("Rates may fall.", "Rates might fall.")
    (True, False)
    """
    return bool(_HEDGE.search(evidence)) and not _HEDGE.search(claim)


def reversed_in(claim: str, evidence: str) -> bool:
    """Whether the claim has the opposite of a word in its evidence, which has only the one.

    >>> reversed_in("Sales rose in May.", "Sales fell in May."), reversed_in("It rose first.", "It rose, then fell.")
    (True, False)
    """
    own, there = (set(re.findall(r"[a-z]+", text.lower())) for text in (claim, evidence))
    return any(
        _OPPOSITE[word] in there and word not in there and _OPPOSITE[word] not in own for word in own & _OPPOSITE.keys()
    )


def turned(text: str, evidence: str, vocabulary: Vocabulary) -> bool:
    """Whether the text denies what the evidence does not, or leaves out what the evidence denies of the same matter."""
    denied, there = _denied(text, vocabulary), _denied(evidence, vocabulary)
    own = set(vocabulary.content_terms(text))
    invented = any(not any(_alike(window, other) for other in there) for window in denied)
    dropped = any(
        2 * len(window & own) > len(window) and not any(_alike(window, other) for other in denied) for window in there
    )
    return invented or dropped


def _denied(text: str, vocabulary: Vocabulary) -> list[set[str]]:
    """The terms around each negation: two before it and three behind, within its sentence."""
    windows = []
    for span in sentence_spans(text):
        sentence = span.of(text)
        for negation in _NEGATION.finditer(sentence):
            before = vocabulary.content_terms(sentence[: negation.start()])
            after = vocabulary.content_terms(sentence[negation.end() :])
            windows.append({*before[-2:], *after[:3]})
    return [window for window in windows if window]


def _alike(a: set[str], b: set[str]) -> bool:
    return 2 * len(a & b) >= min(len(a), len(b))
