"""Encode pixels in our output formats. Only pixels go in, so no metadata can come out."""

from dataclasses import dataclass
from io import BytesIO
from typing import Protocol

from PIL import Image, _webp

from profiles.images.formats import OutputFormat
from profiles.images.picture import EncodedImage

#: libwebp's effort (0 to 6). The master is kept but not served, so it takes the effort with the best ratio of
#: bytes to time (2: half the time of 4 for 4 % more bytes). What browsers fetch takes 4.
MASTER_EFFORT = 2
SERVED_EFFORT = 4

#: Animations with at most this many pixels in all frames are encoded with more effort. Larger ones would exceed the
#: decoder's processor time.
SMALL_ANIMATION = 20_000_000

_FEW_COLORS = 256
_WHITE = (255, 255, 255)

_SETTINGS: dict[OutputFormat, dict[str, int]] = {
    OutputFormat.WEBP: {"quality": 82},
    OutputFormat.AVIF: {"quality": 62, "speed": 8, "max_threads": 1},
    OutputFormat.PNG: {"compress_level": 7},
    OutputFormat.JPEG: {"quality": 85, "optimize": True},
}

_TRANSPARENT = 0
_ALPHA_FLAG = 0x10
_QUALITY = 75.0
_ALPHA_QUALITY = 90.0
#: (0, 0) asks libwebp for no key frames after the first. Nobody seeks in an avatar, and libwebp encodes every frame
#: near a key frame twice to choose between the results.
_NO_KEY_FRAMES = (0, 0)


def encode(image: Image.Image, fmt: OutputFormat, *, effort: int = SERVED_EFFORT) -> EncodedImage:
    """Return an RGB or RGBA picture encoded as `fmt`. JPEG has no alpha, so its ground becomes white."""
    pixels = _flatten(image) if fmt is OutputFormat.JPEG else image.copy()
    pixels.info.clear()  # Pillow's PNG writer would otherwise carry an ICC profile over
    settings = dict(_SETTINGS[fmt])
    if fmt is OutputFormat.WEBP:
        settings = {"lossless": True, "method": effort} if is_flat(image) else settings | {"method": effort}
    buffer = BytesIO()
    pixels.save(buffer, fmt.name, **settings)
    return EncodedImage(buffer.getvalue(), fmt, *image.size)


def is_flat(image: Image.Image) -> bool:
    """Return whether there are at most 256 colors, as in pixel art, which lossless WebP keeps crisp and small."""
    return image.getcolors(_FEW_COLORS) is not None


def is_blank(image: Image.Image) -> bool:
    """Return whether a frame has one color only or is transparent, and so can't represent the animation."""
    if image.mode == "RGBA" and image.getchannel("A").getbbox() is None:
        return True
    return all(band.getcolors(1) is not None for band in image.split())


def _flatten(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGB", image.size, _WHITE)
    ground.paste(image, mask=image.getchannel("A"))
    return ground


@dataclass(frozen=True)
class Playback:
    """The number of frames, and how often they are played: 0 for ever (RFC 9649, 2.7.1.1)."""

    frames: int
    plays: int


class _FrameEncoder(Protocol):
    """Pillow's untyped encoder object."""

    def add(
        self, frame: object, milliseconds: int, lossless: bool, quality: float, alpha_quality: float, effort: int, /
    ) -> object: ...

    def assemble(self, icc_profile: str, exif: bytes, xmp: str, /) -> bytes | None: ...


class AnimatedWebp:
    """Encode an animation frame by frame, so that memory holds one frame and not all of them.

    Pillow's public `save(save_all=True)` needs all frames of one size at once. Encoding several sizes in one decode
    needs its encoder object. Pillow is pinned, and a test compares this writer with the public one.
    """

    def __init__(self, size: tuple[int, int], playback: Playback, *, lossless: bool = False) -> None:
        self._size = size
        self._lossless = lossless
        self._effort = 2 if playback.frames * size[0] * size[1] <= SMALL_ANIMATION else 0
        self._end = 0
        self._transparent = False
        self._encoder: _FrameEncoder = _webp.WebPAnimEncoder(
            size, _TRANSPARENT, playback.plays, False, *_NO_KEY_FRAMES, False, False
        )

    def add(self, frame: Image.Image, milliseconds: int) -> None:
        """Append an upright RGB or RGBA frame of the animation's size."""
        self._transparent = self._transparent or frame.mode == "RGBA"
        self._encoder.add(frame.getim(), self._end, self._lossless, _QUALITY, _ALPHA_QUALITY, self._effort)
        self._end += milliseconds

    def finish(self) -> EncodedImage:
        """Return the encoded animation. Raise OSError if libwebp fails."""
        self._encoder.add(None, self._end, self._lossless, _QUALITY, _ALPHA_QUALITY, 0)
        data = self._encoder.assemble("", b"", "")
        if data is None:
            raise OSError("libwebp could not assemble the animation")
        if self._transparent:
            data = _flag_alpha(data)
        return EncodedImage(data, OutputFormat.WEBP, *self._size, animated=True)


def _flag_alpha(data: bytes) -> bytes:
    """Set the alpha flag of the header (RFC 9649, 2.7: VP8X flags).

    libwebp looks only at its cropped frames. Where those are opaque it leaves the flag unset, and readers such as
    Pillow then fill the rest of the canvas with black.
    """
    if data[12:16] != b"VP8X":  # the simple layout of a single frame, whose own header has the flag
        return data
    return data[:20] + bytes([data[20] | _ALPHA_FLAG]) + data[21:]
