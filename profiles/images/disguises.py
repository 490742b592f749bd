"""Find a picture again under a disguise: turned, mirrored, tilted, cropped, framed, masked, written over or recolored.

Both sides are hashed as in `profiles.images.likeness`. Of the picture to be found (`Sample`), the hashes of many
variants are kept; of a picture that is looked at (`Look`), those of its eight turns and of its parts. Close hashes only
make a candidate: `profiles.images.alignment` decides by pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from itertools import islice, product
from typing import TYPE_CHECKING

from profiles.images.likeness import WHOLE, Part, flatten, hash_part

if TYPE_CHECKING:
    from PIL import Image

#: Bits of 64 that may differ between a candidate and a sample. Other pictures differ in 20 and more, nearly always.
MAX_DISTANCE = 10
#: Side, in pixels, of the copy that is kept to compare by pixels.
THUMBNAIL_SIDE = 64
#: The EXIF orientations: all ways to turn and mirror a picture. 1 leaves it as it is.
TURNS = range(1, 9)
#: Degrees by which a sample is tilted. `alignment` also tries the degrees between.
ANGLES = (-6, -3, 3, 6)
#: Parts that a crop may have kept: of these shares of each side, from the middle, corners and edges.
PARTS: tuple[Part, ...] = tuple(
    (across * (1 - side), down * (1 - side), side)
    for side in (0.95, 0.9, 0.85, 0.8, 0.75, 0.7)
    for across, down in product((0.0, 0.5, 1.0), repeat=2)
)
#: Frames of an animation that are looked at: those shown longest, and as many at even distances.
MAX_FRAMES = 24
#: A hash with fewer bits set, or fewer not set, is of a picture that shows nearly nothing.
_PLAIN = 4
#: A margin is a color that stays within so many levels of the corner's.
_MARGIN_LEVELS = 24
#: Margins whose widths differ by more of the picture's side are the ground of a drawing, no frame around it.
_UNEVEN = 0.04
#: What is left inside of a margin has at least this share of each side.
_LEAST_INSIDE = 0.4


@dataclass(frozen=True)
class Variant:
    """What was done to a sample: `turn` (as TURNS), then one of the others. `is_frame`: it lies in a larger picture."""

    turn: int = 1
    angle: int = 0
    part: Part = WHOLE
    mask: str = ""
    is_frame: bool = False


#: The variants of a sample in the order in which their hashes are kept.
SAMPLE_VARIANTS: tuple[Variant, ...] = (
    *(Variant(turn) for turn in TURNS),
    *(Variant(angle=angle) for angle in ANGLES),
    *(Variant(mask=mask) for mask in ("white", "black")),
    *(Variant(part=part) for part in PARTS),
)


@dataclass(frozen=True)
class Sample:
    """A picture to be found again: one hash for each of SAMPLE_VARIANTS, and its thumbnail in three bytes a pixel."""

    hashes: tuple[int, ...]
    thumbnail: bytes

    @cached_property
    def is_plain(self) -> bool:
        """Return whether it shows too little to be found by: a single shade or slope."""
        return _is_plain(self.hashes[0])


@dataclass(frozen=True)
class Look:
    """A picture that may be a sample in disguise. `turned`: a hash for each of TURNS, `parts`: of PARTS."""

    turned: tuple[int, ...]
    parts: tuple[int, ...]
    thumbnail: bytes

    def compare(self, variant: Variant, sample_hash: int, limit: int = MAX_DISTANCE) -> Iterator[tuple[int, Variant]]:
        """Yield each distance up to `limit` to one hash of a sample, and how the two would lie together.

        `turn` of the result undoes that of this picture, or with `is_frame` is that of the sample inside of it.
        """
        if _is_plain(sample_hash):
            return
        if variant.turn == 1:
            for turn, own in zip(TURNS, self.turned, strict=True):
                if (found := distance(own, sample_hash)) <= limit and not _is_plain(own):
                    yield found, Variant(turn, variant.angle, variant.part, variant.mask)
        if variant.part == WHOLE and not variant.angle and not variant.mask:
            for part, own in zip(PARTS, self.parts, strict=True):
                if (found := distance(own, sample_hash)) <= limit and not _is_plain(own):
                    yield found, Variant(variant.turn, part=part, is_frame=True)


def distance(one: int, other: int) -> int:
    """Return how many of 64 bits differ. Hashes are signed."""
    return ((one ^ other) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()


def _is_plain(value: int) -> bool:
    """Return whether too few bits are set, or not set. Fewer than `likeness` asks for: pixels decide here."""
    return not _PLAIN <= (value & 0xFFFF_FFFF_FFFF_FFFF).bit_count() <= 64 - _PLAIN


def measure_samples(master: bytes) -> list[Sample]:
    """Return what finds the still picture in a WebP that we made: whole, and without its margin if it has one."""
    from PIL.WebPImagePlugin import WebPImageFile

    from profiles.images.render import load_still

    with WebPImageFile(BytesIO(master)) as image:
        return [build_sample(square) for square in _insides(flatten(load_still(image)))]


def build_sample(square: Image.Image) -> Sample:
    """Return the sample of a square RGB picture."""
    return Sample(tuple(_hash_variant(square, variant) for variant in SAMPLE_VARIANTS), _shrink(square))


def measure_looks(master: bytes) -> list[Look]:
    """Return how a WebP that we made can be looked at: each frame of MAX_FRAMES, and each without its margin."""
    from PIL.WebPImagePlugin import WebPImageFile

    looks = []
    with WebPImageFile(BytesIO(master)) as image:
        for frame in _load_frames(image):
            looks += [_build_look(square) for square in _insides(flatten(frame))]
    return looks


def _load_frames(image: Image.Image) -> Iterator[Image.Image]:
    count = getattr(image, "n_frames", 1)
    wanted = range(count) if count <= MAX_FRAMES else _choose_frames(image, count)
    last = b""
    for index in wanted:
        image.seek(index)
        image.load()
        small = image.resize((16, 16), reducing_gap=2.0).tobytes()
        if small != last:
            yield image.copy()
        last = small


def _choose_frames(image: Image.Image, count: int) -> list[int]:
    lasting = []
    for index in range(count):
        image.seek(index)
        image.load()
        lasting.append((-int(image.info.get("duration", 0)), index))
    even = islice(range(0, count, max(1, count // (MAX_FRAMES // 2))), MAX_FRAMES // 2)
    return sorted({index for _, index in sorted(lasting)[: MAX_FRAMES // 2]} | set(even))


def _build_look(square: Image.Image) -> Look:
    from profiles.images.orientation import make_upright

    gray = square.convert("L")
    turned = tuple(hash_part(make_upright(gray, turn), WHOLE) for turn in TURNS)
    return Look(turned, tuple(hash_part(gray, part) for part in PARTS), _shrink(square))


def _hash_variant(square: Image.Image, variant: Variant) -> int:
    return hash_part(apply_variant(square, variant).convert("L"), variant.part)


def apply_variant(square: Image.Image, variant: Variant) -> Image.Image:
    """Return the square turned, tilted or masked as `variant` says. Its part is not cut out."""
    from PIL import Image, ImageDraw

    from profiles.images.orientation import make_upright

    if variant.turn != 1:
        square = make_upright(square, variant.turn)
    if variant.angle:
        square = square.rotate(variant.angle, Image.Resampling.BICUBIC, fillcolor=_mean_color(square))
    if variant.mask:
        circle = Image.new("L", square.size, 0)
        ImageDraw.Draw(circle).ellipse((0, 0, square.width - 1, square.height - 1), fill=255)
        square = Image.composite(square, Image.new("RGB", square.size, variant.mask), circle)
    return square


def _mean_color(square: Image.Image) -> tuple[int, int, int]:
    from PIL import ImageStat

    red, green, blue = (round(level) for level in ImageStat.Stat(square).mean)
    return red, green, blue


def _shrink(square: Image.Image) -> bytes:
    return square.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), reducing_gap=2.0).tobytes()


def _insides(square: Image.Image) -> list[Image.Image]:
    inside = _without_margin(square)
    return [square] if inside is square else [square, inside]


def _without_margin(square: Image.Image) -> Image.Image:
    """Return the picture inside of a margin of one color, as a square again; the same object if there is none."""
    from PIL import Image, ImageChops

    ground = Image.new("RGB", square.size, square.getpixel((0, 0)))
    differs = ImageChops.difference(square, ground).convert("L").point(lambda level: 255 * (level > _MARGIN_LEVELS))
    box = differs.getbbox()
    if box is None:
        return square
    margins = box[0], box[1], square.width - box[2], square.height - box[3]
    if (
        min(margins) == 0
        or max(margins) - min(margins) > _UNEVEN * square.width
        or box[2] - box[0] < _LEAST_INSIDE * square.width
    ):
        return square
    return square.resize(square.size, Image.Resampling.LANCZOS, box=box)
