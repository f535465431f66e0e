"""The markup of one turn: the question, the answer sentence by sentence, its citations, or why there is none."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from markupsafe import Markup

from assistant.exports.notes import written
from assistant.schema import (
    Answer,
    AnswerSentence,
    Delta,
    Event,
    Finished,
    Judgement,
    Place,
    RefusalCause,
    Retrieved,
    Rewritten,
    Sentence,
    Verdict,
)
from assistant.standing import Standing

from .citations import chip, citation_list
from .render import aside, card, element, join, shortened

MARKS: Final = re.compile(r"(?:\s*\[\d+\])*")
NUMBER: Final = re.compile(r"\[(\d+)\]")
FALLBACK: Final = re.compile(r"^extractive \(fallback: (.*)\)$", re.DOTALL)
# Shape and word as well as colour, so that nobody has to tell green from red.
VERDICTS: Final[dict[Verdict, tuple[str, str]]] = {
    "supported": ("✓", "The cited text says this."),
    "partly": ("◐", "The cited text says part of this."),
    "unsupported": ("✕", "The cited text does not say this."),
}
REFUSALS: Final[dict[RefusalCause, str]] = {
    "empty_index": "There are no documents yet",
    "nothing_found": "Nothing found",
    "filtered_out": "The filter leaves nothing to answer from",
    "not_supported": "No answer in the documents",
    "ambiguous": "The question can be read in more than one way",
}
# By whether it was refused; what can be said of an answer, in the words of the page.
JUDGEMENTS: Final[dict[bool, dict[Judgement, str]]] = {
    False: {"right": "Yes", "wrong": "No", "not_said": "No, the documents do not say"},
    True: {"right": "Yes", "wrong": "No, the documents do say"},
}


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer as far as it has come. `doing` says what is under way; it is empty once the answer is finished."""

    answer: Answer
    doing: str = "Searching the documents"

    @classmethod
    def of(cls, question: str) -> "Draft":
        """The draft before the first event."""
        return cls(Answer(question=question, standalone_question=question, text="", answered_by=""))

    def plus(self, event: Event) -> "Draft":
        """This draft after one more event."""
        match event:
            case Rewritten(standalone_question=standalone):
                return replace(self, answer=replace(self.answer, standalone_question=standalone))
            case Retrieved(passages=passages):
                count = len(passages)
                return replace(self, doing=f"Reading {count} {'passage' if count == 1 else 'passages'}")
            case Delta(text=more):
                return replace(self, answer=replace(self.answer, text=self.answer.text + more))
            case Sentence(sentence=sentence, citations=citations):
                sentences = (*self.answer.sentences, sentence)
                cited = (*self.answer.citations, *citations)
                longer = replace(self.answer, sentences=sentences, citations=cited)
                return replace(self, answer=longer, doing="Checking further sentences")
            case Finished(answer=answer):
                return replace(self, answer=answer, doing="")
            case _:
                return self


def turn_markup(draft: Draft, turn: int, changed: Mapping[Place, Standing] = MappingProxyType({})) -> Markup:
    """A question and what came of it. `turn` counts from 0 and tells the page which conversation turn was clicked.

    `changed` is what became of citations since they were given.
    """
    answer = draft.answer
    parts = [element("h3", answer.question, class_="cb-question"), _searched_for(answer, turn)]
    if answer.notice:
        parts.append(element("p", answer.notice, class_="cb-notice", role="note"))
    if answer.refusal:
        parts.append(_refusal(answer, turn, changed))
    else:
        parts.append(element("div", *_prose(draft, turn), class_="cb-prose"))
        said = {sentence.text for sentence in answer.sentences}
        parts.append(citation_list(answer.citations, turn, changed, said))
    if draft.doing:
        parts.append(element("p", f"{draft.doing} …", class_="cb-doing", role="status"))
    elif answer.sentences:
        parts.append(element("p", answered_by(answer.answered_by), class_="cb-answered-by"))
    if not draft.doing:
        parts.append(element("div", _tools(answer, turn), _judging(answer, turn), class_="cb-after"))
    return element("article", *parts, class_="cb-turn", data_turn=turn, data_live=bool(draft.doing))


def failed_markup(question: str, title: str, message: str, turn: int) -> Markup:
    """A question that ended in an error."""
    asked = element("h3", shortened(question, 400), class_="cb-question")
    return element("article", asked, card(title, message, kind="error"), class_="cb-turn", data_turn=turn)


