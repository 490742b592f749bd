"""Render one more square of a master we made earlier, in any of our formats."""

from io import BytesIO

from PIL import Image
from PIL.WebPImagePlugin import WebPImageFile

from profiles.images.encode import AnimatedWebp, Playback, encode, is_blank
from profiles.images.formats import OutputFormat
from profiles.images.geometry import fit_within
from profiles.images.picture import EncodedImage
from profiles.images.squares import check_sizes, cut_squares


def render(master: bytes, size: int, fmt: OutputFormat, *, still: bool = True) -> EncodedImage:
    """Return a square of `size` pixels (one of RENDITION_SIZES) cut from the middle of `master`.

    `master` must be WebP that `normalize` made: this is not a decoder for strangers' bytes. A square is never
    enlarged: a master with a shorter side gives a square of that side. Motion is kept only if the master moves,
    `still` is False and `fmt` is WebP; otherwise the first frame that is not blank is drawn. The same arguments give
    the same bytes.
    """
    check_sizes((size,))
    with WebPImageFile(BytesIO(master)) as image:
        if image.is_animated and not still and fmt is OutputFormat.WEBP:
            side = min(size, *image.size)
            if image.size == (side, side):  # encoding it again would only cost quality
                return EncodedImage(master, fmt, side, side, animated=True)
            return _render_animation(image, size, side)
        return encode(_square(load_still(image), size), fmt)


def reduce(content: bytes, side: int, fmt: OutputFormat) -> EncodedImage:
    """Return the still picture of a WebP that we made, its longer side `side` pixels at most. Never enlarged."""
    with WebPImageFile(BytesIO(content)) as image:
        still = load_still(image)
        size = fit_within(still.size, side)
        if size != still.size:
            still = still.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
        return encode(still, fmt)


def load_still(image: WebPImageFile) -> Image.Image:
    """Load the frame that `normalize` takes for the still picture."""
    for index in range(image.n_frames if image.is_animated else 0):
        image.seek(index)
        image.load()
        if not is_blank(image):
            return image
    image.seek(0)
    image.load()
    return image


def _square(image: Image.Image, size: int) -> Image.Image:
    return next(square for _size, square in cut_squares(image, (size,)))


def _render_animation(image: WebPImageFile, size: int, side: int) -> EncodedImage:
    writer = AnimatedWebp((side, side), Playback(image.n_frames, int(image.info["loop"])))
    for index in range(image.n_frames):
        image.seek(index)
        image.load()
        writer.add(_square(image, size), int(image.info["duration"]))
    return writer.finish()
