"""Do two pictures look alike? A difference hash: which of two neighbours is brighter, at 8 by 8 places.

It survives scaling, re-encoding and small changes of color, not mirroring or cropping. It is a hint for people, and
proves nothing.
"""

from io import BytesIO

from PIL import Image

SIDE = 8
BITS = SIDE * SIDE
NEAR = 5
"""So many of 64 bits may differ between two that look alike."""
_PLAIN = 8


def difference_hash(square: bytes) -> int:
    """64 bits of a square picture that we encoded ourselves; what is transparent counts as white."""
    with Image.open(BytesIO(square)) as opened:
        image = opened.convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("L")
    pixels = flat.resize((SIDE + 1, SIDE), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(SIDE):
        for column in range(SIDE):
            left = row * (SIDE + 1) + column
            bits = bits << 1 | (pixels[left] > pixels[left + 1])
    return bits


def look_alike(one: int, other: int) -> bool:
    """Plain pictures, a single shade or slope, have hardly a bit to tell them by: they are like nothing."""
    if _is_plain(one) or _is_plain(other):
        return False
    return (one ^ other).bit_count() <= NEAR


def _is_plain(bits: int) -> bool:
    return not _PLAIN <= bits.bit_count() <= BITS - _PLAIN
