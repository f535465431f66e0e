"""Drafts a suite from a user's own documents: cases that are there to be edited."""

import random
import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from pathlib import Path

import yaml

from assistant.referents import names_in
from evals.cases import Case, SuiteError
from evals.metrics import missing_facts
from index import Chunk, DocumentInfo, Index, Span, Vocabulary

_FEWEST_WORDS, _MOST_WORDS = 8, 45
# Of the cases, those whose question the documents do not answer.
_UNANSWERABLE_ONE_IN = 5
_FIGURE = re.compile(r"(?<!\w)\d+(?:[.,:]\d+)*(?:\s?%|(?!\w))")
_TOPICS = 3
# Opens a sentence that cannot be understood alone.
_POINTS_BACK = re.compile(r"\A(?:he|she|it|they|this|that|these|those|such|his|her|its|their|there)\b", re.IGNORECASE)
_HEAD = """\
# A draft: make each question one that you would ask, and correct what a right answer holds.
# `quotes` are fragments of the documents, `must_contain` what has to stand in the answer; a case that is not
# `answerable` has neither. Run it with `citeback eval {name}`.
"""


def draft(index: Index, count: int, *, seed: int = 0) -> list[Case]:
    """Up to `count` cases about sentences that name someone or something, from the documents in turn.

    One in five asks of one document what only another speaks of: it should be refused.
    """
    chance = random.Random(seed)
    infos = index.documents()
    rounds = zip_longest(*(_sentences(index, info, chance) for info in infos))
    drawn = [found for found in chain.from_iterable(rounds) if found is not None]
    wanted = count - count // _UNANSWERABLE_ONE_IN if len(infos) > 1 else count
    vocabulary = index.vocabulary()
    cases = [_case(n, info, sentence, vocabulary) for n, (info, sentence) in enumerate(drawn[:wanted], start=1)]
    for info, name in _strangers(index, infos, drawn)[: count - wanted]:
        question = f"What does {_teller(info)} say about {name}?"
        cases.append(Case(id=f"none-{len(cases) + 1}", question=question, answerable=False, tags=("unanswerable",)))
    return cases


def write_draft(cases: Sequence[Case], file: Path, folder: Path) -> None:
    """Write the cases as a suite in YAML. Raises SuiteError where there is such a file: it may have been edited."""
    if not cases:
        raise SuiteError(f"{folder} holds no sentence to ask about; give a folder with more text")
    records = [case.model_dump(mode="json", exclude_defaults=True) for case in cases]
    suite = {"docs": str(folder.resolve()), "cases": records}
    text = _HEAD.format(name=shlex.quote(" ".join(file.name.split()))) + yaml.safe_dump(
        suite, allow_unicode=True, sort_keys=False, width=110
    )
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except UnicodeEncodeError as error:
        raise SuiteError(f"the name of {folder!s:.80} is not text; rename the folder") from error
    except FileExistsError as error:
        raise SuiteError(f"{file} is there already; name another with --out, or remove it") from error


def _sentences(index: Index, info: DocumentInfo, chance: random.Random) -> Iterator[tuple[DocumentInfo, str]]:
    """Sentences of a document that one may ask about, one a passage, passages in any order."""
    passages = index.passages(info.id)
    chance.shuffle(passages)
    for passage in passages:
        fit = [text for span in passage.sentences if _is_fit(text := _text(passage, span))]
        if fit:
            yield info, chance.choice(fit)


def _text(passage: Chunk, span: Span) -> str:
    return passage.text[span.start - passage.start : span.end - passage.start]


def _is_fit(sentence: str) -> bool:
    words = len(sentence.split())
    complete = sentence[-1:] in ".!”\"'" and not _POINTS_BACK.match(sentence)
    return _FEWEST_WORDS <= words <= _MOST_WORDS and complete and bool(names_in(sentence))


def _case(number: int, info: DocumentInfo, sentence: str, vocabulary: Vocabulary) -> Case:
    figures = [figure for figure in dict.fromkeys(_FIGURE.findall(sentence)) if not missing_facts([figure], sentence)]
    topics = _topics(info, sentence, vocabulary)
    kind = "number" if figures else "fact"
    return Case(
        id=f"{kind}-{number}",
        question=f"What does {_teller(info)} say about {', '.join(topics[:-1])} and {topics[-1]}?"
        if len(topics) > 1
        else f"What does {_teller(info)} say about {topics[0]}?",
        answerable=True,
        relevant=(info.source,),
        quotes=(" ".join(sentence.split()),),
        must_contain=tuple(figures[:2]),
        tags=(kind,),
    )


def _topics(info: DocumentInfo, sentence: str, vocabulary: Vocabulary) -> list[str]:
    """What a sentence is about, in its order: a name, and the words that are rarest in the documents."""
    known = set(f"{_teller(info)} {sentence.split()[0]}".split())
    names = [name for name in names_in(sentence) if not set(name.split()) & known and not _FIGURE.search(name)][:1]
    words = [
        word for word in re.findall(r"[^\W\d_]{5,}", sentence) if word.islower() and vocabulary.content_terms(word)
    ]
    rare = sorted(dict.fromkeys(words), key=lambda word: -vocabulary.weight(vocabulary.terms(word)))
    chosen = [*names, *rare[: _TOPICS - len(names)]]
    return sorted(chosen, key=sentence.index) or [" ".join(sentence.split()[:_TOPICS])]


def _teller(info: DocumentInfo) -> str:
    return info.author or info.publisher or f"“{info.title}”"


def _strangers(
    index: Index, infos: Sequence[DocumentInfo], drawn: Sequence[tuple[DocumentInfo, str]]
) -> list[tuple[DocumentInfo, str]]:
    """Documents with a name that another speaks of and they do not."""
    found = []
    for place, (info, sentence) in enumerate(drawn):
        other = infos[(infos.index(info) + 1 + place % max(1, len(infos) - 1)) % len(infos)]
        text = index.document(other.id).text
        strange = [name for name in names_in(sentence) if all(word not in text for word in name.split())]
        same = (other.author or other.publisher) == (info.author or info.publisher)
        if strange and other.id != info.id and not (same and (other.author or other.publisher)):
            found.append((other, strange[-1]))
    return list(dict.fromkeys(found))
