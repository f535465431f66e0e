"""Files made to hurt whoever parses them, and a table of what became of each: `python -m tests.faults.bombs`."""

import io
import os
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index import Limits
from index.sandbox import Outcome, Sandbox

SECRET = "the secret of the file next door"


def pdf(content: bytes, filters: str) -> bytes:
    """A PDF of one page with this content stream."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), filters.encode(), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % table)


def deflated(pieces: Iterator[bytes]) -> bytes:
    """The pieces as one zlib stream, never all in memory."""
    packer = zlib.compressobj(9)
    return b"".join([*(packer.compress(piece) for piece in pieces), packer.flush()])


def archive(members: dict[str, bytes], *, level: int = 6) -> bytes:
    """A ZIP archive of these members."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return written.getvalue()


_TYPES = (
    b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    b'<Override PartName="/word/document.xml" ContentType='
    b'"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    b'Target="word/document.xml"/></Relationships>'
)
_WORD = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'


def docx(body: bytes, *, head: bytes = b"") -> bytes:
    """A Word document with this body."""
    document = b'<?xml version="1.0"?>' + head + _WORD + body + b"</w:body></w:document>"
    return archive({"[Content_Types].xml": _TYPES, "_rels/.rels": _RELATIONS, "word/document.xml": document})


def epub(chapter: bytes, **more: bytes) -> bytes:
    """A book of one chapter."""
    return archive(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": b'<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            b'<rootfile full-path="b.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
            "b.opf": b'<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="c" href="c.xhtml" '
            b'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="c"/></spine></package>',
            "c.xhtml": chapter,
            **more,
        }
    )


def lying(data: bytes, size: int) -> bytes:
    """An archive whose directory says that its last member has another size."""
    changed = bytearray(data)
    entry = data.rindex(b"PK\x01\x02")
    changed[entry + 24 : entry + 28] = size.to_bytes(4, "little")
    return bytes(changed)


def entity(place: Path) -> bytes:
    """A declaration of an entity that is a file."""
    return f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{place}">]>'.encode()


def nested_multiparts(depth: int) -> bytes:
    """A mail whose parts are parts of parts."""
    parts = [b"From: a@example.org\nTo: b@example.org\nSubject: deep\nMIME-Version: 1.0\n"]
    parts += [b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(depth)]
    return b"".join([*parts, b"Content-Type: text/plain\n\nSoup.\n"])


def encoded_words(count: int) -> bytes:
    """A mail whose subject is made of encoded words."""
    words = b"\n ".join([b"=?utf-8?B?c291cA==?="] * count)
    return b"From: a@example.org\nTo: b@example.org\nSubject: " + words + b"\n\nSoup is hot.\n"


