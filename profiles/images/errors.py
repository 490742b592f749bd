"""Why a picture is refused.

PictureError            permanent: bool, sentence: str
├── ImageRefused        permanent; the picture itself is the reason
└── DecoderUnavailable  not permanent; raised by profiles.decoding, the same bytes may pass later
"""

from enum import StrEnum
from typing import ClassVar

ACCEPTED_FORMATS = "JPEG, PNG, GIF, WebP and AVIF work"


class Reason(StrEnum):
    """Stable names: they are stored with refused claims and end in problem types."""

    EMPTY = "empty"
    TOO_MANY_BYTES = "too_many_bytes"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED_FORMAT = "unsupported_format"
    TOO_MANY_PIXELS = "too_many_pixels"
    SIDE_TOO_LONG = "side_too_long"
    TOO_MANY_FRAMES = "too_many_frames"
    ANIMATION_TOO_LARGE = "animation_too_large"
    TOO_COMPLEX = "too_complex"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    BAD_CROP = "bad_crop"
    TOO_MUCH_TIME = "too_much_time"
    TOO_MUCH_MEMORY = "too_much_memory"
    CRASHED_DECODER = "crashed_decoder"


class PictureError(Exception):
    """Base of all that can go wrong between bytes and picture; ``sentence`` is for people."""

    permanent: ClassVar[bool] = True

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class ImageRefused(PictureError):
    """These bytes will never become a picture here; ``sentence`` names the reason and the limit."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason

    def __reduce__(self) -> tuple[type["ImageRefused"], tuple[Reason, str]]:
        return type(self), (self.reason, self.sentence)


class DecoderUnavailable(PictureError):
    """The decoder could not be started or was busy: says nothing about the picture. Try again."""

    permanent: ClassVar[bool] = False
