"""Markdown to plain text: CommonMark with tables, its marks dropped, its headings, items and rows kept as blocks."""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from index.errors import EmptyFile, ReadError
from index.readers.builder import Canvas, document_id, title_from
from index.readers.formats import is_markdown_name
from index.readers.markup.frontmatter import FrontMatter, parse_front_matter
from index.readers.plain.document import blocks_of, read_plain
from index.readers.text import clean, decode
from index.schema import Block, BlockKind, Document

# The parser leaves out what is nested deeper, and slows down long before its own stack is full.
_DEEPEST = 60
_MOST_OPEN = 25  # brackets
_BRACKET = re.compile(r"[\[\]]|\n[ \t]*\n")
_INVISIBLE = ("script", "style")


def read_markdown(data: bytes, *, source: str) -> list[Document]:
    """The one document in a Markdown file; a plain-text file that only began with a rule is read as plain text.

    Raises EmptyFile where there is nothing below the front matter, ReadError where that is broken.

    >>> document = read_markdown(b"---\\nauthor: Ann Lee\\n---\\n# Soup\\n\\nIt is **hot**.", source="soup.md")[0]
    >>> document.title, document.author, document.text
    ('Soup', 'Ann Lee', 'Soup\\n\\nIt is hot.')
    """
    text, notes = decode(data, source=source)
    named = is_markdown_name(source)
    try:
        facts = parse_front_matter(text, source=source)
    except ReadError:
        if named:
            raise
        facts = FrontMatter()
    if not named and not facts.length:
        return read_plain(data, source=source)
    body, blocks = render(text[facts.length :])
    if not blocks:
        raise EmptyFile(f"{source} holds no text below its front matter; nothing to index")
    return [
        Document(
            id=document_id(source),
            text=body,
            title=facts.title or _first_heading(body, blocks) or title_from(source),
            source=source,
            author=facts.author,
            publisher=facts.publisher,
            date=facts.date,
            blocks=blocks,
            metadata={**facts.metadata, **notes},
        )
    ]


def render(markdown: str) -> tuple[str, tuple[Block, ...]]:
    """The plain text of Markdown and its blocks. Where nothing can be rendered, the source is taken as it stands.

    >>> text, blocks = render("Soup\\n====\\n\\n* [thin](https://a.example)\\n")
    >>> text, tuple((block.start, block.end, block.kind) for block in blocks)
    ('Soup\\n\\nthin', ((0, 4, 'heading'), (6, 10, 'item')))
    """
    canvas = Canvas()
    _draw(_tokens(markdown) or (), canvas)
    if canvas.blocks:
        return canvas.text, canvas.blocks
    text = markdown.strip()
    return text, blocks_of(text)


def _tokens(markdown: str) -> list[Token] | None:
    """What the parser finds; None for text it would cut off or choke on."""
    if _is_bomb(markdown):
        return None
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST + 2}).enable("table")
    tokens = parser.parse(markdown)
    return None if any(token.level > _DEEPEST for token in tokens) else tokens


def _is_bomb(markdown: str) -> bool:
    """Whether dozens of brackets stand open in one paragraph: looking for the end of each takes minutes."""
    depth = 0
    for mark in _BRACKET.finditer(markdown):
        depth = {"[": depth + 1, "]": max(depth - 1, 0)}.get(mark[0], 0)
        if depth > _MOST_OPEN:
            return True
    return False


def _draw(tokens: Sequence[Token], canvas: Canvas) -> None:
    """Put what the tokens show on the canvas."""
    kind: BlockKind = "paragraph"
    level = lists = 0
    cells: list[str] = []
    in_row = False
    for token in tokens:
        match token.type:
            case "heading_open":
                kind, level = "heading", int(token.tag[1])
            case "heading_close":
                kind, level = "paragraph", 0
            case "bullet_list_open" | "ordered_list_open":
                lists += 1
            case "bullet_list_close" | "ordered_list_close":
                lists -= 1
            case "tr_open":
                cells, in_row = [], True
            case "tr_close":
                canvas.add(" | ".join(cells), "row")
                in_row = False
            case "fence" | "code_block":
                canvas.add(token.content, verbatim=True)
            case "html_block":
                _draw_html(token.content, canvas)
            case "inline" if in_row:
                cells.append(inline_text(token.children or ()).replace("\n", " ").strip())
            case "inline":
                shown = inline_text(token.children or ())
                canvas.add(shown, "item" if lists and kind == "paragraph" else kind, level=level)


def inline_text(tokens: Sequence[Token]) -> str:
    """The characters a reader would see: no marks, no tags, no link targets."""
    parts: list[str] = []
    hidden = ""
    for token in tokens:
        if token.type == "html_inline":
            tag = token.content.strip("</ >").lower()
            if tag.split(maxsplit=1)[:1] == ["br"]:
                parts.append("\n")
            elif tag.startswith(_INVISIBLE):
                hidden = "" if token.content.startswith("</") else tag
        elif hidden:
            continue
        elif token.type == "softbreak":
            parts.append(" ")
        elif token.type == "hardbreak":
            parts.append("\n")
        elif token.type == "image":
            parts.append(inline_text(token.children or ()))
        else:
            parts.append(token.content)
    return clean("".join(parts)).strip()


def _draw_html(markup: str, canvas: Canvas) -> None:
    # Imported on use: most Markdown has no HTML, and the library takes a while to load.
    from index.readers.markup.elements import draw_visible, parse

    tree = parse(markup)
    if tree is not None:
        draw_visible(tree, canvas)


def _first_heading(text: str, blocks: Sequence[Block]) -> str | None:
    """The first heading of the first level, or else the first of any."""
    headings = sorted((block.level > 1, block.start, block.end) for block in blocks if block.kind == "heading")
    return " ".join(text[headings[0][1] : headings[0][2]].split()) if headings else None