def answered_by(name: str) -> str:
    """Who wrote the answer, in words.

    >>> answered_by("extractive (fallback: no reply within 30 s)")
    'In the documents’ own words. The language model was not used: no reply within 30 s'
    """
    if name == "extractive":
        return "In the documents’ own words; no language model was used."
    if fallback := FALLBACK.match(name):
        return f"In the documents’ own words. The language model was not used: {fallback[1]}"
    return f"Written by {name}; every sentence checked against the text it cites."


def _searched_for(answer: Answer, turn: int) -> Markup:
    if answer.standalone_question == answer.question:
        return Markup("")
    return element(
        "p",
        "Searched for: ",
        element("q", answer.standalone_question),
        " ",
        element(
            "button",
            "Edit",
            aside(" what is searched for and ask again"),
            type="button",
            data_event="edit",
            data_turn=turn,
            data_what="standalone",
        ),
        class_="cb-searched",
    )


def _tools(answer: Answer, turn: int) -> Markup:
    """What can be done with a finished turn."""
    again = element("button", "Edit and ask again", type="button", data_event="edit", data_turn=turn)
    copy = element("button", "Copy with footnotes", type="button", data_copy=with_footnotes(answer))
    return element("p", copy, again, class_="cb-tools")


def with_footnotes(answer: Answer) -> str:
    """The question and its answer as plain text, with a note for each citation."""
    notes = "\n".join(f"[{each.number}] {written(each)}" for each in answer.shown)
    return "\n\n".join(part for part in (answer.question, answer.text, answer.notice, notes) if part) + "\n"


def _judging(answer: Answer, turn: int) -> Markup:
    """What a reader can say of an answer, to be kept as a test."""
    buttons = [
        element("button", words, type="button", data_event="judge", data_turn=turn, data_judgement=judgement)
        for judgement, words in JUDGEMENTS[answer.refusal is not None].items()
    ]
    kept = "Keeps the question as a test: see “citeback eval”."
    return element("p", "Is this right? ", *buttons, aside(f" {kept}"), class_="cb-judging", title=kept)


def _prose(draft: Draft, turn: int) -> list[Markup]:
    """The sentences in groups, each headed by the words before it that say who is quoted.

    Words after the last sentence are kept back while more may come: they belong to a sentence not yet checked.
    """
    answer = draft.answer
    citations = {citation.number: citation for citation in answer.citations}
    groups: list[tuple[str, list[Markup]]] = [("", [])]
    at = 0
    for sentence in sorted(answer.sentences, key=lambda sentence: sentence.start):
        if sentence.end > len(answer.text):
            break
        between = answer.text[at : sentence.start]
        if between.strip() or "\n" in between:
            groups.append((" ".join(between.split()), []))
        numbers, at = _marks_after(answer.text, sentence)
        chips = [chip(citations[number], turn) for number in numbers if number in citations]
        groups[-1][1].append(_claim(sentence, chips))
    if not draft.doing:
        groups.append((" ".join(answer.text[at:].split()), []))
    paragraphs: list[Markup] = []
    for attribution, claims in groups:
        if attribution:
            paragraphs.append(element("p", attribution, class_="cb-attribution"))
        if claims:
            paragraphs.append(element("p", join(claims, " ")))
    return paragraphs


def _marks_after(text: str, sentence: AnswerSentence) -> tuple[list[int], int]:
    """The citation numbers of a sentence, as written behind it and else as it lists them, and where the marks end."""
    marks = MARKS.match(text, sentence.end)
    end = marks.end() if marks else sentence.end
    written = [int(number) for number in NUMBER.findall(text[sentence.end : end])]
    return [*written, *(number for number in sentence.citations if number not in written)], end


def _claim(sentence: AnswerSentence, chips: list[Markup]) -> Markup:
    shape, meaning = VERDICTS[sentence.verdict]
    verdict = element(
        "span",
        element("span", shape, aria_hidden="true"),
        f" {sentence.verdict}",
        class_="cb-verdict",
        title=f"{meaning} Score {sentence.score:.2f} of 1.",
    )
    said = element("span", sentence.text, class_="cb-said")
    marks = element("span", *chips, " ", verdict, class_="cb-marks")
    return element("span", said, " ", marks, class_=f"cb-claim cb-{sentence.verdict}")


def _refusal(answer: Answer, turn: int, changed: Mapping[Place, Standing]) -> Markup:
    refusal = answer.refusal
    if refusal is None:
        return Markup("")
    more = []
    if refusal.nearest:
        more = [element("h5", "The nearest passages"), citation_list(refusal.nearest, turn, changed)]
    return card(REFUSALS[refusal.cause], refusal.message, *more, kind="refusal")
