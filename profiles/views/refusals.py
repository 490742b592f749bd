"""One answer for each way an upload can fail."""

from __future__ import annotations

import logging
from typing import NamedTuple

from profiles.images.errors import ImageRefused, PictureError
from profiles.services.avatars import AvatarError
from profiles.services.limits import TooMany
from profiles.storage import StorageError

logger = logging.getLogger(__name__)

CAUGHT = (PictureError, AvatarError, StorageError, TooMany)


class Refusal(NamedTuple):
    """Status and stable slug for clients, a sentence for people."""

    status: int
    slug: str
    sentence: str


def refusal_of(error: PictureError | AvatarError | StorageError | TooMany) -> Refusal:
    if isinstance(error, TooMany):
        return Refusal(429, "rate-limited", error.sentence)
    if isinstance(error, StorageError):
        logger.error("An upload could not be stored: %s", error)
        return Refusal(
            503,
            "storage-unavailable",
            "Pictures can't be stored at the moment. Your picture is as it was; please try again in a few minutes.",
        )
    if isinstance(error, ImageRefused):
        return Refusal(422, error.reason.value.replace("_", "-"), error.sentence)
    return Refusal(422 if error.permanent else 503, "picture-refused", error.sentence)
