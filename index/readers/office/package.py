"""Office files as what they are: zipped XML parts, each read with a cap, without entities, and without the network."""

import contextlib
import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

from lxml import etree

from index.errors import EncryptedFile, ReadError, out_of_memory

# Nothing a size field says is believed: bytes are counted as they come out of the archive.
MAX_TREE = 32 << 20  # bytes of a part held as a tree, which takes up to thirty times as much memory
MAX_STREAM = 1 << 30  # bytes of a part read element by element; at 20 MB/s a minute of work
_PIECE = 64 * 1024
_ENCRYPTED = 0x1  # flag bit of a ZIP member
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeError, etree.XMLSyntaxError)


@dataclass(frozen=True, slots=True)
class Relation:
    """What a part points to: the last word of the relation's type ("slide", "chart") and the part's name."""

    kind: str
    target: str


class Package:
    """The parts of an Office file. Make one with `opened`."""

    def __init__(self, archive: zipfile.ZipFile, *, source: str) -> None:
        self.source = source
        self._archive = archive
        self._relations: dict[str, dict[str, Relation]] = {}
        # Part names are case-insensitive, and some programs write backslashes.
        self._members = {info.filename.replace("\\", "/").lower(): info for info in archive.infolist()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._members

    def main(self, *, default: str) -> str:
        """The name of the part with the document, workbook or presentation itself."""
        found = (relation.target for relation in self.relations("").values() if relation.kind == "officeDocument")
        return next((name for name in found if name in self), default)

    def relations(self, name: str) -> dict[str, Relation]:
        """What the part `name` points to inside the package, by relation id; "" is the package itself."""
        if name not in self._relations:
            folder, file = posixpath.split(name)
            root = self.tree(posixpath.join(folder, "_rels", f"{file}.rels"))
            self._relations[name] = found = {}
            for element in root if root is not None else ():
                target = element.get("Target", "")
                if element.get("TargetMode") != "External" and target:
                    path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                    found[element.get("Id", "")] = Relation(element.get("Type", "").rpartition("/")[2], path)
        return self._relations[name]

    def related(self, name: str, kind: str) -> list[str]:
        """The names of the parts of one kind that the part `name` points to."""
        return [relation.target for relation in self.relations(name).values() if relation.kind == kind]

    def tree(self, name: str) -> etree._Element | None:
        """The root element of a part; None where there is no such part, or nothing in it."""
        if name not in self:
            return None
        parser = etree.XMLParser(**_SAFE)
        for piece in self._undeclared(name, limit=MAX_TREE):
            parser.feed(piece)
        return parser.close()

    def stream(self, name: str, *tags: str, events: tuple[str, ...] = ("end",)) -> Iterator[tuple[str, etree._Element]]:
        """Events of the elements with these local names, as they are read. The caller discards what it has used."""
        parser = etree.XMLPullParser(events=events, tag=[f"{{*}}{tag}" for tag in tags], **_SAFE)
        for piece in self._undeclared(name, limit=MAX_STREAM):
            parser.feed(piece)
            yield from parser.read_events()
        parser.close()

    def pieces(self, name: str, *, limit: int) -> Iterator[bytes]:
        """The bytes of a part, piece by piece. Raises ReadError past the limit, whatever size the part declares."""
        info = self._members.get(name.lower())
        if info is None:
            raise ReadError(f"{self.source} lacks its part {name}; it is damaged, save it again")
        if info.flag_bits & _ENCRYPTED:
            raise EncryptedFile(f"{self.source} is protected by a password; remove it and sync again")
        total = 0
        with self._archive.open(info) as stream:
            while piece := stream.read(_PIECE):
                total += len(piece)
                if total > limit:
                    size = f"{limit >> 20} MiB"
                    raise ReadError(f"{self.source} unpacks to more than {size} in {name}, the limit; split it")
                yield piece

    def _undeclared(self, name: str, *, limit: int) -> Iterator[bytes]:
        """The pieces of a part; ReadError before the first where a document type is declared.

        Office formats have none: those who write one want entities expanded or files opened. lxml has switches against
        both, and one more that turns one of them off: with `collect_ids=False` it opens a DTD whatever `load_dtd` says.
        """
        begun = False

        def begin(*_: object) -> None:
            nonlocal begun
            begun = True

        def refuse(*_: object) -> None:
            raise ReadError(f"{self.source} declares entities in {name}, which Office files do not; it is not read")

        gate = expat.ParserCreate()
        gate.StartDoctypeDeclHandler = refuse
        gate.StartElementHandler = begin
        for piece in self.pieces(name, limit=limit):
            if not begun:
                try:
                    gate.Parse(piece, False)
                except (expat.ExpatError, ValueError) as error:
                    # What is wrong behind the first element, the parser proper will tell.
                    if not begun:
                        raise _damaged(self.source, error) from error
            yield piece


_SAFE: dict[str, bool] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


@contextlib.contextmanager
def opened(data: bytes, *, source: str) -> Iterator[Package]:
    """The package in `data`. What zipfile, zlib and lxml say of a damaged one while it is open becomes a ReadError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield Package(archive, source=source)
    except _DAMAGE as error:
        raise _damaged(source, error) from error


def _damaged(source: str, error: Exception) -> ReadError:
    if isinstance(error, etree.XMLSyntaxError) and error.code == etree.ErrorTypes.ERR_NO_MEMORY:
        return out_of_memory(source)
    said = " ".join(str(error).split())[:160] or type(error).__name__
    return ReadError(f"{source} is damaged or incomplete ({said}); save it again")


def local(element: etree._Element) -> str:
    """The element's name without its namespace, which differs between the two dialects of Office Open XML.

    >>> local(etree.fromstring("<w:p xmlns:w='urn:w'/>"))
    'p'
    """
    name: str = element.tag
    return name.rpartition("}")[2]


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The element at the end of a path of local names, the first of each; None where the path breaks off."""
    for name in path:
        for each in element if element is not None else ():
            if local(each) == name:
                element = each
                break
        else:
            return None
    return element


def children(element: etree._Element | None, *path: str) -> list[etree._Element]:
    """The elements inside the one at the end of a path of local names."""
    found = child(element, *path)
    return list(found) if found is not None else []


def attribute(element: etree._Element | None, name: str) -> str | None:
    """An attribute by its local name.

    >>> attribute(etree.fromstring("<w:p xmlns:w='urn:w' w:val='7'/>"), "val")
    '7'
    """
    if element is None:
        return None
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), None)


def relation_id(element: etree._Element, name: str = "id") -> str:
    """The id of the relation an element refers to; "" where it refers to none."""
    suffix = f"relationships}}{name}"
    return next((value for key, value in element.items() if key.endswith(suffix)), "")


def discard(element: etree._Element) -> None:
    """Free a part of a tree that is being streamed: this element's content and everything before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
