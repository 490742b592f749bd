"""A person's initials, as far as we can draw them."""

import unicodedata
from functools import lru_cache

from PIL import ImageFont

_MISSING_GLYPH = "\uffff"


def find_initials(name: str) -> str:
    """One or two capital letters of a name or handle, or "" if it has none we can draw."""
    words = ["".join(filter(str.isalnum, word)) for word in name.replace("_", " ").replace("-", " ").split()]
    letters = [_drawable(word[0].upper()[:1]) for word in words if word]
    chosen = letters if len(letters) < 2 else [letters[0], letters[-1]]
    return "".join(chosen)


def _drawable(letter: str) -> str:
    """The letter, else the letter without its accents, else nothing: Pillow's font is Latin and small."""
    plain = unicodedata.normalize("NFKD", letter)[:1]
    return next((choice for choice in (letter, plain) if _ink(choice) != _ink(_MISSING_GLYPH)), "")


def _ink(letter: str) -> bytes:
    return bytes(font_of(32).getmask(letter))


@lru_cache(maxsize=32)
def font_of(pixels: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(pixels)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType, so initials cannot be drawn.")
    return font
