"""Turn animated GIF, PNG, WebP and AVIF into animated WebP of all sizes and a still, in one pass over the frames."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from profiles.images.color import ToSrgb
from profiles.images.color_tags import find_colors
from profiles.images.encode import AnimatedWebp, Playback, is_blank, is_flat
from profiles.images.formats import SourceFormat
from profiles.images.formats.gif import read_loops
from profiles.images.formats.headers import Header
from profiles.images.geometry import Box, Size, box_size, fit_within
from profiles.images.gifs import compose_gif
from profiles.images.limits import animation_side
from profiles.images.orientation import make_upright, read_orientation, stored_box, upright_size
from profiles.images.picture import Crop, EncodedImage, Rendition
from profiles.images.squares import cut_squares
from profiles.images.stills import shrink_to
from profiles.images.straighten import straighten, straightened_size

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
    """An encoded animation: `still` is its first frame that is not blank; sizes and frames are the original's.

    `hides_first`: the file's first picture is none of the frames.
    """

    master: EncodedImage
    still: Image.Image
    original_size: Size
    frames: int
    hides_first: bool
    squares: tuple[Rendition, ...]


@dataclass(frozen=True)
class _Source:
    """A file's frames as they are composed, each with its milliseconds: stored orientation, own colors, full size."""

    frames: Iterator[tuple[Image.Image, float]]
    count: int
    plays: int
    hides_first: bool = False
    orientation: int = 1
    icc_profile: bytes | None = None


class FrameReader:
    """Iterate over the frames of one file as browsers show them.

    Frames are composed, upright, turned by `turn`, straightened by `angle`, sRGB and at most `animation_side` long. A
    damaged frame ends the animation, as in browsers; `__iter__` raises only if it is the first.
    """

    def __init__(self, content: bytes, header: Header, crop: Crop | None, turn: int = 1, angle: float = 0) -> None:
        source = _open_gif(content, header) if header.format is SourceFormat.GIF else _open_other(content, header)
        self._source = source
        self._turn = turn
        self._angle = angle
        # The header's size, not the first frame's: frames may stick out.
        self._canvas: Size = (header.width, header.height)
        self._box: Box = stored_box(crop, self._canvas, source.orientation)
        self._to_srgb = ToSrgb(find_colors(content, header.format, source.icc_profile))
        self.count: int = source.count
        self._target = fit_within(box_size(self._box), animation_side(source.count))
        turned = upright_size(upright_size(box_size(self._box), source.orientation), turn)
        self.original_size = straightened_size(turned, angle)
        self.plays = source.plays
        self.hides_first = source.hides_first

    def __iter__(self) -> Iterator[Frame]:
        done = 0
        try:
            for image, milliseconds in self._source.frames:
                yield Frame(self._compose(image), _limit_duration(milliseconds))
                done += 1
        except Exception:
            if not done:
                raise

    def _compose(self, frame: Image.Image) -> Image.Image:
        if frame.size != self._canvas:
            frame = frame.convert("RGBA").crop((0, 0, *self._canvas))
        small = shrink_to(frame, self._box, self._target, Image.Resampling.HAMMING)
        turned = make_upright(make_upright(self._to_srgb(small), self._source.orientation), self._turn)
        return straighten(turned, self._angle)


def _open_gif(content: bytes, header: Header) -> _Source:
    return _Source(compose_gif(content, (header.width, header.height)), header.frames, read_loops(content))


def _open_other(content: bytes, header: Header) -> _Source:
    image = _open_plugin(header.format, content)
    first = int(bool(image.info.get("default_image")))  # APNG: a picture for readers that cannot animate
    count = max(getattr(image, "n_frames", 1) - first, 1)
    plays = min(int(image.info.get("loop") or 0), 0xFFFF)
    orientation = read_orientation(image, header.format)
    return _Source(_play(image, first, count), count, plays, bool(first), orientation, image.info.get("icc_profile"))


def _open_plugin(source_format: SourceFormat, content: bytes) -> ImageFile:
    file = BytesIO(content)
    match source_format:
        case SourceFormat.PNG:
            return PngImageFile(file)
        case SourceFormat.WEBP:
            return WebPImageFile(file)
        case _:
            return AvifImageFile(file)


def _play(image: ImageFile, first: int, count: int) -> Iterator[tuple[Image.Image, float]]:
    for index in range(first, first + count):
        image.seek(index)
        image.load()
        yield image, float(image.info.get("duration") or 0)


def _limit_duration(milliseconds: float) -> int:
    whole = round(milliseconds)
    return _DEFAULT_MS if whole < _SHORTEST_MS else min(whole, _LONGEST_MS)


def encode_animation(reader: FrameReader, sizes: tuple[int, ...]) -> Animation:
    """Encode all frames into the master and into a square for each of `sizes` (largest first)."""
    writers: dict[Size, AnimatedWebp] = {}
    still: Image.Image | None = None
    frames = 0
    for frame in reader:
        frames += 1
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
    return Animation(done[still.size], still, reader.original_size, frames, reader.hides_first, squares)
