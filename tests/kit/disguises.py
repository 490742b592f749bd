"""Disguises in which somebody brings a blocked picture again, each as the bytes of a file."""

from __future__ import annotations

import base64
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from profiles.testing.pictures import encoded, exif

Disguise = Callable[[Image.Image], bytes]


def png(image: Image.Image) -> bytes:
    return encoded(image, "PNG")


def cropped(image: Image.Image, percent: int) -> Image.Image:
    """Cut so much off each side's length: a part near the upper left corner is left."""
    side = round(image.width * (1 - percent / 100))
    left, top = (image.width - side) // 2, (image.height - side) // 4
    return image.crop((left, top, left + side, top + side))


def written_over(image: Image.Image) -> Image.Image:
    copy = image.copy()
    font = ImageFont.load_default(image.width // 8)
    place = image.width * 0.05, image.height * 0.75
    ImageDraw.Draw(copy).text(place, "HELLO WORLD", "white", font, stroke_width=2, stroke_fill="black")
    return copy


def with_sticker(image: Image.Image) -> Image.Image:
    copy, side = image.copy(), image.width
    place = side * 0.62, side * 0.05, side * 0.95, side * 0.38
    ImageDraw.Draw(copy).ellipse(place, fill=(255, 220, 0), outline="black", width=4)
    return copy


def noisy(image: Image.Image) -> Image.Image:
    return Image.blend(image, Image.effect_noise(image.size, 60).convert("RGB"), 0.3)


def round_with_alpha(image: Image.Image) -> Image.Image:
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).ellipse((0, 0, *image.size), fill=255)
    copy = image.convert("RGBA")
    copy.putalpha(mask)
    return copy


def as_second_frame(image: Image.Image) -> bytes:
    first = Image.new("RGB", image.size, "navy")
    ImageDraw.Draw(first).rectangle((40, 60, 200, 120), fill="orange")
    return encoded(first, "GIF", save_all=True, append_images=[image], duration=400, loop=0)


def in_svg(image: Image.Image) -> bytes:
    """Only tokens may be SVG."""
    data = base64.b64encode(encoded(image, "JPEG", quality=85)).decode()
    size = f'width="{image.width}" height="{image.height}"'
    drawing = f'<image {size} href="data:image/jpeg;base64,{data}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{drawing}</svg>'.encode()


def stored_sideways(image: Image.Image) -> bytes:
    return encoded(image.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=90, exif=exif(3))


DISGUISES: dict[str, Disguise] = {
    "exact": png,
    "other format": lambda image: encoded(image, "WEBP", quality=75),
    "resized": lambda image: png(image.resize((image.width // 2, image.height // 2))),
    "mirrored": lambda image: png(ImageOps.mirror(image)),
    "rotated 90°": lambda image: png(image.rotate(90)),
    "rotated 180°": lambda image: png(image.rotate(180)),
    "rotated 5°": lambda image: png(image.rotate(5, Image.Resampling.BICUBIC)),
    "cropped 5 %": lambda image: png(cropped(image, 5)),
    "cropped 10 %": lambda image: png(cropped(image, 10)),
    "cropped 25 %": lambda image: png(cropped(image, 25)),
    "brighter": lambda image: png(ImageEnhance.Brightness(image).enhance(1.35)),
    "more contrast": lambda image: png(ImageEnhance.Contrast(image).enhance(1.6)),
    "gray": lambda image: png(image.convert("L")),
    "with a border": lambda image: png(ImageOps.expand(image, image.width // 10, "white")),
    "text over it": lambda image: png(written_over(image)),
    "JPEG quality 20": lambda image: encoded(image, "JPEG", quality=20),
    "noise": lambda image: png(noisy(image)),
    "blur": lambda image: png(image.filter(ImageFilter.GaussianBlur(image.width / 64))),
    "sticker": lambda image: png(with_sticker(image)),
    "EXIF orientation": stored_sideways,
    "second frame": as_second_frame,
    "in an SVG": in_svg,
    "alpha background": lambda image: png(round_with_alpha(image)),
}
