"""The values that pass between these modules, the decoder and the store."""

import re
from dataclasses import dataclass, field

from profiles.images import errors
from profiles.images.errors import ImageRefused
from profiles.images.formats import OutputFormat, SourceFormat
from profiles.images.limits import ImageLimits
from profiles.sentences import gettext as _

_FRACTION = r"[01](\.[0-9]{1,17})?"
CROP_TEXT = f"^{_FRACTION},{_FRACTION},{_FRACTION}$"


@dataclass(frozen=True)
class Crop:
    """The square of the upright picture to keep.

    `x` and `y` are the square's middle as fractions of width and height; `size` is its side as a fraction of the
    picture's shorter side. Fractions hold for a preview in a browser and for the original alike, whatever their sizes.
    A square that crosses an edge is shifted inside, so any three fractions are valid for any picture: (0.5, 0, 1) is
    the upper end of a tall one.
    """

    x: float
    y: float
    size: float

    def __post_init__(self) -> None:
        inside = 0 <= self.x <= 1 and 0 <= self.y <= 1 and 0 < self.size <= 1
        if not inside:  # includes NaN, which compares false with everything
            raise ImageRefused(
                _("The part to show has its middle from 0 to 1 and its size above 0, up to 1."), errors.BAD_CROP
            )

    @classmethod
    def parse(cls, text: str) -> "Crop":
        """Parse `x,y,size`, each as in CROP_TEXT. Raise `ImageRefused` for other texts."""
        if not re.fullmatch(CROP_TEXT, text):
            raise ImageRefused(
                _("The part to show is three numbers from 0 to 1: x,y,size, as in 0.5,0.25,0.8."), errors.BAD_CROP
            )
        return cls(*map(float, text.split(",")))


#: The part that is shown of a picture when no crop was given. Its master is kept whole.
MIDDLE = Crop(0.5, 0.5, 1)
#: The turn that leaves a picture as it is.
UPRIGHT = 1
#: Degrees by which a picture can be straightened, to either side.
MAX_ANGLE = 15


@dataclass(frozen=True)
class Edit:
    """What a person did to a picture before they used it: turned it, chose the part to show, and straightened that.

    `angle` is in degrees clockwise, up to MAX_ANGLE to either side; see profiles.images.straighten. `turn` is the EXIF
    orientation (1 to 8, `profiles.images.orientation.turn_of`) that the upright picture is turned
    by. The whole turned picture is stored, too, unless `keeps_rest` is False.
    """

    crop: Crop | None = None
    turn: int = UPRIGHT
    keeps_rest: bool = True
    angle: float = 0

    def __post_init__(self) -> None:
        if not -MAX_ANGLE <= self.angle <= MAX_ANGLE:  # includes NaN
            raise ImageRefused(
                _("A picture is straightened by %(degrees)s degrees at most.", degrees=MAX_ANGLE), errors.BAD_CROP
            )

    @property
    def part(self) -> Crop | None:
        """The part to cut out; None for the middle, which is shown of a picture that is stored whole."""
        if not self.keeps_rest or self.angle:
            return self.crop or MIDDLE
        return None if self.crop == MIDDLE else self.crop

    def whole(self) -> "Edit":
        """Return the same turn of the whole picture, which is not straightened: its corners would be lost."""
        return Edit(turn=self.turn)


UNCHANGED = Edit()


@dataclass(frozen=True)
class DecodeRequest:
    """The wanted result of decoding strangers' bytes.

    `sizes` are the squares wanted, of RENDITION_SIZES. `crop` None keeps the whole picture and cuts its squares from
    the middle; otherwise nothing outside of the crop is in the result. `turn` and `angle` are those of an `Edit`, and
    `crop` is given on the turned picture; only a part of a picture is straightened. `svg_allowed` is for tokens: their
    SVG is drawn and kept as pixels, while an uploaded SVG is refused.
    """

    limits: ImageLimits = field(default_factory=ImageLimits)
    sizes: tuple[int, ...] = ()
    crop: Crop | None = None
    svg_allowed: bool = False
    turn: int = UPRIGHT
    angle: float = 0


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
    """A picture in our own encoding: `master` is all that is kept of the original.

    `width` and `height` are the original's, upright and after cropping; `frames` counts the original's frames.
    `still` replaces an animated master where motion is unwanted.
    """

    master: EncodedImage
    still: EncodedImage | None
    width: int
    height: int
    frames: int
    source_format: SourceFormat


@dataclass(frozen=True)
class Rendition:
    """A square cut from the middle. `size` is the requested side; `image` may be smaller."""

    size: int
    image: EncodedImage


@dataclass(frozen=True)
class NormalizedPicture:
    """The whole result of one decode.

    `difference_hash` is that of `profiles.images.likeness`, for the still picture.
    `renditions` holds one still for each requested size and, for animations, one animated rendition for each size as
    well (`image.animated` tells them apart).
    """

    image: NormalizedImage
    difference_hash: int
    renditions: tuple[Rendition, ...] = ()
