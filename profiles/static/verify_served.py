"""The pictures that a site serves, compared with those that its receipt names."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from verify_web import FILE_BYTES, FILE_SECONDS, Web
from verify_words import Json, Unclaimed, Wrong, q


class Look(NamedTuple):
    """What the bytes of a picture say of it."""

    type: str
    width: int
    height: int
    animated: bool


def look_at(data: bytes) -> Look:
    """Read type and sides from the head of a picture. Raise `Wrong` if it is of no type that sites serve."""
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return Look("image/png", big(data[16:20]), big(data[20:24]), b"acTL" in data[: data.find(b"IDAT")])
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return look_at_webp(data)
    if data[:3] == b"\xff\xd8\xff":
        return look_at_jpeg(data)
    sides = data.find(b"ispe") + 8
    if data[4:8] == b"ftyp" and b"avi" in data[8 : big(data[:4])] and sides > 8:
        animated = b"avis" in data[8 : big(data[:4])]
        return Look("image/avif", big(data[sides : sides + 4]), big(data[sides + 4 : sides + 8]), animated)
    raise Wrong("It is no PNG, WebP, JPEG or AVIF.")


def look_at_webp(data: bytes) -> Look:
    kind, little = data[12:16], int.from_bytes(data[20:30], "little")
    if kind == b"VP8X":
        return Look("image/webp", 1 + (little >> 32 & 0xFFFFFF), 1 + (little >> 56 & 0xFFFFFF), bool(data[20] & 2))
    if kind == b"VP8L":
        return Look("image/webp", 1 + (little >> 8 & 0x3FFF), 1 + (little >> 22 & 0x3FFF), False)
    return Look("image/webp", little >> 48 & 0x3FFF, little >> 64 & 0x3FFF, False)


def look_at_jpeg(data: bytes) -> Look:
    """Find the frame header (ITU-T T.81, B.2.2)."""
    offset = 2
    while offset + 9 <= len(data) and data[offset] == 0xFF:
        marker, length = data[offset + 1], big(data[offset + 2 : offset + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return Look("image/jpeg", big(data[offset + 7 : offset + 9]), big(data[offset + 5 : offset + 7]), False)
        offset += 2 + length
    raise Wrong("It is no whole JPEG.")


def big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def check_served(receipt: Json, web: Web) -> str:
    if receipt["source"] is None:
        raise Unclaimed("The receipt names no picture.")
    for size in receipt["sizes"]:
        data = web.fetch(size["url"], FILE_BYTES, seconds=FILE_SECONDS)
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 != size["sha256"]:
            raise Wrong(f"{q(size['url'], 200)} has SHA-256 {sha256}, the receipt says {size['sha256']}.")
        said = Look(size["type"], size["size"], size["size"], size["animated"])
        if look_at(data) != said or len(data) != size["bytes"]:
            raise Wrong(f"{q(size['url'], 200)} has other sides, another type or length than the receipt says.")
    return f"{len(receipt['sizes'])} pictures that the site serves are those of the receipt"
