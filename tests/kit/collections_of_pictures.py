"""Draw pictures that have much in common: collections of one base with other traits, patterns, and photos."""

from __future__ import annotations

from random import Random

from PIL import Image, ImageDraw, ImageFilter

SIDE = 256
Color = tuple[int, int, int]


def bust(collection: int, token: int) -> Image.Image:
    """Draw a head over shoulders. The collection decides its place, the token colors, eyes, mouth and hat."""
    base, traits = Random(f"bust {collection}"), Random(f"bust {collection} {token}")
    x, y, half = base.randrange(100, 156), base.randrange(90, 130), base.randrange(45, 75)
    fur, cloth = traits.choice(palette(base, 8)), color(traits)
    image = Image.new("RGB", (SIDE, SIDE), traits.choice(palette(base, 8)))
    draw = ImageDraw.Draw(image)
    draw.ellipse((x - half - 30, y + half - 10, x + half + 30, SIDE + 120), fill=cloth)
    for side in (-1, 1):
        draw.ellipse((x + side * half - 20, y - 20, x + side * half + 20, y + 20), fill=fur)
    draw.ellipse((x - half, y - half, x + half, y + half), fill=fur)
    _draw_face(draw, traits, x, y, half)
    hat = traits.randrange(4)
    if hat == 0:
        draw.rectangle((x - half, y - half - 20, x + half, y - half + 20), fill=color(traits))
    elif hat == 1:
        draw.polygon([(x - half, y - half + 15), (x + half, y - half + 15), (x, y - half - 60)], fill=color(traits))
    elif hat == 2:
        draw.ellipse((x - half, y - half - 30, x + half, y - half + 30), fill=color(traits))
    return image


def _draw_face(draw: ImageDraw.ImageDraw, traits: Random, x: int, y: int, half: int) -> None:
    eyes = traits.randrange(4)
    for side in (-1, 1):
        place = x + side * half * 0.4
        if eyes == 0:
            draw.ellipse((place - 12, y - 30, place + 12, y - 6), fill="white")
        elif eyes == 1:
            draw.rectangle((place - 20, y - 28, place + 20, y - 8), fill="black")
        elif eyes == 2:
            draw.line((place - 12, y - 18, place + 12, y - 18), fill="black", width=5)
        else:
            draw.ellipse((place - 16, y - 34, place + 16, y - 2), fill=color(traits))
    if traits.random() < 0.5:
        draw.arc((x - 25, y + 15, x + 25, y + 45), 0, 180, fill="black", width=5)
    else:
        draw.rectangle((x - 25, y + 28, x + 25, y + 36), fill="white")


def pattern(collection: int, token: int) -> Image.Image:
    """Draw many shapes of the collection's kind at random places."""
    kind, traits = collection % 3, Random(f"pattern {collection} {token}")
    image = Image.new("RGB", (SIDE, SIDE), color(traits))
    draw = ImageDraw.Draw(image)
    for _ in range(traits.randrange(8, 40)):
        x, y, size = traits.randrange(SIDE), traits.randrange(SIDE), traits.randrange(10, 90)
        if kind == 0:
            draw.ellipse((x - size, y - size, x + size, y + size), outline=color(traits), width=6)
        elif kind == 1:
            draw.rectangle((x, y, x + size, y + size), fill=color(traits))
        else:
            draw.line((x, y, traits.randrange(SIDE), traits.randrange(SIDE)), fill=color(traits), width=9)
    return image


def pixels(collection: int, token: int) -> Image.Image:
    """Draw a face of 24 by 24 pixels. The collection decides its place and ground, the token hair, eyes and skin."""
    base, traits = Random(f"pixels {collection}"), Random(f"pixels {collection} {token}")
    left, top = base.randrange(4, 9), base.randrange(4, 9)
    image = Image.new("RGB", (24, 24), color(base))
    draw = ImageDraw.Draw(image)
    skin, hair = traits.choice(palette(base, 6)), color(traits)
    draw.rectangle((left, top, left + 10, top + 13), fill=skin, outline="black")
    draw.rectangle((left + 2, top + 13, left + 6, 23), fill=skin)
    style = traits.randrange(5)
    if style < 4:
        width, height = ((13, 4), (4, 14), (6, 6), (16, 2))[style]
        draw.rectangle((left - 1, top - 3, left - 1 + width, top - 3 + height), fill=hair)
    if traits.random() < 0.5:
        draw.rectangle((left + 2, top + 4, left + 10, top + 6), fill=color(traits))
    draw.point([(left + 3, top + 5), (left + 8, top + 5)], fill="black")
    draw.line((left + 4, top + 10, left + 7, top + 10), fill=traits.choice(["black", "red"]))
    return image.resize((SIDE, SIDE), Image.Resampling.NEAREST)


def photo(number: int) -> Image.Image:
    """Draw something with the statistics of a photo: detail at every scale (1/f), light from one side, a subject."""
    traits = Random(f"photo {number}")
    image = Image.new("L", (SIDE, SIDE), 128)
    for detail in (2, 4, 8, 16, 32, 64):
        cells = Image.new("L", (detail, detail))
        cells.putdata([traits.randrange(256) for _ in range(detail * detail)])
        image = Image.blend(image, cells.resize((SIDE, SIDE), Image.Resampling.BICUBIC), 0.45)
    colored = Image.merge("RGB", [image.point([round(level * traits.uniform(0.7, 1.2)) for level in range(256)])] * 3)
    draw = ImageDraw.Draw(colored)
    x, y, size = traits.randrange(60, 196), traits.randrange(60, 196), traits.randrange(20, 70)
    draw.ellipse((x - size, y - size, x + size, y + size * 1.3), fill=color(traits))
    return colored.filter(ImageFilter.GaussianBlur(1))


def color(choices: Random) -> Color:
    return choices.randrange(256), choices.randrange(256), choices.randrange(256)


def palette(choices: Random, count: int) -> list[Color]:
    return [color(choices) for _ in range(count)]
