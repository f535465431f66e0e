"""A document cut into passages: spans of whole sentences that fit the embedding model."""

import zlib
from collections.abc import Iterator, Sequence

from index.schema import Block, Chunk, Document, Span
from index.sentences import sentence_spans, trimmed
from index.tokens import Tokenizer

# Room kept for the title and heading that are embedded with a passage.
_HEADER_TOKENS = 48
# Word pieces of a passage: a paragraph or two, with room to spare below the model's limit. Not tuned yet.
_PASSAGE_TOKENS = 160
# A "sentence" longer than this many characters (base64, a minified script) is cut before it is counted in tokens: a
# word piece tokenizer makes one token of a long word, whatever its length.
_SENTENCE_CHARACTERS = 2_000
# No token counts for more characters than this, else a passage of such words would fill pages.
_CHARACTERS_A_TOKEN = 16
# A section longer than this many passages is parted where its own words say so: an edit moves the passages near it,
# and not every one down to the end of the section.
_REGION_PASSAGES = 4
_ONE_IN = 8


def chunk(document: Document, blocks: Sequence[Block], tokenizer: Tokenizer, *, limit: int) -> list[Chunk]:
    """The document's passages in order, each `document.text[start:end]`, within `limit` tokens with its header.

    Passages do not cross headings or furniture, which are in no passage; a heading is kept as `Chunk.heading` of what
    stands below it. A sentence too long for the model is cut between tokens. Ids are 0: the catalog gives them.
    """
    budget = max(16, min(_PASSAGE_TOKENS, limit - 2 - _HEADER_TOKENS))
    chunks: list[Chunk] = []
    trail: list[tuple[int, str]] = []
    pending: list[Span] = []

    def flush() -> None:
        heading = " › ".join(title for _, title in trail)
        chunks.extend(_pack(document, pending, heading, budget, tokenizer))
        pending.clear()

    for block in blocks:
        if block.kind == "heading":
            flush()
            while trail and trail[-1][0] >= block.level:
                trail.pop()
            title = " ".join(document.text[block.start : block.end].split()).strip("#*•- ")
            if title != document.title:
                trail.append((block.level, title))
        elif block.kind == "row":
            # A row is quoted as a whole: its full stops are decimals and abbreviations.
            if row := trimmed(document.text, block.start, block.end):
                pending.extend(_bounded(document.text, row))
        elif block.kind == "furniture":
            flush()
        else:
            for sentence in sentence_spans(document.text, block.start, block.end):
                pending.extend(_bounded(document.text, sentence))
    flush()
    return chunks


def embeddable(passages: Sequence[tuple[str, Chunk]], tokenizer: Tokenizer) -> list[str]:
    """What is embedded for each (title, passage): its header, cut to its room, gives it the names it does not repeat.

    ("Peace", a passage "They left." below "Troops") -> "Peace › Troops\\nThey left."
    """
    whole = list(dict.fromkeys(header(title, each.heading) for title, each in passages))
    cut = {
        text: text[: tokenizer.token_spans(text)[_HEADER_TOKENS].start] if count > _HEADER_TOKENS else text
        for text, count in zip(whole, tokenizer.count_tokens(whole), strict=True)
    }
    headers = (cut[header(title, each.heading)] for title, each in passages)
    return [f"{above}\n{each.text}" if above else each.text for above, (_, each) in zip(headers, passages, strict=True)]


def header(title: str, heading: str) -> str:
    """What stands above a passage when it is read: its document's title and the headings over it.

    >>> header("Peace", "Troops"), header("Peace", "")
    ('Peace › Troops', 'Peace')
    """
    return " › ".join(part for part in (title[:120], heading[:120]) if part)


def _pack(
    document: Document, sentences: Sequence[Span], heading: str, budget: int, tokenizer: Tokenizer
) -> list[Chunk]:
    """Passages of consecutive sentences, in each region as even in length as the budget allows."""
    pieces: list[tuple[Span, int]] = []
    texts = [span.of(document.text) for span in sentences]
    for sentence, count in zip(sentences, tokenizer.count_tokens(texts), strict=True):
        if count > budget:
            tokens = tokenizer.token_spans(sentence.of(document.text))
            pieces.extend(_cut_to_fit(document.text, sentence, tokens, budget))
        else:
            pieces.append((sentence, max(count, (sentence.end - sentence.start) // _CHARACTERS_A_TOKEN)))
    chunks: list[Chunk] = []
    for region in _regions(document.text, pieces, budget):
        # Ten sentences over budget by one become five and five, not nine and one.
        total = sum(count for _, count in region)
        target = total / max(1, -(-total // budget))
        group: list[Span] = []
        used = 0
        for span, count in region:
            if group and (used + count > budget or used >= target):
                chunks.append(_chunk_of(document, group, heading))
                group, used = [], 0
            group.append(span)
            used += count
        if group:
            chunks.append(_chunk_of(document, group, heading))
    return chunks


def _regions(text: str, pieces: Sequence[tuple[Span, int]], budget: int) -> Iterator[list[tuple[Span, int]]]:
    """The pieces of a section, parted by their content alone: before one sentence in eight, by its checksum, once a
    region is long enough. What stands far from an edit is therefore parted as before.
    """
    region: list[tuple[Span, int]] = []
    used = 0
    for span, count in pieces:
        if used >= _REGION_PASSAGES * budget and zlib.crc32(span.of(text).encode()) % _ONE_IN == 0:
            yield region
            region, used = [], 0
        region.append((span, count))
        used += count
    if region:
        yield region


def _bounded(text: str, sentence: Span) -> Iterator[Span]:
    """The sentence, cut at white space (or anywhere, where there is none) so that no piece is too long."""
    start = sentence.start
    while sentence.end - start > _SENTENCE_CHARACTERS:
        space = text.rfind(" ", start + 1, start + _SENTENCE_CHARACTERS)
        cut = space if space > 0 else start + _SENTENCE_CHARACTERS
        if piece := trimmed(text, start, cut):
            yield piece
        start = cut
    if piece := trimmed(text, start, sentence.end):
        yield piece


def _cut_to_fit(text: str, sentence: Span, tokens: Sequence[Span], budget: int) -> list[tuple[Span, int]]:
    """A sentence too long for a passage, cut between tokens; each piece with the tokens it has."""
    pieces = []
    for first in range(0, len(tokens), budget):
        part = tokens[first : first + budget]
        start = sentence.start + part[0].start if first else sentence.start
        last = first + budget >= len(tokens)
        end = sentence.end if last else sentence.start + tokens[first + budget].start
        if piece := trimmed(text, start, end):
            pieces.append((piece, len(part)))
    return pieces


def _chunk_of(document: Document, group: Sequence[Span], heading: str) -> Chunk:
    start, end = group[0].start, group[-1].end
    return Chunk(0, document.id, document.text[start:end], start, end, heading, tuple(group))
