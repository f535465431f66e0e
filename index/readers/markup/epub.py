"""EPUB books: their chapters in reading order, without cover and contents; facts from the package document."""

import posixpath
import zipfile
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

from index.errors import EncryptedFile, NoText, ReadError
from index.readers.builder import Canvas, document_id, title_from
from index.readers.dates import iso_date
from index.readers.markup.elements import depth_of, draw, parse
from index.readers.markup.html import page_text
from index.readers.markup.xml import xhtml
from index.readers.paged import PagedCanvas
from index.readers.text import clean
from index.readers.zipped import opened, unpacked
from index.schema import Document

_LARGEST = 50_000_000  # bytes of a chapter
_MOST = 300_000_000  # bytes of all chapters
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
# These scramble fonts, which says nothing about the text.
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_PAGES = frozenset(("application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document"))
_LEFT_OUT = frozenset(("toc", "cover", "landmarks", "page-list", "loi", "lot"))
_TYPE = "{http://www.idpf.org/2007/ops}type"
_LONGEST_LABEL = 80


def read_epub(data: bytes, *, source: str) -> list[Document]:
    """The one document in a book; its pages are its chapters, labelled with their headings.

    Chapters that are damaged are named in the metadata. Raises EncryptedFile for a protected book, NoText for one of
    images, ReadError where its package document or all of its chapters cannot be read.
    """
    with opened(data, source=source) as archive:
        book = _Book(archive, source)
        canvas = PagedCanvas(source=source)
        broken = _draw_chapters(book, canvas)
    if not canvas.blocks:
        raise NoText(f"{source} is a book without text; if its pages are images, run OCR on it and sync again")
    facts = book.facts
    notes = {"language": facts.get("language", ""), "subject": facts.get("subject", ""), "unread_chapters": broken}
    return [
        Document(
            id=document_id(source),
            text=canvas.text,
            title=facts.get("title") or title_from(source),
            source=source,
            author=facts.get("creator"),
            publisher=facts.get("publisher"),
            date=iso_date(facts.get("date", "")[:10]),
            pages=canvas.pages,
            blocks=canvas.blocks,
            metadata={name: value for name, value in notes.items() if value},
        )
    ]


@dataclass(frozen=True, slots=True)
class _Item:
    """A file of the book as its manifest lists it."""

    path: str
    media: str
    is_contents: bool


class _Book:
    """What the package document says: facts, and the chapters in reading order."""

    def __init__(self, archive: zipfile.ZipFile, source: str) -> None:
        self._archive, self.source = archive, source
        self._members = {member.filename: member for member in archive.infolist()}
        self._left = _MOST
        self._refuse_protection()
        path = self._package_path()
        root = self._tree(path)
        self.facts = _facts(root)
        self.chapters = _chapters(root, posixpath.dirname(path))

    def content(self, path: str) -> bytes:
        """The bytes of a member. Raises ReadError."""
        member = self._members.get(path)
        if member is None:
            raise ReadError(f"{self.source} lacks its part {path}; it is damaged, fetch it again")
        content = unpacked(self._archive, member, source=self.source, most=min(_LARGEST, self._left))
        self._left -= len(content)
        return content

    def _tree(self, path: str) -> etree._Element:
        text, _ = page_text(self.content(path), source=self.source)
        root = xhtml(text)
        if root is None:
            raise ReadError(f"{self.source} is damaged: its part {path} is no well-formed XML; fetch it again")
        return root

    def _package_path(self) -> str:
        if _CONTAINER in self._members:
            for element in self._tree(_CONTAINER).iter("rootfile"):
                if path := element.get("full-path"):
                    return str(path)
        found = [name for name in self._members if name.endswith(".opf")]
        if not found:
            raise ReadError(f"{self.source} is a book without a package document; it is damaged, fetch it again")
        return found[0]

    def _refuse_protection(self) -> None:
        if _ENCRYPTION not in self._members:
            return
        for data in self._tree(_ENCRYPTION).iter("EncryptedData"):
            method = next(data.iter("EncryptionMethod"), None)
            if method is None or method.get("Algorithm") not in _FONTS:
                raise EncryptedFile(f"{self.source} is protected (DRM); get it without protection and sync again")


def _path(folder: str, href: str) -> str:
    """The member a reference names.

    >>> _path("OEBPS", "text/../chapter%201.xhtml#top")
    'OEBPS/chapter 1.xhtml'
    """
    return posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0])))


def _facts(root: etree._Element) -> dict[str, str]:
    """The first of each fact, and all who created the book."""
    found: dict[str, list[str]] = {}
    metadata = next(root.iter("metadata"), None)
    for element in metadata.iter("{*}*") if metadata is not None else ():
        if text := " ".join(clean(element.text or "").split()):
            found.setdefault(element.tag, []).append(text)
    return {name: ", ".join(texts) if name == "creator" else texts[0] for name, texts in found.items()}


def _chapters(root: etree._Element, folder: str) -> list[str]:
    """The paths of the pages in reading order, without the table of contents and the cover."""
    items: dict[str, _Item] = {}
    for element in root.iter("item"):
        path = _path(folder, element.get("href", ""))
        properties = (element.get("properties") or "").split()
        items[element.get("id", "")] = _Item(path, element.get("media-type", "").lower(), "nav" in properties)
    aside = {
        _path(folder, element.get("href", ""))
        for element in root.iter("reference")
        if element.get("type", "").lower() in _LEFT_OUT
    }
    spine = [items[ref] for element in root.iter("itemref") if (ref := element.get("idref", "")) in items]
    pages = [item for item in spine if item.media in _PAGES]
    kept = [item.path for item in pages if not item.is_contents and item.path not in aside]
    # A short text may be all there is, cover and text in one.
    return list(dict.fromkeys(kept or [item.path for item in pages]))


def _draw_chapters(book: _Book, canvas: PagedCanvas) -> str:
    """Put every chapter on the canvas, each as a page; which ones could not be read, and why. Raises ReadError."""
    broken: list[str] = []
    errors: list[ReadError] = []
    for number, path in enumerate(book.chapters, start=1):
        try:
            chapter = _drawn(book.content(path), f"{book.source}/{path}")
        except ReadError as error:
            errors.append(error)
            broken.append(f"{number} ({path})")
            continue
        if chapter.blocks:
            canvas.turn(_label(chapter, number))
            canvas.extend(chapter.text, chapter.blocks)
    if errors and not canvas.blocks:
        raise errors[0]
    return ", ".join(broken)


def _drawn(data: bytes, source: str) -> Canvas:
    text, _ = page_text(data, source=source)
    canvas = Canvas()
    tree = xhtml(text)
    if tree is None:
        tree = parse(text)
    if tree is None:
        return canvas
    depth_of(tree, source=source)
    for element in tree.iter():
        if not _LEFT_OUT.isdisjoint((element.get(_TYPE) or element.get("epub:type") or "").split()):
            element.tag = "template"  # is not drawn, nor is anything in it
    body = next(tree.iter("body", "book"), None)
    if body is not None:
        draw(body, canvas)
    return canvas


def _label(chapter: Canvas, number: int) -> str:
    """What a chapter is called: by its first heading, or by its place in the book."""
    heading = next((block for block in chapter.blocks if block.kind == "heading"), None)
    if heading is None:
        return f"section {number}"
    title = " ".join(chapter.text[heading.start : heading.end].split())
    return title if len(title) <= _LONGEST_LABEL else title[: _LONGEST_LABEL - 1].rstrip() + "…"
