"""The values that pass between the pipeline, the decoder and the services."""

import re
from dataclasses import dataclass, field

from profiles.images.errors import ImageRefused, Reason
from profiles.images.formats import OutputFormat, SourceFormat
from profiles.images.limits import ImageLimits

_FRACTION = r"[01](\.[0-9]{1,17})?"
CROP_TEXT = f"^{_FRACTION},{_FRACTION},{_FRACTION}$"


@dataclass(frozen=True)
class Crop:
    """The square of the upright picture to keep.

    ``x`` and ``y``, fractions of width and height, are the point that shall lie in the square's middle; ``size`` is
    its side as a fraction of the picture's shorter side. Fractions hold for the preview in a browser and for the
    original alike, whatever their sizes. A square that would reach over an edge is moved inside, so that any three
    fractions mean a part of any picture: (0.5, 0, 1) is the upper end of a tall one.
    """

    x: float
    y: float
    size: float

    def __post_init__(self) -> None:
        inside = 0 <= self.x <= 1 and 0 <= self.y <= 1 and 0 < self.size <= 1
        if not inside:  # also the way out for NaN, which compares false with everything
            raise ImageRefused(
                Reason.BAD_CROP, "The part to show has its middle from 0 to 1 and its size above 0, up to 1."
            )

    @classmethod
    def parse(cls, text: str) -> "Crop":
        """Of ``x,y,size``, each as in CROP_TEXT; raises `ImageRefused`."""
        if not re.fullmatch(CROP_TEXT, text):
            raise ImageRefused(
                Reason.BAD_CROP, "The part to show is three numbers from 0 to 1: x,y,size, as in 0.5,0.25,0.8."
            )
        return cls(*map(float, text.split(",")))


#: What is shown of a picture of which nothing else was said. Its master is kept whole.
MIDDLE = Crop(0.5, 0.5, 1)


@dataclass(frozen=True)
class DecodeRequest:
    """What to make of strangers' bytes.

    ``sizes`` are the squares wanted, of RENDITION_SIZES. ``crop`` None keeps the whole picture and cuts its squares
    from the middle; otherwise nothing outside of the part is kept. ``svg_allowed`` is for tokens: an upload in SVG is
    refused, a token's is drawn and kept as pixels.
    """

    limits: ImageLimits = field(default_factory=ImageLimits)
    sizes: tuple[int, ...] = ()
    crop: Crop | None = None
    svg_allowed: bool = False


@dataclass(frozen=True)
class EncodedImage:
    """Bytes we encoded ourselves: pixels only, no metadata."""

    data: bytes
    format: OutputFormat
    width: int
    height: int
    animated: bool = False


@dataclass(frozen=True)
class NormalizedImage:
    """A picture made ours: ``master`` is all that is kept of the original.

    ``width`` and ``height`` are the original's, upright and after cropping; ``frames`` counts the
    original's frames. ``still`` stands in for an animated master where motion is unwanted.
    """

    master: EncodedImage
    still: EncodedImage | None
    width: int
    height: int
    frames: int
    source_format: SourceFormat


@dataclass(frozen=True)
class Rendition:
    """A square cut from the middle. ``size`` is what was asked for; ``image`` may be smaller."""

    size: int
    image: EncodedImage


@dataclass(frozen=True)
class NormalizedPicture:
    """One decode's whole result.

    ``renditions`` holds one still for each size asked for and, for animations, one animated
    rendition for each size as well (``image.animated`` tells them apart).
    """

    image: NormalizedImage
    renditions: tuple[Rendition, ...] = ()
