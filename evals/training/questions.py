"""Questions with sentences that answer them and sentences that do not, from each set of data."""

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assistant.referents import names_in
from evals import datasets
from evals.cases import Case, Suite
from evals.datasets.files import find, records, whole
from evals.training.edits import another_figure, another_name, attributed, edited, opposite
from evals.training.groups import Group, held_out
from index import Chunk, Document, reading, sentence_spans
from index.lexical import LexicalIndex

# Sentences of other paragraphs that share words with the question, read beside those of its own.
_STRANGERS = 3
_MOST_PAIRS = 14
_TITLED, _TOLD = 0.5, 0.25
# Of the words of a sentence, those that its answer was written with: above counts as answering, below as not.
_ANSWERING, _NOT_ANSWERING = 0.6, 0.25
# SQuAD's articles on which the reader is judged.
SQUAD_HELD_OUT = frozenset({"Warsaw", "Force", "Yuan dynasty", "Scottish Parliament"})


def held_out_of_squad(case: Case) -> bool:
    """Whether a case is of an article the reader is judged on; the first tag of a case is its article."""
    return case.tags[0] in {title.replace(" ", "-").lower() for title in SQUAD_HELD_OUT}


def squad(data: Path, seed: int) -> Iterator[Group]:
    """Answerable questions, impossible ones, and answerable ones made impossible by another name or figure."""
    suite, chance = datasets.load("squad", data), random.Random(seed)
    home = _paragraphs(data, suite)
    # What is learnt from holds nothing of the articles that are judged on.
    nearby = [_Nearby(d for d in suite.documents if (d.title in SQUAD_HELD_OUT) is held) for held in (False, True)]
    for case in suite.cases:
        own = home[case.id]
        held = own.title in SQUAD_HELD_OUT
        texts = [(own, text) for text in _sentences(own)]
        others = nearby[held].sentences(case.question, own, _STRANGERS)
        labels = [float(text in case.quotes) for _, text in texts]
        yield _group("squad", case.question, texts + others, labels + [0.0] * len(others), chance, held=held)
        if case.answerable and not held and chance.random() < 0.5:
            names = [name for other in chance.sample(list(suite.documents), 3) for name in names_in(other.text)]
            if other_question := edited(case.question, (another_name, another_figure, opposite), chance, names):
                yield _group("squad-edited", other_question, texts, [0.0] * len(texts), chance, held=False)


def selqa(data: Path, seed: int) -> Iterator[Group]:
    """Questions with all sentences of their section."""
    chance = random.Random(seed)
    for case, document in _with_documents(datasets.load("selqa", data)):
        texts = [(document, text) for text in _sentences(document)]
        labels = [float(any(quote.strip() in text or text in quote for quote in case.quotes)) for _, text in texts]
        if any(labels):
            title = document.title.partition(" › ")[0]
            yield _group("selqa", case.question, texts, labels, chance, held=held_out(title))


def hotpotqa(data: Path, seed: int) -> Iterator[Group]:
    """Questions with the sentences of a paragraph that they need, and of one that only seems to help."""
    suite, chance = datasets.load("hotpotqa", data), random.Random(seed)
    by_source = {document.source: document for document in suite.documents}
    nearby = _Nearby(suite.documents)
    for case in suite.cases:
        for source in case.relevant:
            own = by_source[source]
            texts = [(own, text) for text in _sentences(own)]
            labels = [float(any(quote.strip() in text or text in quote for quote in case.quotes)) for _, text in texts]
            others = [
                pair
                for pair in nearby.sentences(case.question, own, 2 * _STRANGERS)
                if pair[0].source not in case.relevant
            ]
            yield _group(
                "hotpotqa", case.question, texts + others, labels + [0.0] * len(others), chance, held=held_out(case.id)
            )


