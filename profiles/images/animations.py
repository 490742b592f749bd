"""Turn animated GIF, PNG, WebP and AVIF into animated WebP of all sizes and a still, in one pass over the frames."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from profiles.images.color import ToSrgb
from profiles.images.encode import AnimatedWebp, Playback, is_blank, is_flat
from profiles.images.formats import SourceFormat
from profiles.images.formats.headers import Header
from profiles.images.geometry import Box, Size, box_size
from profiles.images.limits import animation_side
from profiles.images.orientation import make_upright, read_orientation, stored_box, upright_size
from profiles.images.picture import Crop, EncodedImage, Rendition
from profiles.images.squares import cut_squares
from profiles.images.stills import shrink_to

#: Browsers play frames of up to 10 ms as 100 ms, because old GIFs say 0 and mean the default. So do we.
_SHORTEST_MS = 11
_DEFAULT_MS = 100
_LONGEST_MS = 60_000
_PIXEL_ART_SIDE = 128


@dataclass(frozen=True)
class Frame:
    """One frame as browsers show it, and how long they show it."""

    image: Image.Image
    milliseconds: int


@dataclass(frozen=True)
class Animation:
    """An encoded animation: `still` is its first frame that is not blank; sizes and frames are the original's."""

    master: EncodedImage
    still: Image.Image
    original_size: Size
    frames: int
    squares: tuple[Rendition, ...]


def _open(source_format: SourceFormat, content: bytes) -> ImageFile:
    file = BytesIO(content)
    match source_format:
        case SourceFormat.GIF:
            return GifImageFile(file)
        case SourceFormat.PNG:
            return PngImageFile(file)
        case SourceFormat.WEBP:
            return WebPImageFile(file)
        case _:
            return AvifImageFile(file)


class FrameReader:
    """Iterate over the frames of one file as browsers show them.

    Frames are composed, upright, sRGB and at most `animation_side` long.
    """

    def __init__(self, content: bytes, header: Header, crop: Crop | None) -> None:
        self._image = _open(header.format, content)
        self._orientation = 1 if header.format is SourceFormat.GIF else read_orientation(self._image)
        # The header's size, not the first frame's: Pillow lets a GIF's canvas grow while it plays.
        self._canvas: Size = (header.width, header.height)
        self._box: Box = stored_box(crop, self._canvas, self._orientation)
        self._to_srgb = ToSrgb(self._image.info.get("icc_profile"))
        hidden_first = bool(self._image.info.get("default_image"))  # APNG: a picture for readers that cannot animate
        self._first = 1 if hidden_first else 0
        self.count: int = max(getattr(self._image, "n_frames", 1) - self._first, 1)
        self._side = animation_side(self.count)
        self.original_size = upright_size(box_size(self._box), self._orientation)
        self.plays = _plays(self._image)

    def __iter__(self) -> Iterator[Frame]:
        for index in range(self._first, self._first + self.count):
            self._image.seek(index)
            self._image.load()
            yield Frame(self._compose(), _duration(self._image))

    def _compose(self) -> Image.Image:
        frame: Image.Image = self._image
        if frame.size != self._canvas:
            frame = frame.convert("RGBA").crop((0, 0, *self._canvas))
        return make_upright(
            self._to_srgb(shrink_to(frame, self._box, self._side, Image.Resampling.HAMMING)), self._orientation
        )


def _plays(image: ImageFile) -> int:
    loop = image.info.get("loop")
    if isinstance(image, GifImageFile):
        # A GIF counts repeats after the first run, and runs once without the extension. 0 is for ever, as in WebP.
        return 1 if loop is None else (loop and min(loop + 1, 0xFFFF))
    return min(int(loop or 0), 0xFFFF)


def _duration(image: ImageFile) -> int:
    milliseconds = round(float(image.info.get("duration") or 0))
    return _DEFAULT_MS if milliseconds < _SHORTEST_MS else min(milliseconds, _LONGEST_MS)


def encode_animation(reader: FrameReader, sizes: tuple[int, ...]) -> Animation:
    """Encode all frames into the master and into a square for each of `sizes` (largest first)."""
    writers: dict[Size, AnimatedWebp] = {}
    still: Image.Image | None = None
    for frame in reader:
        if still is None or (is_blank(still) and not is_blank(frame.image)):
            still = frame.image
        # Keyed by size, so that equal ones (a square master, sizes beyond a small picture) are encoded once.
        squares_of_frame = {square.size: square for _size, square in cut_squares(frame.image, sizes)}
        for image in (squares_of_frame | {frame.image.size: frame.image}).values():
            if image.size not in writers:
                is_pixel_art = max(image.size) <= _PIXEL_ART_SIDE and is_flat(image)
                playback = Playback(reader.count, reader.plays)
                writers[image.size] = AnimatedWebp(image.size, playback, lossless=is_pixel_art)
            writers[image.size].add(image, frame.milliseconds)
    if still is None:
        raise EOFError("an animation without a frame")
    done = {size: writer.finish() for size, writer in writers.items()}
    largest = min(still.size)
    squares = tuple(Rendition(size, done[min(size, largest), min(size, largest)]) for size in sizes)
    return Animation(done[still.size], still, reader.original_size, reader.count, squares)
