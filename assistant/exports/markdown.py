"""A conversation as Markdown with footnotes, and back."""

import re
from collections.abc import Iterator

from assistant.exports.script import REMARKS, UNSEEN, Block, Kind, Mark, Part, Remark, Script

_SPECIAL = re.compile(r"[\\`*_\[\]<>&#~|^$!]")
# What would open a list or a rule at the head of a line: "- ", "1. May" is a date.
_OPENING = re.compile(r"\A([-+:=]|\d+(?=[.)]))")
_REMARK = "|".join(map(re.escape, REMARKS.values()))
_TOKEN = re.compile(rf"\\(?P<escaped>[^\w\s]|_)|\[\^(?P<mark>\d{{1,9}})\]|\*\((?P<remark>{_REMARK})\)\*")
# What begins something else than a paragraph, or a line of a quotation.
_BEGINS = re.compile(r" {0,3}(?:#{1,6}\s|[-+*]\s|\d{1,9}[.)]\s|```|~~~|<|(?:[-=*_] *){3,}$)")
# What is shown otherwise than it is written; our own writing escapes it.
_RAW = re.compile(r"[<`~|]|\*(?=\S)|(?<=\S)\*|\]\(|&(?:#|\w+;)")
_NOTE = re.compile(r"\[\^(\d{1,9})\]:\s*(.*)", re.DOTALL)
_PREFIXES: dict[Kind, str] = {"question": "## ", "aside": "> ", "answer": ""}


def write(script: Script) -> str:
    """The script as Markdown, with footnotes as GitHub and Pandoc have them."""
    blocks = [_PREFIXES[block.kind] + _opened("".join(map(_part, block.parts))) for block in script.blocks]
    notes = [f"[^{number}]: {_escaped(note)}" for number, note in script.notes.items()]
    return "\n\n".join([f"# {_escaped(script.title)}", *blocks, *notes]) + "\n"


def read(text: str) -> Script:
    """The script that was written, also wrapped by an editor. What else stands in the file is read as answers.

    A note that is there twice says nothing: which one is shown depends on the program.
    """
    title, blocks = "", []
    notes: dict[int, str] = {}
    for paragraph in _paragraphs(text):
        if note := _NOTE.fullmatch(paragraph):
            number = int(note[1])
            notes[number] = "" if number in notes else _plain(note[2])
        elif paragraph.startswith("# ") and not title:
            title = _plain(paragraph[2:])
        else:
            kind = next(kind for kind, prefix in _PREFIXES.items() if paragraph.startswith(prefix))
            # Wrapped quotations bear their mark on each line.
            words = paragraph.removeprefix(_PREFIXES[kind]).replace("\n> ", "\n")
            blocks.append(Block(kind, tuple(_parts(words))))
    return Script(title, tuple(blocks), notes)


def _paragraphs(text: str) -> Iterator[str]:
    """Stretches without an empty line; a heading ends with its line, and notes, lists and the like begin with one."""
    lines: list[str] = []
    for line in (*re.split(r"\r\n?|\n", text), ""):
        begins = _NOTE.match(line) or _BEGINS.match(line)
        if lines and (not line.strip() or begins or lines[0].startswith(("# ", "## "))):
            yield "\n".join(lines)
            lines = []
        if line.strip():
            lines.append(line.strip() if lines else line.rstrip())


def _parts(words: str) -> Iterator[Part]:
    text, at = "", 0
    for token in (*_TOKEN.finditer(words), None):
        text += _RAW.sub(UNSEEN, words[at : token.start() if token else len(words)])
        at = token.end() if token else at
        if token and token["escaped"]:
            text += token["escaped"]
        elif text := " ".join(text.split()):
            yield text
            text = ""
        if token and token["mark"]:
            yield Mark(int(token["mark"]))
        elif token and token["remark"]:
            yield Remark(token["remark"])


def _part(part: Part) -> str:
    if isinstance(part, Mark):
        return f"[^{part.number}]"
    return f" *({part.text})*" if isinstance(part, Remark) else _escaped(part)


def _opened(words: str) -> str:
    """The words of a paragraph that must not become a list."""
    return _OPENING.sub(lambda found: found[0] + "\\" if found[0].isdigit() else "\\" + found[0], words)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: "\\" + found[0], text)


def _plain(text: str) -> str:
    return "".join(part for part in _parts(text) if isinstance(part, str))
