"""Draw avatars for people who have none, from a seed text alone. The same seed always gives the same bytes."""

from collections.abc import Callable
from enum import StrEnum

from PIL import Image

from profiles.images.encode import encode
from profiles.images.fallback import drawings
from profiles.images.fallback.blockies import draw_blockies
from profiles.images.fallback.jazzicon import draw_jazzicon
from profiles.images.formats import OutputFormat
from profiles.images.picture import EncodedImage
from profiles.images.squares import check_sizes


class FallbackStyle(StrEnum):
    """A style of drawing; the values are those of `d=` at Gravatar and Libravatar.

    BLOCKIES and JAZZICON are what wallets draw for an address, tile by tile; SHAPES is our own.
    """

    INITIALS = "initials"
    IDENTICON = "identicon"
    RETRO = "retro"
    SHAPES = "shapes"
    BLOCKIES = "blockies"
    JAZZICON = "jazzicon"
    SILHOUETTE = "mp"
    BLANK = "blank"


def draw_fallback(
    seed: str, size: int, style: FallbackStyle, fmt: OutputFormat = OutputFormat.WEBP, side: int = 0
) -> EncodedImage:
    """Return a square of `size` pixels (one of RENDITION_SIZES), reduced to `side` pixels if that is less and not 0.

    `seed` is a handle, a name or an address.

    INITIALS shows the seed's own initials, or SHAPES where the font lacks their letters. SILHOUETTE and BLANK are the
    same for everybody.
    """
    check_sizes((size,))
    image = _DRAW[style](seed, size)
    if 0 < side < size:
        image = image.resize((side, side), Image.Resampling.LANCZOS)
    return encode(image, fmt)


_DRAW: dict[FallbackStyle, Callable[[str, int], Image.Image]] = {
    FallbackStyle.INITIALS: drawings.draw_initials,
    FallbackStyle.IDENTICON: drawings.draw_identicon,
    FallbackStyle.RETRO: drawings.draw_retro,
    FallbackStyle.SHAPES: drawings.draw_shapes,
    FallbackStyle.BLOCKIES: draw_blockies,
    FallbackStyle.JAZZICON: draw_jazzicon,
    FallbackStyle.SILHOUETTE: drawings.draw_silhouette,
    FallbackStyle.BLANK: drawings.draw_blank,
}
