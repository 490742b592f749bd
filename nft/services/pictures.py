"""Pictures as profiles decodes them, for publishing: the same limits, the same clean pixels as any upload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from profiles import storage
from profiles.services.images import keep_image

if TYPE_CHECKING:
    from profiles.models import StoredImage


@dataclass(frozen=True)
class TokenPicture:
    """`image` is our own copy of the same picture, with its squares."""

    data: bytes
    media_type: str
    image: StoredImage


def make_token_picture(content: bytes) -> TokenPicture:
    """`content` decoded, oriented, stripped of everything but pixels and encoded anew.

    Raises what `keep_image` raises, and StorageError."""
    image = keep_image(content)
    return TokenPicture(storage.get(storage.master_key(image.sha256)), image.mime, image)
