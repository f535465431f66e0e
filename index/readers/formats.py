"""What a file is, told by its content; its name decides only between kinds that content cannot tell apart."""

import re
from pathlib import PurePosixPath
from typing import Literal

from index.errors import ReadError
from index.readers.signatures import HEAD, Binary, binary_format, narrow

Textual = Literal["HTML", "Markdown", "mail", "mbox", "JSON", "XML", "RTF", "CSV", "code", "text"]
Format = Literal[Binary, Textual]

_CODE_SUFFIXES = frozenset(
    "py pyi pyx js mjs cjs jsx ts tsx vue svelte java kt kts scala groovy gradle c h cc cpp cxx hpp hh m mm cs fs vb "
    "go rs swift dart rb php pl pm lua r jl hs ml ex exs erl clj lisp el nim zig v sv vhd asm s sh bash zsh fish ps1 "
    "bat cmd sql css scss sass less graphql proto tf hcl toml yaml yml ini cfg conf properties env cmake mk dockerfile "
    "makefile gemfile rakefile jenkinsfile vagrantfile diff patch log gitignore".split()
)
_DATA_SUFFIXES = (".json", ".jsonl", ".ndjson", ".jsonc", ".json5", ".geojson", ".xml", ".svg")
_MARKDOWN_SUFFIXES = (".md", ".markdown")
_PROLOGUE = re.compile(rb"\s+|<\?xml[^>]{0,200}\?>|<!--.{0,2000}?-->", re.DOTALL)
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_FRAGMENT = re.compile(
    rb"<(?:meta|title|link|div|p|h[1-6]|article|section|main|header|table|ul|ol|span|style|script)\b[^<>]{0,500}>", re.I
)
_ELEMENT = re.compile(rb"<(?P<name>[A-Za-z_][\w:.-]{0,100})(?:\s[^<>]{0,5000})?>")
# Opens a message in a mailbox: a sender, a time, and headers below.
ENVELOPE = re.compile(rb"^From [^\n]{1,150}\d:\d\d[^\n]{0,40}\n(?=[!-9;-~]{1,80}:)", re.MULTILINE)
_HEADER = re.compile(rb"([!-9;-~]{1,80}):|[ \t]")
_MAIL_HEADERS = frozenset(b"from to subject date received message-id mime-version return-path delivered-to".split())
_JSON = re.compile(rb"\{\s*(?:\"|\}\s*\Z)|\[\s*(?:[{\[\"\]]|-?\d+(?:\.\d+)?\s*[,\]]|(?:true|false|null)\s*[,\]])")
_FENCE = re.compile(rb"---[ \t]*\r?\n|---\r")


def sniff(data: bytes, *, source: str) -> Format:
    """The format of `data`.

    Raises UnsupportedFormat for anything binary that is not read, naming what it looks like; EncryptedFile and
    ReadError as `binary_format` does.

    >>> sniff(b"%PDF-1.7 ...", source="a.txt"), sniff(b"<!DOCTYPE html><p>", source="a"), sniff(b"x", source="a.md")
    ('PDF', 'HTML', 'Markdown')
    >>> sniff(b'{"a": 1}', source="a"), sniff(b"From: a@b.example\\nSubject: c\\n\\nd", source="a")
    ('JSON', 'mail')
    """
    return binary_format(data, source=source) or _text_format(data, source)


def is_markdown_name(source: str) -> bool:
    """Whether a file's name says that it is Markdown."""
    return source.lower().endswith(_MARKDOWN_SUFFIXES)


def is_code_name(source: str) -> bool:
    """Whether a file's name says that it is source code, a configuration or a log.

    >>> is_code_name("src/a.PY"), is_code_name("Makefile"), is_code_name(".env"), is_code_name("notes.txt")
    (True, True, True, False)
    """
    name = PurePosixPath(source.lower()).name
    return name.rpartition(".")[2] in _CODE_SUFFIXES


def _text_format(data: bytes, source: str) -> Textual:
    sample = narrow(data[:HEAD])
    start = _past_prologue(sample)
    if start.startswith(b"{\\rtf"):
        return "RTF"
    if _PAGE.match(start):
        return "HTML"
    # A README may begin with an HTML tag and be Markdown all the same; a Vue component with one, and be code.
    if is_markdown_name(source):
        return "Markdown"
    if is_code_name(source) or sample.startswith(b"#!"):
        return "code"
    if ENVELOPE.match(start):
        return "mbox"
    if _is_mail(start):
        return "mail"
    if _JSON.match(start):
        return "JSON"
    if _FRAGMENT.match(start) and b"</" in sample:
        return "HTML"
    if _is_xml(data, sample, start):
        return "XML"
    if _FENCE.match(sample):
        return "Markdown"
    # Data that does not look like it, as JSON that begins with a comment, is read as its author sees it.
    if source.lower().endswith(_DATA_SUFFIXES):
        return "code"
    return "CSV" if _is_table(data, source) else "text"


def _is_mail(start: bytes) -> bool:
    """Whether text begins with a block of nothing but headers, at least two of them those of mail."""
    known = set()
    block, end, _ = start.replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = block.splitlines()
    for number, line in enumerate(lines, start=1):
        if match := _HEADER.match(line):
            known.add((match[1] or b"").lower())
        elif end or number < len(lines) or len(start) < HEAD // 2:
            return False  # the last line of a sample may be half of one
    return len(known & _MAIL_HEADERS) >= 2


def _is_xml(data: bytes, sample: bytes, start: bytes) -> bool:
    """Whether text is declared to be XML, or its first element closes at its end."""
    if sample.lstrip().startswith(b"<?xml") or re.match(rb"<!DOCTYPE\s", start):
        return True
    element = _ELEMENT.match(start)
    return element is not None and narrow(data[-HEAD:]).rstrip().endswith(b"</" + element["name"] + b">")


def _is_table(data: bytes, source: str) -> bool:
    from index.readers.data.tables import looks_tabular
    from index.readers.text import decode

    head = data[:HEAD]
    if len(data) > HEAD and b"\n" in head:
        head = head[: head.rfind(b"\n") + 1]
    try:
        return looks_tabular(decode(head, source=source)[0])
    except ReadError:
        return False  # blank so far


def _past_prologue(data: bytes) -> bytes:
    """`data` from the first thing that is no white space, comment or XML declaration."""
    position = 0
    while match := _PROLOGUE.match(data, position):
        position = match.end()
    return data[position:]
