"""A PDF of plain text, written byte by byte."""

import textwrap
from collections.abc import Iterable, Sequence

_WIDTH, _HEIGHT, _MARGIN, _PITCH, _SIZE = 612, 792, 60, 14, 11
_CHARACTERS_A_LINE = 90


def text_pdf(pages: Iterable[str]) -> bytes:
    """A PDF file with a page of print for each text, in lines of at most 90 characters; Latin letters only.

    >>> text_pdf(["One page."])[:8]
    b'%PDF-1.4'
    """
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for text in pages:
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH} {_HEIGHT}] /Contents {len(objects) + 2} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        drawn = _drawn(textwrap.wrap(text, _CHARACTERS_A_LINE))
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    return _file(objects)


def _drawn(lines: Sequence[str]) -> str:
    escaped = [line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in lines]
    shown = "\n".join(f"({line}) Tj T*" for line in escaped)
    return f"BT /F1 {_SIZE} Tf {_PITCH} TL {_MARGIN} {_HEIGHT - _MARGIN} Td\n{shown}\nET"


def _file(objects: Sequence[str]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF"
    return bytes(out) + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode()
