"""How often pictures that are no copies are taken for ones, and how many copies are found. Takes a minute."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import product
from random import Random

import pytest
from PIL import Image, ImageOps

from profiles.images.copies import is_copy
from profiles.images.likeness import Likeness, measure_likeness
from tests.kit.collections_of_pictures import bust, pattern, photo, pixels

TOKENS = 200
COLLECTIONS = [*product((bust, pixels, pattern), (1, 2, 3))]


def measured(image: Image.Image) -> Likeness:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=82, method=0)
    return measure_likeness(file.getvalue())


def is_taken_for(one: Likeness, other: Likeness) -> bool:
    facts = other.whole, other.pack_parts()
    return one.may_be_copy(*facts) and is_copy(one, *facts, other.thumbnail)


def share(warned: list[bool]) -> float:
    return sum(warned) / len(warned)


@pytest.mark.long
def test_other_pictures_are_seldom_taken_for_copies_and_copies_are_found() -> None:
    known = {
        (draw.__name__, number): [measured(draw(number, token)) for token in range(TOKENS)]
        for draw, number in COLLECTIONS
    }
    rates = {"photos": _share_warned([measured(photo(number)) for number in range(300)], [*known.values()])}
    for key, tokens in known.items():
        others = [pictures for other, pictures in known.items() if other != key]
        rates[f"{key[0]} {key[1]}"] = _share_warned(tokens[:: TOKENS // 50], others)
    found = _shares_found()
    assert rates["photos"] < 0.01, rates
    assert sum(rates.values()) / len(rates) < 0.01, rates
    assert min(found["mirrored"], found["recolored"]) >= 0.95, found
    assert found["cropped by a quarter"] >= 0.85, found
    assert min(found.values()) >= 0.6, found


def _share_warned(pictures: list[Likeness], collections: list[list[Likeness]]) -> float:
    return share(
        [any(is_taken_for(picture, token) for tokens in collections for token in tokens) for picture in pictures]
    )


def _shares_found() -> dict[str, float]:
    originals = [draw(number, token) for (draw, number) in COLLECTIONS for token in range(6)]
    return {
        how: share([is_taken_for(measured(copy(image, Random(how))), measured(image)) for image in originals])
        for how, copy in COPIES.items()
    }


def recolored(image: Image.Image, choices: Random) -> Image.Image:
    factors = [choices.uniform(0.85, 1.15) for _ in range(3)]
    bands = [
        band.point([min(255, round(level * factor)) for level in range(256)])
        for band, factor in zip(image.split(), factors, strict=True)
    ]
    return Image.merge("RGB", bands)


def cropped(image: Image.Image, choices: Random) -> Image.Image:
    """Cut up to a quarter of each side off: from one corner, or from all."""
    side = image.width
    cut = round(side * choices.uniform(0.05, 0.25))
    left, top = (choices.choice((0, cut // 2, cut)) for _ in range(2))
    return image.crop((left, top, left + side - cut, top + side - cut))


COPIES: dict[str, Callable[[Image.Image, Random], Image.Image]] = {
    "mirrored": lambda image, _: ImageOps.mirror(image),
    "recolored": recolored,
    "cropped by a quarter": lambda image, _: image.crop((32, 32, 224, 224)),
    "cropped": cropped,
    "mirrored and cropped": lambda image, choices: cropped(ImageOps.mirror(image), choices),
    "with a margin": lambda image, _: ImageOps.expand(image, 20, "white"),
}
