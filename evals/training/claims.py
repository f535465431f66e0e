"""Claims with passages that support them and passages that do not, from each set of data and from edited text."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.referents import names_in
from evals.datasets.files import find, records, whole
from evals.training.edits import BREAKING, PRESERVING, edited
from evals.training.groups import Group, held_out
from evals.training.questions import SQUAD_HELD_OUT
from evals.training.statements import statement
from index import sentence_spans

# Half of what people wrote is judged on: there is little of it.
HALF = 0.5
_EDITED_PASSAGES = 6_000
_FEWEST_WORDS, _MOST_WORDS = 8, 45
# Sentences of a page around those that support a claim.
_AROUND = 1


def fm2(data: Path, seed: int) -> Iterator[Group]:
    """Claims with the evidence their writers chose. Pages are split, not claims."""
    chance = random.Random(seed)
    for claim in records(find(data / "fm2", "dev.jsonl")):
        passage = _passage(_title(claim["wikipedia_page"], chance), [each["text"] for each in claim["gold_evidence"]])
        label = float(claim["label"] == "SUPPORTS")
        held = held_out(claim["wikipedia_page"], share=HALF)
        yield Group("supports", "fm2", ((claim["text"], passage),), (label,), held)


def scifact(data: Path, seed: int) -> Iterator[Group]:
    """Claims with the sentences that decide, and with others of the same abstract, which do not."""
    chance = random.Random(seed)
    abstracts = {str(each["doc_id"]): each for each in records(find(data / "scifact", "corpus.jsonl"))}
    for claim in records(find(data / "scifact", "claims_train.jsonl")):
        for source, sets in claim["evidence"].items():
            abstract = abstracts[source]
            label = float(sets[0]["label"] == "SUPPORT")
            chosen = sorted({n for each in sets for n in each["sentences"]})
            passage = _passage(_title(abstract["title"], chance), [abstract["abstract"][n] for n in chosen])
            rest = [text for n, text in enumerate(abstract["abstract"]) if n not in chosen][:3]
            pairs = [(claim["claim"], passage), *([(claim["claim"], _passage("", rest))] if rest else [])]
            labels = (label, 0.0)[: len(pairs)]
            yield Group("supports", "scifact", tuple(pairs), labels, held_out(source, share=HALF))


def wice(data: Path, seed: int) -> Iterator[Group]:
    """Claims with the sentences of their page that support them, and with as many that do not.

    What is supported in part counts as a half.
    """
    chance = random.Random(seed)
    worth = {"supported": 1.0, "partially_supported": 0.5, "not_supported": 0.0}
    for claim in records(find(data / "wice", "claim_dev.jsonl")):
        evidence = claim["evidence"]
        chosen = sorted({n for each in claim["supporting_sentences"] for n in each})[:6]
        others = [n for n in range(len(evidence)) if n not in chosen]
        start = chance.choice(others) if others else 0
        pairs, labels = [], []
        if chosen:
            pairs.append((claim["claim"], _passage("", [evidence[n] for n in chosen])))
            labels.append(worth[claim["label"]])
        pairs.append((claim["claim"], _passage("", [evidence[n] for n in others if start <= n < start + 4])))
        labels.append(0.0)
        yield Group("supports", "wice", tuple(pairs), tuple(labels), held_out(claim["meta"]["claim_title"], share=HALF))


def squad_statements(data: Path, seed: int) -> Iterator[Group]:
    """What answers to SQuAD's questions say, beside what the answers that only seem right would say."""
    chance = random.Random(seed)
    for article in whole(find(data / "squad2_half", "dev-v2.0.json"))["data"]:
        title = article["title"].replace("_", " ")
        for paragraph in article["paragraphs"]:
            spans = sentence_spans(paragraph["context"])
            for asked in paragraph["qas"]:
                answers = asked["answers"] or asked.get("plausible_answers") or []
                claim = statement(asked["question"], answers[0]["text"]) if answers else None
                if claim is None:
                    continue
                place = answers[0]["answer_start"]
                at = next((n for n, span in enumerate(spans) if span.start <= place < span.end), 0)
                near = [span.of(paragraph["context"]) for span in spans[max(0, at - _AROUND) : at + _AROUND + 1]]
                label = float(not asked["is_impossible"])
                pair = (claim, _passage(_title(title, chance), near))
                yield Group("supports", "squad-statements", (pair,), (label,), title in SQUAD_HELD_OUT)


