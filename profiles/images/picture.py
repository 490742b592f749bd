"""The values that pass between the pipeline, the decoder and the services."""

from dataclasses import dataclass, field

from .errors import ImageRefused, Reason
from .formats import OutputFormat, SourceFormat
from .limits import ImageLimits


@dataclass(frozen=True)
class Crop:
    """The part of the picture to keep, as fractions (0 to 1) of the upright picture's sides.

    Fractions hold for the preview in a browser and for the original alike, whatever their sizes.
    """

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        inside = (
            self.left >= 0
            and self.top >= 0
            and 0 < self.width <= 1
            and 0 < self.height <= 1
            and self.left + self.width <= 1 + 1e-6
            and self.top + self.height <= 1 + 1e-6
        )
        if not inside:  # also the way out for NaN, which compares false with everything
            raise ImageRefused(Reason.BAD_CROP, "The chosen part must lie inside the picture.")


@dataclass(frozen=True)
class DecodeRequest:
    """What to make of strangers' bytes.

    ``sizes`` are the squares wanted, of RENDITION_SIZES. ``svg_allowed`` is for tokens: an upload in
    SVG is refused, a token's is drawn and kept as pixels.
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
class NormalisedImage:
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
class NormalisedPicture:
    """One decode's whole result.

    ``renditions`` holds one still for each size asked for and, for animations, one animated
    rendition for each size as well (``image.animated`` tells them apart).
    """

    image: NormalisedImage
    renditions: tuple[Rendition, ...] = ()
