"""Answers a language model writes: its stream cut into sentences, each with the passages it names. Checks nothing."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from assistant.answerer import Claim, Passage
from assistant.errors import LLMError
from assistant.llm import ChatModel, Piece, count_tokens, stream_text
from assistant.prompts import SYSTEM, fitting, user_prompt
from index.sentences import sentence_spans

# A vocabulary of 49k words needs 1.07 times the tokens of cl100k_base for English, 1.3 for German, 1.5 for Russian.
_TOKEN_MARGIN = 1.25
# Far more than six sentences; a model that never ends a sentence is stopped here.
_TEXT_LIMIT = 8_000

_THINKING = re.compile(r"\A\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)
_LEAD = re.compile(r"^\s*\**answer\s*:\**\s*", re.IGNORECASE | re.MULTILINE)
# A fence of ours, also one that is never closed.
_FENCE = re.compile(r"</?passage\b[^<>\n]*>?", re.IGNORECASE)
# Repetitions are bounded so that hostile text costs linear time.
_LINK = re.compile(
    r"(!?)\[((?:[^\[\]\n]|\[[^\[\]\n]{0,100}\]){0,300})\]\((?:[^()\n]|\([^()\n]{0,100}\)){0,500}\)", re.IGNORECASE
)
_TAG = re.compile(r"</?([A-Za-z!][\w:-]*)[^<>]*>")
_INLINE_TAGS = frozenset(
    {"a", "b", "cite", "code", "em", "i", "mark", "q", "s", "small", "span", "strong", "sub", "sup", "u"}
)
# Two or more asterisks are markup, except as a power: 2**8.
_BOLD = re.compile(r"(?<![\d)])\*{2,}|\*{2,}(?![\d(])|(?<!\w)__(?=\S)|(?<=\S)__(?!\w)|~~")
_ITALIC = re.compile(
    r"(?<![\w*])\*(?=[^\s*])([^*\n]{1,500})(?<=\S)\*(?![\w*])|(?<!\w)_(?=\S)([^_\n]{1,500})(?<=\S)_(?!\w)"
)
_SKIPPED_LINE = re.compile(r"\s*(?:#{1,6}\s.*|[-*_=]{3,}\s*|```.*|~~~.*)?\Z")
_ITEM = re.compile(r"\s*(?:>\s*)*(?:[-*+•‣]\s+)?")
_ENUMERATOR = re.compile(r"(\d{1,2})[.)]\s+")
# A tag, mark or link whose end has not arrived: what it is cannot be told yet.
_OPEN = re.compile(r"(?:<[A-Za-z/!][^<>]{0,300}|[\[【［][^\[\]【】\n]{0,300}|\]\([^()\n]{0,300})\Z")
_NUMBERS = r"\d{1,3}(?:\s*(?:,|;|&|-|–|and|to)\s*(?:\^|passages?\s+)?\d{1,3}){0,20}"
_MARK = re.compile(
    r"[ \t]*(?:"
    rf"[\[【［]{{1,2}}\s*(?:\^|(?:passages?|sources?|documents?)\s+)?({_NUMBERS})(?:†[^\]】]{{0,80}})?\s*[\]】］]{{1,2}}"
    rf"|\(\s*(?:passages?|sources?)\s+({_NUMBERS})\s*\)"
    rf"|(?<=[.!?…])[ \t]*\((\d{{1,2}})\)(?=[ \t]*(?:\n|\Z)))",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d+)(?:\s*(?:-|–|to)\s*(?:\^|passages?\s+)?(\d+))?", re.IGNORECASE)
_STOP = re.compile(r"[.!?…。！？｡\n]")
_ENDED = re.compile(r"(?:[.!?…。！？｡][\"'”’»›)\]」』）]*|NO ANSWER)\Z")
_NO_ANSWER = re.compile(r"\W*(?:NO ANSWER\b.*|(?i:no[ _-]?answer)\W*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class GenerativeAnswerer:
    """Answers in a language model's words. `llm` is any LlamaIndex `LLM`, or whatever has its `stream_chat`.

    `context_tokens` is what the model can read and write together, `answer_tokens` the part kept for writing.
    """

    llm: ChatModel = field(repr=False)
    name: str
    context_tokens: int
    answer_tokens: int = 512
    max_sentences: int = 6

    def claims(self, question: str, passages: Sequence[Passage], *, said: Collection[str] = ()) -> Iterator[Claim]:
        """The model's sentences, each as soon as it is complete; none where it says the passages do not answer.

        A repeated sentence is dropped, though it counts: small models loop. `said` is not used, since a person who asks
        again wants to hear it again. Raises LLMError, also after some sentences. Closing the iterator ends the request.
        """
        if not passages:
            return
        kept = self._fitting(question, passages)
        given: set[str] = set()
        with closing(stream_text(self.llm, SYSTEM, user_prompt(question, kept))) as pieces:
            for taken, claim in enumerate(streamed(pieces), start=1):
                key = "".join(filter(str.isalnum, claim.text)).casefold()
                if key not in given:
                    given.add(key)
                    yield claim
                if taken >= self.max_sentences:
                    return

    def _fitting(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        budget = int((self.context_tokens - self.answer_tokens) / _TOKEN_MARGIN)
        kept = fitting(question, passages, budget=budget, count=count_tokens)
        if not kept:
            needs = int(count_tokens(SYSTEM + user_prompt(question, passages[:1])) * _TOKEN_MARGIN) + self.answer_tokens
            raise LLMError(
                f"{self.name} has {self.context_tokens} context tokens and this question with one passage needs about "
                f"{needs}: raise the context tokens, or ask a shorter question",
                retryable=False,
            )
        return kept


def streamed(pieces: Iterable[Piece]) -> Iterator[Claim]:
    """The sentences of a text that is still arriving: the same ones however it is cut into pieces.

    A sentence is given when the first word after it is complete: until then a mark may follow, or what looks like its
    end is an abbreviation. An unfinished sentence at the end of a text that was cut off is dropped. Raises LLMError
    where a text holds neither a sentence nor the refusal.

    >>> [claim.text for claim in streamed([Piece("It rai"), Piece("ned. [1] Then "), Piece("it stopped [2].")])]
    ['It rained.', 'Then it stopped.']
    """
    text, given, look_at, cut = "", 0, 0, False
    for piece in pieces:
        # One character at a time, so that only the text decides and never its pieces.
        for character in piece.text[: _TEXT_LIMIT - len(text)]:
            text += character
            if len(text) >= look_at and _may_end_sentence(text):
                # Each look reads all of the text: in a long one they grow rarer, so that their sum stays linear.
                look_at = len(text) + max(0, len(text) - 1_000) // 20
                for claim in parse(text)[given:-1]:
                    if _NO_ANSWER.match(claim.text):
                        return
                    yield claim
                    given += 1
        if cut := piece.cut or len(text) >= _TEXT_LIMIT:
            break
    claims = parse(text)
    if cut and claims and not _ENDED.search(claims[-1].text):
        claims.pop()
    for claim in claims[given:]:
        if _NO_ANSWER.match(claim.text):
            return
        yield claim
    if not claims and not given:
        why = "stopped before the end of a sentence: raise the answer tokens" if cut else "wrote no sentence: ask again"
        raise LLMError(f"the language model {why}", retryable=not cut)


def _may_end_sentence(text: str) -> bool:
    """Whether `text` ends in the first space after a word, outside of unfinished markup, soon after a full stop."""
    if not text[-1].isspace() or text[-2:-1].isspace():
        return False
    return bool(_STOP.search(text, len(text) - 80)) and not _OPEN.search(text[-400:].rstrip())


def parse(text: str) -> list[Claim]:
    """The sentences of a model's answer without markup, a refusal among them.

    A mark belongs to the sentence before it, also after the full stop; in a paragraph that opens with a mark, to the
    sentence behind it.

    >>> claims = parse("**Ferries** run. [1][2] Tickets cost [two euros](x) 【3】.")
    >>> [(claim.text, claim.passages) for claim in claims]
    [('Ferries run.', (1, 2)), ('Tickets cost two euros.', (3,))]
    """
    claims: list[Claim] = []
    for block in _blocks(_plain(text)):
        sentences, loose = _marked(block)
        if loose and claims:
            last = claims[-1]
            claims[-1] = Claim(last.text, tuple(dict.fromkeys((*last.passages, *loose))))
        claims += [Claim(sentence, tuple(dict.fromkeys(numbers))) for sentence, numbers in sentences]
    return claims


def _plain(text: str) -> str:
    """`text` without thoughts, links, tags and emphasis."""
    text = _FENCE.sub("\n", _LEAD.sub("", _THINKING.sub("", text)))
    text = _LINK.sub(lambda link: "" if link[1] else f"[{link[2]}]" if link[2].isdigit() else link[2], text)
    for _ in range(5):
        text, found = _TAG.subn(lambda tag: "" if tag[1].lower() in _INLINE_TAGS else "\n", text)
        if not found:
            break
    else:
        text = text.replace("<", "")
    text = _ITALIC.sub(lambda italic: italic[1] or italic[2], _BOLD.sub("", text))
    return re.sub(r"(?<!`)`{1,2}(?!`)", "", text)


def _blocks(text: str) -> Iterator[str]:
    """The paragraphs and list items, without what marks them as such. Headings and rules claim nothing: left out."""
    block, items = "", 0
    for line in text.splitlines():
        skipped = _SKIPPED_LINE.match(line)
        item = _ITEM.match(line)
        assert item is not None
        content = line[item.end() :]
        enumerator = _ENUMERATOR.match(content)
        # Only in sequence: "3 May" is an item after two others and a date elsewhere.
        if enumerator and int(enumerator[1]) == items + 1:
            items += 1
            content = content[enumerator.end() :]
        elif not skipped and not item.group().strip():
            block += f"\n{content}"
            continue
        yield block
        block = "" if skipped else content
    yield block


def _marked(block: str) -> tuple[list[tuple[str, list[int]]], list[int]]:
    """The sentences of a block with the numbers of their marks; then the numbers of a block that has only marks."""
    text, marks, at = "", [], 0
    for mark in _MARK.finditer(block):
        text += block[at : mark.start()]
        marks.append((len(text), _numbers(mark[1] or mark[2] or mark[3])))
        at = mark.end()
        if block[at : at + 1].isalnum():
            text += " "
    text += block[at:]
    spans = [span for span in sentence_spans(text) if any(map(str.isalnum, span.of(text)))]
    numbers: list[list[int]] = [[] for _ in spans]
    if not spans:
        return [], [number for _, found in marks for number in found]
    opens = bool(marks) and marks[0][0] <= spans[0].start
    for offset, found in marks:
        begun = sum(span.start < offset for span in spans)
        between = begun == 0 or offset >= spans[begun - 1].end
        belongs = begun if opens and between else begun - 1
        numbers[max(0, min(belongs, len(spans) - 1))] += found
    texts = [" ".join(span.of(text).split()).strip("*_ ") for span in spans]
    return list(zip(texts, numbers, strict=True)), []


def _numbers(mark: str) -> list[int]:
    """The numbers in a mark.

    >>> _numbers("1, 3-5")
    [1, 3, 4, 5]
    """
    numbers: list[int] = []
    for found in _RANGE.finditer(mark):
        first, last = int(found[1]), int(found[2] or found[1])
        numbers += range(first, last + 1) if first <= last < first + 20 else [first, last]
    return numbers
