"""PDF files for tests, written byte by byte: every coordinate in them is known."""

from collections.abc import Sequence

Line = str | tuple[float, float, str]
HEIGHT, WIDTH = 792, 612
TOP, LEFT, PITCH, SIZE = 760, 60, 14, 11
COURIER = 0.6  # of its size is the width of every character of Courier


def make_pdf(
    pages: Sequence[Sequence[Line]],
    *,
    info: str = "",
    locked: bool = False,
    font: str = "Helvetica",
    page: str = "",
    unicode: dict[str, str] | None = None,
) -> bytes:
    """A PDF whose lines stand 14 points apart, or where a tuple says, at 11 points, or 18 after a "~".

    `page` goes into the dictionary of every page. `unicode` says what letters mean that are drawn as others.
    """
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", ""]
    kids = []
    for lines in pages:
        drawn = []
        for number, line in enumerate(lines):
            x, y, said = line if isinstance(line, tuple) else (LEFT, TOP - PITCH * number, line)
            size, said = (18, said[1:]) if said.startswith("~") else (SIZE, said)
            said = said.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
            drawn.append(f"BT /F1 {size} Tf {x} {y} Td ({said}) Tj ET")
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {len(objects) + 2} 0 R "
            f"/Resources << /Font << /F1 3 0 R >> >> {page} >>"
        )
        objects.append(_stream("\n".join(drawn)))
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    mapped = ""
    if unicode:
        pairs = " ".join(f"<{ord(drawn):02x}> <{meant.encode('utf-16-be').hex()}>" for drawn, meant in unicode.items())
        objects.append(_stream(f"1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfchar {pairs} endbfchar"))
        mapped = f" /ToUnicode {len(objects)} 0 R"
    objects[2] = f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding{mapped} >>"
    objects.append(f"<< {info} >>")
    extra = f" /Info {len(objects)} 0 R"
    if locked:
        objects.append(f"<< /Filter /Standard /V 1 /R 2 /O <{'ab' * 32}> /U <{'cd' * 32}> /P -4 >>")
        extra += f" /Encrypt {len(objects)} 0 R /ID [<00> <00>]"
    return written(objects, extra=extra)


def written(objects: Sequence[str], *, extra: str = "") -> bytes:
    """A file of these objects, numbered from 1; the first is the catalog, `extra` goes into the trailer."""
    out = "%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R{extra} >>\nstartxref\n{len(out)}\n%%EOF"
    return (out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}" + trailer).encode("cp1252")


def _stream(content: str) -> str:
    return f"<< /Length {len(content)} >>\nstream\n{content}\nendstream"
