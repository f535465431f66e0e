"""Writes conversations into files that people pass on, and reads them back to be checked."""

import codecs
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from assistant.errors import ExportError
from assistant.exports import markdown, page, word
from assistant.exports.script import Script, script_of
from assistant.schema import Answer, Conversation, Turn

__all__ = ["FORMATS", "MEDIA_TYPES", "export", "format_of", "read_export"]

_SUFFIXES = {"markdown": "md", "htm": "html"}
_MOST_BYTES = 64 * 1024 * 1024


def export(conversation: Conversation, title: str, form: str) -> bytes:
    """The conversation as a file: md, html or docx with footnotes, or json, every answer as interfaces give it."""
    if (known := format_of(form)) == "json":
        turns = [turn.answer.to_dict() for turn in conversation.turns]
        told = json.dumps({"title": title, "answers": turns}, ensure_ascii=False, indent=2) + "\n"
        return told.encode(errors="replace")
    script = script_of(conversation, title)
    return word.write(script) if known == "docx" else {"md": markdown, "html": page}[known].write(script).encode()


def read_export(path: Path) -> Script:
    """What an exported file says, edited or not. Raises ExportError for a file that cannot be one."""
    read = _READERS[format_of(path.suffix)]
    try:
        if (size := path.stat().st_size) > _MOST_BYTES:
            raise ExportError(f"{path} has {size:,} bytes, the limit is {_MOST_BYTES:,}; export it again")
        script = read(path.read_bytes())
    except OSError as error:
        raise ExportError(f"{path} cannot be read ({error.strerror}); correct the path") from error
    except ExportError:
        raise
    # Parsers of three libraries over a file that may hold anything: whatever they raise, it is no export.
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ExportError(f"{path} is no exported conversation ({reason}); export it again") from error
    if not script.notes:
        raise ExportError(f"{path} holds no notes that lead to a source; export it again, or name another file")
    return script


def format_of(name: str) -> str:
    """The format that a name or a file's ending stands for. Raises ExportError for one there is not."""
    ending = name.lower().lstrip(".")
    if (known := _SUFFIXES.get(ending, ending)) not in FORMATS:
        raise ExportError(f"{name!r} is no format of exports; use one of {', '.join(FORMATS)}")
    return known


def _of_json(content: bytes) -> Script:
    told = json.loads(content)
    answers = [Answer.from_dict(each) for each in told["answers"]]
    for answer in answers:
        said = all(answer.text[each.start : each.end] == each.text for each in answer.sentences)
        if not said or (answer.refusal and answer.text != answer.refusal.message):
            raise ExportError(f"an answer’s sentences are not those of its text: “{answer.text[:80]}”; export it again")
    return script_of(Conversation(tuple(Turn(answer.question, answer) for answer in answers)), str(told["title"]))


def _text(content: bytes) -> str:
    """The text of a file; editors mark other encodings than UTF-8 at its head."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if wide else "utf-8-sig", errors="replace")


_READERS: Mapping[str, Callable[[bytes], Script]] = {
    "md": lambda content: markdown.read(_text(content)),
    "html": lambda content: page.read(_text(content)),
    "docx": word.read,
    "json": _of_json,
}
FORMATS = tuple(_READERS)
MEDIA_TYPES: Mapping[str, str] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
}
