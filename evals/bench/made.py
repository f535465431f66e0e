"""Made-up documents, for measuring where no data are at hand."""

import random
from collections.abc import Iterator
from itertools import accumulate

from index import Document

_SYLLABLES = ["ba", "co", "di", "fu", "ga", "he", "ki", "lo", "ma", "ne", "po", "ra", "su", "te", "vo", "za"]
_WHO = [
    *("The harbour board", "The river authority", "A committee of shipowners", "The district engineer", "The mill"),
    *("The parish council", "The survey office", "A group of local farmers", "The railway company", "The auditors"),
]
_DID = [
    *("approved a plan for", "refused to pay for", "measured again", "published an account of", "took over"),
    *("argued about", "set aside 4 per cent of its income for", "asked the region to inspect", "sold its share in"),
]
_WHAT = [
    *("the northern quay", "the narrow bridge below the weir", "two disused warehouses", "the drainage of the meadows"),
    *("the toll road to the coast", "a pumping station", "the ferry landing", "the old signal tower", "the dry dock"),
]
_WHY = [
    *("because the winter floods had weakened its foundations", "although the cost had doubled within three years"),
    *("after a long dispute about who should maintain it", "so that larger vessels could be loaded at low tide"),
    *("while the neighbouring towns were still waiting for a decision", "as the report of that year had recommended"),
]


def words(count: int) -> list[str]:
    """`count` made-up words, most frequent first.

    >>> words(3)
    ['baba', 'baco', 'badi']
    """
    pairs = [a + b for a in _SYLLABLES for b in _SYLLABLES]
    longer = [a + b for a in pairs for b in _SYLLABLES]
    return (pairs + longer)[:count]


def corpus(documents: int, *, sentences: int, seed: int = 0) -> Iterator[Document]:
    """Documents of made-up sentences of 8 to 24 words, whose frequencies fall as in natural language (Zipf, 1935)."""
    chance = random.Random(seed)
    vocabulary = words(4000)
    weights = list(accumulate(1 / rank for rank in range(1, len(vocabulary) + 1)))
    for number in range(documents):
        lengths = [chance.randint(8, 24) for _ in range(sentences)]
        drawn = [
            " ".join(chance.choices(vocabulary, cum_weights=weights, k=length)).capitalize() + "." for length in lengths
        ]
        yield Document(id=f"made-{number}", text=" ".join(drawn), title=f"Made {number}", source=f"made-{number}.txt")


def prose(count: int, *, seed: int = 0) -> Iterator[str]:
    """At least `count` words of a made-up local chronicle in English, sentence by sentence.

    >>> " ".join(next(prose(1)).split()[:7])
    'The survey office set aside 4 per'
    """
    chance = random.Random(seed)
    while count > 0:
        who, did, what, why = (chance.choice(part) for part in (_WHO, _DID, _WHAT, _WHY))
        opening = f"In {chance.randint(1880, 1999)} {who[0].lower()}{who[1:]}" if chance.random() < 0.5 else who
        sentence = f"{opening} {did} {what} {why}."
        count -= len(sentence.split())
        yield sentence
