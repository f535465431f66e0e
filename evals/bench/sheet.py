"""A sheet of pictures: quotes, and the pages they are printed on with boxes around them."""

import io
import textwrap
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageDraw

from index import Box, Document, Index, Picture

_WIDTH = 1400
_MARGIN = 24
_LINE = 14
_MOST_HIGH = 420


def pictured(index: Index, quotes: Sequence[tuple[Document, str, Sequence[Box]]], file: Path) -> None:
    """Write a PNG with a strip for each quote: what it says, and the part of each page where its boxes are."""
    strips: list[Image.Image] = []
    for number, (document, text, boxes) in enumerate(quotes, start=1):
        strips.append(_words(f"{number}. {document.source}: {' '.join(text.split())}"))
        for page, group in groupby(boxes, key=lambda box: box.page):
            strips.append(_part(index.picture(document.id, page, width=_WIDTH), list(group)))
    sheet = Image.new("RGB", (_WIDTH, sum(strip.height for strip in strips)), "white")
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    file.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(file)


def _part(picture: Picture, boxes: Sequence[Box]) -> Image.Image:
    """The part of a page around its boxes, which are drawn in."""
    page = Image.open(io.BytesIO(picture.png)).convert("RGB")
    draw, scale = ImageDraw.Draw(page), picture.scale
    for box in boxes:
        sides = (scale * box.left, scale * box.top, scale * box.right, scale * box.bottom)
        draw.rectangle(sides, outline="red", width=2)
    top = max(0, int(scale * min(box.top for box in boxes)) - _MARGIN)
    bottom = int(scale * max(box.bottom for box in boxes)) + _MARGIN
    return page.crop((0, top, page.width, min(page.height, bottom, top + _MOST_HIGH)))


def _words(text: str) -> Image.Image:
    lines = textwrap.wrap(text, 200)[:4]
    strip = Image.new("RGB", (_WIDTH, _LINE * len(lines) + 10), "#eeeeff")
    for number, line in enumerate(lines):
        ImageDraw.Draw(strip).text((8, 4 + _LINE * number), line, fill="black")
    return strip