def mtrag(data: Path, seed: int) -> Iterator[Group]:
    """Questions as people rewrote them, with the sentences their answer was written from, and with others found.

    Nobody marked sentences: those that share most words with the answer count as answering, those that share few as
    not, and what is between is left out.
    """
    chance = random.Random(seed)
    rewritten = {
        query["_id"]: query["text"].removeprefix("|user|: ")
        for domain in ("clapnq", "cloud", "fiqa", "govt")
        for query in records(find(data / "mtrag" / "retrieval_tasks" / domain, f"{domain}_rewrite.jsonl"))
    }
    for task in records(find(data / "mtrag", "human_tasks.jsonl")):
        question = rewritten.get(task["task_id"])
        held = held_out(task["conversation_id"])
        if not question or "ANSWERABLE" not in task["user"]["enrichments"]["Answerability"]:
            continue
        texts, labels = [], []
        for context in task["agent"]["contexts"][:4]:
            document = _context(context)
            for text in _sentences(document):
                share = _shared(text, task["agent"]["text"])
                if share >= _ANSWERING or share < _NOT_ANSWERING:
                    texts.append((document, text))
                    labels.append(float(share >= _ANSWERING))
        if any(labels):
            yield _group("mtrag", question, texts, labels, chance, held=held)


SOURCES = (squad, selqa, hotpotqa, mtrag)


class _Nearby:
    """Finds sentences of other documents that share words with a question."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._texts = [(document, text) for document in documents for text in _sentences(document)]
        self._folder = TemporaryDirectory(prefix="citeback-nearby-")
        chunks = (Chunk(n, each.source, text, 0, len(text)) for n, (each, text) in enumerate(self._texts))
        self._index = LexicalIndex.build(Path(self._folder.name), ((chunk, "") for chunk in chunks))

    def sentences(self, question: str, own: Document, count: int) -> list[tuple[Document, str]]:
        """The `count` sentences nearest to the question, none of them the document's own."""
        hits = self._index.search(question, count + len(_sentences(own)))
        found = [self._texts[number] for number, _ in hits]
        return [(document, text) for document, text in found if document.source != own.source][:count]


def _paragraphs(data: Path, suite: Suite) -> dict[str, Document]:
    """The paragraph each question of SQuAD was written for, by the question's id: impossible ones have none else."""
    documents = {(document.title, document.text): document for document in suite.documents}
    articles = whole(find(data / "squad2_half", "dev-v2.0.json"))["data"]
    return {
        asked["id"]: documents[article["title"].replace("_", " "), paragraph["context"]]
        for article in articles
        for paragraph in article["paragraphs"]
        for asked in paragraph["qas"]
    }


def _with_documents(suite: Suite) -> Iterator[tuple[Case, Document]]:
    by_source = {document.source: document for document in suite.documents}
    return ((case, by_source[case.relevant[0]]) for case in suite.cases if case.relevant)


def _context(context: Mapping[str, Any]) -> Document:
    """A passage that was shown to the person who answered; its title opens its text."""
    title = context.get("title") or ""
    text = context["text"].removeprefix(title).strip()
    return Document(context["document_id"], text, title, context["document_id"])


def _shared(sentence: str, answer: str) -> float:
    """The share of the sentence's longer words that stand in the answer; 0 for sentences of few."""
    words = {word for word in _words(sentence) if len(word) > 3}
    return len(words & _words(answer)) / len(words) if len(words) > 3 else 0.0


@lru_cache(maxsize=1 << 16)
def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w-]+", text.lower()))


def _sentences(document: Document) -> list[str]:
    return _sentences_of(document.text)


@lru_cache(maxsize=1 << 14)
def _sentences_of(text: str) -> list[str]:
    return [span.of(text) for span in sentence_spans(text)]


def _group(
    source: str,
    question: str,
    texts: Sequence[tuple[Document, str]],
    labels: Sequence[float],
    chance: random.Random,
    *,
    held: bool,
) -> Group:
    """The question with its texts, right ones first, at most so many of them.

    Half of the groups go without titles: the reader must not take a title that fits for an answer. In some every
    sentence is what somebody says: news tell most of what they tell so.
    """
    order = sorted(range(len(texts)), key=lambda n: (-labels[n], chance.random()))[:_MOST_PAIRS]
    titled, told = chance.random() < _TITLED, chance.random() < _TOLD
    pairs = []
    for document, text in (texts[n] for n in order):
        said = attributed(text, chance, names_in(document.text)) if told else None
        title = document.title if titled else ""
        pairs.append((question, reading(title, _before(document, text), said or text)))
    return Group("answers", source, tuple(pairs), tuple(labels[n] for n in order), held)


def _before(document: Document, sentence: str) -> str:
    """The sentence before it in its document."""
    sentences = _sentences(document)
    at = sentences.index(sentence) if sentence in sentences else 0
    return sentences[at - 1] if at else ""
