"""Find the initials of a name, as far as the font can draw them."""

import unicodedata
from functools import lru_cache

from PIL import ImageFont

_MISSING_GLYPH = "\uffff"


def find_initials(name: str) -> str:
    """Return one or two capital letters of a name or handle, or "" if the font has none of them."""
    words = ["".join(filter(str.isalnum, word)) for word in name.replace("_", " ").replace("-", " ").split()]
    letters = [_drawable(word[0].upper()[:1]) for word in words if word]
    chosen = letters if len(letters) < 2 else [letters[0], letters[-1]]
    return "".join(chosen)


def _drawable(letter: str) -> str:
    """Return the letter, else the letter without accents, else "". Pillow's font is Latin and small."""
    plain = unicodedata.normalize("NFKD", letter)[:1]
    return next((choice for choice in (letter, plain) if _ink(choice) != _ink(_MISSING_GLYPH)), "")


def is_drawable(text: str) -> bool:
    """Return whether the font has every character of the text."""
    return all(letter.isspace() or _ink(letter) != _ink(_MISSING_GLYPH) for letter in set(text))


def _ink(letter: str) -> bytes:
    return bytes(font_of(32).getmask(letter))


@lru_cache(maxsize=32)
def font_of(pixels: int) -> ImageFont.FreeTypeFont:
    """Return Pillow's own font at this size. Raise TypeError where Pillow was built without FreeType."""
    font = ImageFont.load_default(pixels)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType, so initials cannot be drawn.")
    return font