def bombs(place: Path) -> dict[str, Callable[[], bytes]]:
    """How each file is made, by name; `place` holds a file that no document may show."""
    word = b"BT /F1 9 Tf 9 9 Td (ab) Tj ET\n"
    paragraph = b"<w:p><w:r><w:t>Soup is hot.</w:t></w:r></w:p>"
    zeros = b"\0" * (1 << 20)
    return {
        "no-end.txt": lambda: b"!?" * 20_000,
        "operators.pdf": lambda: pdf(deflated(word for _ in range(3_000_000)), "/Filter /FlateDecode"),
        "double-flate.pdf": lambda: pdf(
            zlib.compress(deflated(zeros for _ in range(2048)), 9), "/Filter [/FlateDecode /FlateDecode]"
        ),
        "paragraphs.docx": lambda: docx(paragraph * 1_500_000),
        "lying-small.zip": lambda: lying(archive({"a.txt": b"Soup. ", "b.txt": b"soup " * 1_000_000}), 10),
        "lying-large.zip": lambda: lying(archive({"a.txt": b"Soup. ", "b.txt": b"Soup is hot. "}), 4_000_000_000),
        "lying.epub": lambda: lying(epub(b"<html><body><p>Soup.</p></body></html>"), 10),
        "climbing.zip": lambda: archive({"../../climbed.txt": b"Soup is hot.", "/tmp/climbed.txt": b"Stew is not."}),
        "entity.docx": lambda: docx(b"<w:p><w:r><w:t>Soup &e;</w:t></w:r></w:p>", head=entity(place)),
        "entity.epub": lambda: epub(entity(place) + b"<html><body><p>Soup &e;</p></body></html>"),
        "entity.svg": lambda: entity(place) + b'<svg xmlns="http://www.w3.org/2000/svg"><text>Soup &e;</text></svg>',
        "words.eml": lambda: encoded_words(20_000),
        "parts.eml": lambda: nested_multiparts(3_000),
        "brackets.json": lambda: b"[" * 200_000 + b"]" * 200_000,
        "brackets.md": lambda: b"# Soup\n\n" + b"[" * 200_000,
        "divs.html": lambda: b"<!doctype html><title>Soup</title>" + b"<div>" * 200_000 + b"Soup.",
        "field.csv": lambda: b'name,text\nsoup,"' + b"soup " * 40_000_000 + b'"\nstew,thin\nbroth,clear\n',
        "zeros.zip": lambda: archive({f"{n}.txt": zeros * 500 for n in range(4)}, level=1),
    }


@dataclass
class Burst:
    """What became of a file, how many seconds it took, and what its process was seen to use."""

    outcome: Outcome
    seconds: float = 0.0
    cpu: float = 0.0
    peak_mb: float = 0.0


def explode(name: str, data: bytes, folder: Path, sandbox: Sandbox) -> Burst:
    """What became of a file."""
    path = folder / name
    path.write_bytes(data)
    burst = Burst(Outcome())
    watch = threading.Thread(target=_watch, args=(burst, sandbox, done := threading.Event()))
    watch.start()
    began = time.monotonic()
    burst.outcome = sandbox.read(path, source=name)
    burst.seconds = time.monotonic() - began
    done.set()
    watch.join()
    return burst


def _watch(burst: Burst, sandbox: Sandbox, done: threading.Event) -> None:
    """Look every few milliseconds at what the child uses: one that is killed cannot tell."""
    ticks = os.sysconf("SC_CLK_TCK")
    while not done.wait(0.02):
        for child in [*sandbox._busy]:
            try:
                process = Path("/proc", str(child._process.pid))
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                peak = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM"))
            except (OSError, StopIteration):
                continue
            burst.cpu = max(burst.cpu, (int(fields[11]) + int(fields[12])) / ticks)
            burst.peak_mb = max(burst.peak_mb, int(peak.split()[1]) / 1024)


def told(outcome: Outcome) -> str:
    """The outcome in words."""
    if outcome.reading is None:
        return outcome.failure or "neither read nor refused"
    characters = sum(len(document.text) for document in outcome.reading.documents)
    parts = [f"read, {characters:,} characters"] if characters else []
    return "; ".join([*parts, *(failure.reason for failure in outcome.reading.failures[:2])])


def main() -> None:
    """Print the table, as Markdown."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = folder / "next-door"
        place.write_text(SECRET)
        sys.stdout.write("| file | size | seconds | CPU s | peak MB | what became of it |\n|---|---|---|---|---|---|\n")
        for kind, make in bombs(place).items():
            data = make()
            # A child of its own for each, so that its figures are of this file alone.
            with Sandbox(Limits()) as sandbox:
                burst = explode(kind, data, folder, sandbox)
            figures = f"{len(data):,} | {burst.seconds:.1f} | {burst.cpu:.1f} | {burst.peak_mb:.0f}"
            sys.stdout.write(f"| {kind} | {figures} | {told(burst.outcome)} |\n")
            sys.stdout.flush()
            os.remove(folder / kind)


if __name__ == "__main__":
    main()