def mtrag_answers(data: Path, seed: int) -> Iterator[Group]:
    """Sentences that people wrote from passages, beside the same sentences edited, and read against other passages."""
    chance = random.Random(seed)
    before: list[str] = []
    for task in records(find(data / "mtrag", "human_tasks.jsonl")):
        contexts = [context["text"] for context in task["agent"]["contexts"]]
        if "ANSWERABLE" not in task["user"]["enrichments"]["Answerability"] or not contexts:
            continue
        names = [name for context in (*contexts, *before) for name in names_in(context)]
        for span in sentence_spans(task["agent"]["text"]):
            claim = span.of(task["agent"]["text"])
            nearest = max(contexts, key=lambda context: _common(claim, context))
            if not _is_fit(claim) or _common(claim, nearest) < HALF:
                continue
            passage = _around(claim, nearest)
            pairs, labels = [(claim, passage)], [1.0]
            if broken := edited(claim, BREAKING, chance, names):
                pairs.append((broken, passage))
                labels.append(0.0)
            if before:
                pairs.append((claim, _around(claim, chance.choice(before))))
                labels.append(0.0)
            yield Group("supports", "mtrag-answers", tuple(pairs), tuple(labels), held_out(task["conversation_id"]))
        before = [*before, *contexts][-20:]


def edited_text(data: Path, seed: int) -> Iterator[Group]:
    """Sentences of mtRAG's passages: edited so that they say the same, or something else, of their passage."""
    chance = random.Random(seed)
    passages = list(records(find(data / "mtrag", "pooled_corpus.jsonl")))
    drawn = chance.sample(passages, min(_EDITED_PASSAGES, len(passages)))
    for number, passage in enumerate(drawn):
        sentences = [span.of(passage["text"]) for span in sentence_spans(passage["text"])]
        fit = [n for n, text in enumerate(sentences) if _is_fit(text)]
        if not fit:
            continue
        at = chance.choice(fit)
        there = _passage(_title(passage.get("title") or "", chance), sentences[max(0, at - _AROUND) : at + _AROUND + 1])
        names = [name for other in drawn[number - 3 : number + 4] for name in names_in(other["text"])]
        same = edited(sentences[at], PRESERVING, chance) or sentences[at]
        pairs, labels = [(same, there)], [1.0]
        for text in (sentences[at], same):
            if broken := edited(text, BREAKING, chance, names):
                pairs.append((broken, there))
                labels.append(0.0)
        yield Group("supports", "edited", tuple(pairs), tuple(labels), held_out(passage["_id"], share=0.1))


SOURCES = (fm2, scifact, wice, squad_statements, mtrag_answers, edited_text)


def _title(title: str, chance: random.Random) -> str:
    """The title in half of the cases: a title that fits supports nothing."""
    return title if chance.random() < HALF else ""


def _passage(title: str, sentences: Sequence[str]) -> str:
    text = " ".join(sentence.strip() for sentence in sentences)
    return f"{title}: {text}" if title else text


def _around(claim: str, passage: str) -> str:
    """The sentence of a passage that shares most words with the claim, with those around it."""
    sentences = [span.of(passage) for span in sentence_spans(passage)] or [passage]
    at = max(range(len(sentences)), key=lambda n: _common(claim, sentences[n]))
    return _passage("", sentences[max(0, at - _AROUND) : at + _AROUND + 1])


def _common(claim: str, text: str) -> float:
    """The share of the claim's words that stand in the text."""
    words = set(claim.lower().split())
    return len(words & set(text.lower().split())) / len(words)


def _is_fit(sentence: str) -> bool:
    return _FEWEST_WORDS <= len(sentence.split()) <= _MOST_WORDS and sentence[-1:] in '.!”"'
