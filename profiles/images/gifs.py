"""Compose the frames of a GIF as browsers do."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from profiles.images.formats.gif import TO_BACKGROUND, TO_PREVIOUS, GifFrame, split_frames
from profiles.images.geometry import Size


def compose_gif(content: bytes, canvas_size: Size) -> Iterator[tuple[Image.Image, int]]:
    """Yield the canvas (RGBA) and milliseconds of each frame. The next step changes the canvas: copy what you keep.

    Raises whatever Pillow raises for a frame that is damaged.
    """
    canvas = Image.new("RGBA", canvas_size)
    for frame in split_frames(content):
        before = canvas.copy() if frame.disposal == TO_PREVIOUS else None
        pixels = _load(frame)
        place = (frame.left, frame.top)
        canvas.paste(pixels, place, mask=pixels.getchannel("A"))
        yield canvas, frame.milliseconds
        if before is not None:
            canvas = before
        elif frame.disposal == TO_BACKGROUND:
            canvas.paste((0, 0, 0, 0), (*place, frame.left + frame.width, frame.top + frame.height))


def load_first(content: bytes, canvas_size: Size) -> Image.Image:
    """Return the first frame on the canvas: as a palette where it covers all of it, which saves memory."""
    frame = next(split_frames(content))
    if (frame.width, frame.height) == canvas_size:
        return _open(frame)
    return next(compose_gif(content, canvas_size))[0]


def _load(frame: GifFrame) -> Image.Image:
    return _open(frame).convert("RGBA")


def _open(frame: GifFrame) -> Image.Image:
    image = GifImageFile(BytesIO(frame.single))
    image.load()
    return image
