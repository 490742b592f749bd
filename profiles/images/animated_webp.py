"""Animated WebP written frame by frame, so that memory holds one frame and not the animation.

Pillow's public `save(save_all=True)` wants every frame of one size at once; several sizes in one decode
need its encoder object itself. Pillow is pinned, and a test compares this writer with the public one.
"""

from dataclasses import dataclass
from typing import Any

from PIL import Image, _webp

from .formats import OutputFormat
from .picture import EncodedImage

#: Up to this many pixels in all frames, libwebp works harder; beyond it, time runs out before bytes do.
_SMALL_ANIMATION = 20_000_000

_TRANSPARENT = 0
_ALPHA_FLAG = 0x10
_QUALITY = 75.0
_ALPHA_QUALITY = 90.0
#: 0, 0 asks libwebp for no key frames after the first. Nobody seeks in an avatar, and around each key
#: frame libwebp encodes every frame twice to choose between them.
_NO_KEY_FRAMES = (0, 0)


@dataclass(frozen=True)
class Playback:
    """``frames`` to come; ``plays`` is how often they run, 0 for ever (RFC 9649, 2.7.1.1)."""

    frames: int
    plays: int


class AnimatedWebp:
    """Takes upright RGB or RGBA frames of one size with their durations, gives the encoded animation."""

    def __init__(self, size: tuple[int, int], playback: Playback, *, lossless: bool = False) -> None:
        self._size = size
        self._lossless = lossless
        self._effort = 2 if playback.frames * size[0] * size[1] <= _SMALL_ANIMATION else 0
        self._end = 0
        self._transparent = False
        self._encoder: Any = _webp.WebPAnimEncoder(
            size, _TRANSPARENT, playback.plays, False, *_NO_KEY_FRAMES, False, False
        )

    def add(self, frame: Image.Image, milliseconds: int) -> None:
        self._transparent = self._transparent or frame.mode == "RGBA"
        self._encoder.add(frame.getim(), self._end, self._lossless, _QUALITY, _ALPHA_QUALITY, self._effort)
        self._end += milliseconds

    def finish(self) -> EncodedImage:
        self._encoder.add(None, self._end, self._lossless, _QUALITY, _ALPHA_QUALITY, 0)
        data = self._encoder.assemble("", b"", "")
        if data is None:
            raise OSError("libwebp could not assemble the animation")
        if self._transparent:
            data = _flag_alpha(data)
        return EncodedImage(data, OutputFormat.WEBP, *self._size, animated=True)


def _flag_alpha(data: bytes) -> bytes:
    """Say in the header that the canvas has holes (RFC 9649, 2.7: VP8X flags).

    libwebp looks only at its cropped frames. Where those are opaque it says nothing, and readers, Pillow
    among them, then fill the rest of the canvas with black.
    """
    if data[12:16] != b"VP8X":  # a single frame in the simple layout, whose own header tells
        return data
    return data[:20] + bytes([data[20] | _ALPHA_FLAG]) + data[21:]
