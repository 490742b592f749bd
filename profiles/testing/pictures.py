"""Draw pictures for tests."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, ImageDraw

from profiles.images.normalize import normalize
from profiles.images.picture import UPRIGHT, Crop, DecodeRequest, NormalizedImage

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 180, 60), (40, 60, 210), (235, 210, 40)
CORNERS = (RED, GREEN, BLUE, YELLOW)  # upper left, upper right, lower left, lower right


def four_corners(width: int = 80, height: int = 60) -> Image.Image:
    """Return a picture whose corners show its orientation."""
    image = Image.new("RGB", (width, height))
    half_width, half_height = width // 2, height // 2
    places = ((0, 0), (half_width, 0), (0, half_height), (half_width, half_height))
    for color, (left, top) in zip(CORNERS, places, strict=True):
        image.paste(color, (left, top, left + width, top + height))
    return image


def corner_colors(image: Image.Image) -> list[str]:
    """Return the names of the colors in the four corners, tolerant of lossy coding."""
    names = dict(zip(CORNERS, ("red", "green", "blue", "yellow"), strict=True))
    pixels, (width, height) = image.convert("RGB"), image.size
    inset_x, inset_y = max(width // 8, 1), max(height // 8, 1)
    points = (
        (inset_x, inset_y),
        (width - 1 - inset_x, inset_y),
        (inset_x, height - 1 - inset_y),
        (width - 1 - inset_x, height - 1 - inset_y),
    )
    return [names[nearest(pixels.getpixel(point))] for point in points]


def nearest(pixel: Any) -> tuple[int, int, int]:
    return min(CORNERS, key=lambda color: sum((a - b) ** 2 for a, b in zip(color, pixel, strict=True)))


def encoded(image: Image.Image, fmt: str, **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, fmt, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def normalized(content: bytes, crop: Crop | None = None, turn: int = UPRIGHT) -> NormalizedImage:
    """Return the master of a picture (and its still, if it moves), decoded in this process. Raise `ImageRefused`."""
    return normalize(content, DecodeRequest(crop=crop, turn=turn)).image


def held(image: Image.Image, orientation: int) -> Image.Image:
    """Return `image` as a camera stores it in this orientation (the inverse of making it upright)."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return image.transpose(undo[orientation]) if orientation in undo else image


def exif(orientation: int = 1, *, gps: bool = False) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "SecretCameraMaker"
    if gps:
        tags.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 30.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    return tags.tobytes()


def frames(count: int, size: tuple[int, int] = (60, 40)) -> list[Image.Image]:
    """Return the frames of a disc that moves across the picture."""
    drawn = []
    for index in range(count):
        image = Image.new("RGB", size, (250, 240, 200))
        left = index * size[0] // max(count, 1)
        ImageDraw.Draw(image).ellipse((left, 5, left + size[0] // 3, 5 + size[0] // 3), fill=(200, 40, 90))
        drawn.append(image)
    return drawn


def animation(fmt: str, count: int = 5, size: tuple[int, int] = (60, 40), **options: Any) -> bytes:
    first, *others = frames(count, size)
    return encoded(first, fmt, save_all=True, append_images=others, **({"duration": 70} | options))


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_claiming(width: int, height: int, rows: bytes = b"\0" * 64, *, extra: bytes = b"") -> bytes:
    """Return a PNG whose header claims `width` by `height`, 8-bit RGB, whatever it holds."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + extra + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def gif_of_frames(count: int, width: int = 1, height: int = 1) -> bytes:
    """Return a GIF of `count` tiny frames, about 16 bytes each, on a canvas of `width` by `height`."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    palette = b"\0\0\0\xff\xff\xff"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + palette + frame * count + b";"


def display_p3_like_profile() -> bytes:
    """Return a profile with red and green swapped against sRGB, which is obvious once applied."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return (
        bytes(profile)
        .replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be"))
        .replace(b"sRGB built-in", b"Swapped colou")
    )
