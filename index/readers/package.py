"""Office files as what they are: zipped XML parts, each read with a cap, without entities, and without the network."""

import contextlib
import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from index.errors import EncryptedFile, ReadError

# Nothing a size field says is believed: bytes are counted as they come out of the archive.
MAX_TREE = 32 << 20  # bytes of a part held as a tree, which takes up to thirty times as much memory
MAX_STREAM = 1 << 30  # bytes of a part read element by element; at 20 MB/s a minute of work
_PIECE = 64 * 1024
_ENCRYPTED = 0x1  # flag bit of a ZIP member
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, etree.XMLSyntaxError, UnicodeError)


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
        for piece in self.pieces(name, limit=MAX_TREE):
            parser.feed(piece)
        root = parser.close()
        self._refuse_declarations(root, name)
        return root

    def stream(self, name: str, *tags: str, events: tuple[str, ...] = ("end",)) -> Iterator[tuple[str, etree._Element]]:
        """Events of the elements with these local names, as they are read. The caller discards what it has used."""
        parser = etree.XMLPullParser(events=events, tag=[f"{{*}}{tag}" for tag in tags], collect_ids=False, **_SAFE)
        checked = False
        for piece in self.pieces(name, limit=MAX_STREAM):
            parser.feed(piece)
            for event, element in parser.read_events():
                if not checked:
                    self._refuse_declarations(element, name)
                    checked = True
                yield event, element
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

    def _refuse_declarations(self, element: etree._Element, name: str) -> None:
        """Office formats have no document type declarations; those who write one want entities expanded."""
        if element.getroottree().docinfo.internalDTD is not None:
            raise ReadError(f"{self.source} declares entities in {name}, which Office files do not; it is not read")


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
        said = " ".join(str(error).split())[:160] or type(error).__name__
        raise ReadError(f"{source} is damaged or incomplete ({said}); save it again") from error


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
