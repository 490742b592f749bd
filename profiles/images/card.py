"""Draw the card that chats show for a link to somebody's page (Open Graph): their picture, name and handle."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from profiles.images.fallback.initials import font_of, is_drawable

#: The size that Open Graph's readers show whole, in pixels.
WIDTH, HEIGHT = 1200, 630
_SIDE, _LEFT, _TEXT_LEFT = 430, 90, 590
_TEXT_WIDTH = WIDTH - _TEXT_LEFT - 60
_PAPER, _INK, _SOFT, _ACCENT = "#f3f5f1", "#131a17", "#4d5a54", "#0a6a4b"
# A mask is drawn this many times larger and then reduced, so that its edge is smooth.
_FINER = 4
_LARGEST_NAME, _SMALLEST_NAME = 84, 44
# Corners of a hexagon that stands on one, as parts of its square.
_HEXAGON = ((0.5, 0.0), (0.94, 0.25), (0.94, 0.75), (0.5, 1.0), (0.06, 0.75), (0.06, 0.25))


@dataclass(frozen=True)
class Card:
    """What stands on a card. `mark` is the line beside the verified mark, "" without one."""

    name: str
    handle: str
    site_name: str
    mark: str = ""


def draw_card(card: Card, square: bytes) -> bytes:
    """Return a JPEG. `square` is a square picture of ours, in any format that we store."""
    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    with Image.open(BytesIO(square)) as opened:
        picture = opened.convert("RGBA").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    face = Image.new("RGB", picture.size, "white")
    face.paste(picture, mask=picture)
    image.paste(face, (_LEFT, (HEIGHT - _SIDE) // 2), _mask(hexagonal=bool(card.mark)))
    _write(ImageDraw.Draw(image), card)
    encoded = BytesIO()
    image.save(encoded, "JPEG", quality=88, optimize=True)
    return encoded.getvalue()


def _mask(*, hexagonal: bool) -> Image.Image:
    side = _SIDE * _FINER
    mask = Image.new("L", (side, side))
    pen = ImageDraw.Draw(mask)
    if hexagonal:
        pen.polygon([(x * side, y * side) for x, y in _HEXAGON], fill=255)
    else:
        pen.ellipse((0, 0, side - 1, side - 1), fill=255)
    return mask.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)


def _write(pen: ImageDraw.ImageDraw, card: Card) -> None:
    """Write the lines beside the picture, one below the other. A name that the font lacks is left to the handle."""
    handle = f"@{card.handle}"
    title = card.name if is_drawable(card.name) else handle
    text, font = _fit(title)
    lines = [(text, font, _INK)]
    if title != handle:
        lines.append((handle, font_of(40), _SOFT))
    if card.mark:
        lines.append((card.mark, font_of(36), _ACCENT))
    y = (HEIGHT - sum(line_font.size * 1.5 for _, line_font, _ in lines)) / 2
    for line, line_font, color in lines:
        pen.text((_TEXT_LEFT, y), line, fill=color, font=line_font)
        y += line_font.size * 1.5
    pen.text((_TEXT_LEFT, HEIGHT - 70), card.site_name, fill=_SOFT, font=font_of(28))


def _fit(text: str) -> tuple[str, ImageFont.FreeTypeFont]:
    """Return the text in the largest size that fits the line, cut short if none does."""
    for pixels in range(_LARGEST_NAME, _SMALLEST_NAME - 1, -4):
        if font_of(pixels).getlength(text) <= _TEXT_WIDTH:
            return text, font_of(pixels)
    font = font_of(_SMALLEST_NAME)
    while font.getlength(f"{text}…") > _TEXT_WIDTH:
        text = text[:-1]
    return f"{text.rstrip()}…", font
