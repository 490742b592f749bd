"""Our own stand-ins, drawn from a seed text alone."""

from PIL import Image, ImageDraw

from .colours import colour_of, colour_under_white, gradient
from .dice import Dice
from .initials import find_initials, font_of

#: Shapes are drawn this many times larger and reduced, which smooths their edges.
OVERSAMPLING = 4
_WHITE = (255, 255, 255)


def _soft_ground(dice: Dice, size: int) -> Image.Image:
    hue = dice.unit()
    return gradient(
        size, colour_under_white(hue, 0.54, 0.50), colour_under_white(hue + 0.09 + dice.unit() * 0.08, 0.38, 0.55)
    )


def draw_initials(seed: str, size: int) -> Image.Image:
    letters = find_initials(seed)
    if not letters:
        return draw_shapes(seed, size)
    image = _soft_ground(Dice(seed, "initials"), size)
    font = font_of(round(size * (0.5 if len(letters) == 1 else 0.42)))
    left, top, right, bottom = font.getbbox(letters)
    # Centred by the ink, not by the line, whose ascenders would push capitals down.
    place = (size - right - left) / 2, (size - bottom - top) / 2
    ImageDraw.Draw(image).text(place, letters, fill=_WHITE, font=font)
    return image


def draw_identicon(seed: str, size: int) -> Image.Image:
    """A grid of five by five, mirrored along the middle, of soft tiles in one colour on a pale ground."""
    dice = Dice(seed, "identicon")
    hue = dice.unit()
    ground, ink = (
        colour_of(hue, 0.94, 0.45),
        gradient(size, colour_of(hue, 0.55, 0.55), colour_of(hue + 0.08, 0.40, 0.6)),
    )
    large = size * OVERSAMPLING
    mask = Image.new("L", (large, large), 0)
    draw, tile, margin = ImageDraw.Draw(mask), large / 6.4, large * 0.7 / 6.4
    for column in range(3):
        for row in range(5):
            if dice.unit() < 0.52:
                for mirrored in {column, 4 - column}:
                    left, top = margin + mirrored * tile, margin + row * tile
                    draw.rounded_rectangle((left, top, left + tile, top + tile), radius=tile * 0.18, fill=255)
    return Image.composite(ink, Image.new("RGB", (size, size), ground), mask.reduce(OVERSAMPLING))


def draw_retro(seed: str, size: int) -> Image.Image:
    """Eight by eight pixels mirrored along the middle in three colours, as on early screens and block explorers."""
    dice = Dice(seed, "retro")
    hue = dice.unit()
    palette = (
        colour_of(hue, 0.30, 0.5),
        colour_of(hue + 0.35 + dice.unit() * 0.3, 0.58, 0.7),
        colour_of(hue + 0.1, 0.8, 0.6),
    )
    image = Image.new("RGB", (8, 8))
    for row in range(8):
        for column in range(4):
            chosen = palette[(0, 0, 0, 1, 1, 1, 2)[dice.below(7)]]
            image.putpixel((column, row), chosen)
            image.putpixel((7 - column, row), chosen)
    return image.resize((size, size), Image.Resampling.NEAREST)


def draw_shapes(seed: str, size: int) -> Image.Image:
    """Three large discs sliding over a gradient."""
    dice = Dice(seed, "shapes")
    image, hue = _soft_ground(dice, size), dice.unit()
    large = size * OVERSAMPLING
    for turn in range(3):
        mask = Image.new("L", (large, large), 0)
        radius = large * (0.28 + dice.unit() * 0.22)
        x, y = dice.unit() * large, dice.unit() * large
        ImageDraw.Draw(mask).ellipse((x - radius, y - radius, x + radius, y + radius), fill=215)
        disc = gradient(size, colour_of(hue + turn * 0.13, 0.62, 0.7), colour_of(hue + turn * 0.13 + 0.06, 0.5, 0.65))
        image.paste(disc, mask=mask.reduce(OVERSAMPLING))
    return image


def draw_silhouette(_seed: str, size: int) -> Image.Image:
    """The mystery person: head and shoulders in quiet greys."""
    large = size * OVERSAMPLING
    mask = Image.new("L", (large, large), 0)
    draw = ImageDraw.Draw(mask)
    draw.ellipse((large * 0.32, large * 0.18, large * 0.68, large * 0.54), fill=255)
    draw.ellipse((large * 0.14, large * 0.62, large * 0.86, large * 1.5), fill=255)
    ground, person = (
        gradient(size, (226, 229, 236), (203, 208, 219)),
        gradient(size, (150, 157, 173), (122, 130, 148)),
    )
    return Image.composite(person, ground, mask.reduce(OVERSAMPLING))


def draw_blank(_seed: str, size: int) -> Image.Image:
    """Nothing at all, for pages that lay something of their own behind it."""
    return Image.new("RGBA", (size, size), (0, 0, 0, 0))
