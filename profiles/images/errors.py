"""The errors between a stranger's bytes and a stored picture.

PictureError            the base
├── ImageRefused        permanent: the picture itself is the reason, which its kind names
└── DecoderUnavailable  not permanent: raised by profiles.decoding; the same bytes may pass later
"""

import re

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext_noop

EMPTY = Kind("empty", gettext_noop("The file is empty"), 422)
TOO_MANY_BYTES = Kind("too-many-bytes", gettext_noop("The file is too large"), 413)
NOT_AN_IMAGE = Kind("not-an-image", gettext_noop("The file is not an image"), 422)
UNSUPPORTED_FORMAT = Kind("unsupported-format", gettext_noop("The image format is not supported"), 422)
TOO_MANY_PIXELS = Kind("too-many-pixels", gettext_noop("The image has too many pixels"), 422)
SIDE_TOO_LONG = Kind("side-too-long", gettext_noop("A side of the image is too long"), 422)
TOO_COMPLEX = Kind("too-complex", gettext_noop("The image is too complex"), 422)
TRUNCATED = Kind("truncated", gettext_noop("The file is cut short"), 422)
DAMAGED = Kind("damaged", gettext_noop("The file is damaged"), 422)
BAD_CROP = Kind("bad-crop", gettext_noop("The crop is invalid"), 422)
TOO_MUCH_TIME = Kind("too-much-time", gettext_noop("The image takes too long to decode"), 422)
TOO_MUCH_MEMORY = Kind("too-much-memory", gettext_noop("The image needs too much memory"), 422)
NOT_WHOLE = Kind("not-whole", gettext_noop("The drawing can't be shown whole"), 422)
CRASHED_DECODER = Kind("crashed-decoder", gettext_noop("The image crashes the decoder"), 422)

#: The kinds an `ImageRefused` may have, by slug.
REFUSALS = {
    kind.slug: kind
    for kind in (
        EMPTY,
        TOO_MANY_BYTES,
        NOT_AN_IMAGE,
        UNSUPPORTED_FORMAT,
        TOO_MANY_PIXELS,
        SIDE_TOO_LONG,
        TOO_COMPLEX,
        TRUNCATED,
        DAMAGED,
        BAD_CROP,
        TOO_MUCH_TIME,
        TOO_MUCH_MEMORY,
        CRASHED_DECODER,
        NOT_WHOLE,
    )
}


#: What libvips, libheif and libavif say.
_MEMORY_WORDS = re.compile("out of memory|memory allocation|unable to allocate", re.IGNORECASE)


def ran_out_of_memory(error: Exception) -> bool:
    """Return whether a decoder failed for lack of memory."""
    return isinstance(error, MemoryError) or _MEMORY_WORDS.search(str(error)) is not None


class PictureError(ExpectedError):
    """Anything that can go wrong between bytes and picture."""

    kind = Kind("picture-refused", gettext_noop("The picture can't be used"), 422)


class ImageRefused(PictureError):
    """These bytes will never become a picture here; the sentence names the reason and the limit."""


class DecoderUnavailable(PictureError):
    """The decoder was busy, could not be started, or lacks a library; this says nothing about the picture."""

    kind = Kind("decoder-unavailable", gettext_noop("Pictures can't be processed at the moment"), 503, permanent=False)
