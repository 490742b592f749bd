"""Compare stored pictures: what people may take for a copy."""

from __future__ import annotations

from profiles.images.copies import is_copy
from profiles.images.likeness import Likeness, measure_likeness
from profiles.models import StoredImage
from profiles.store import objects

__all__ = ["is_copy", "read_likeness"]


def read_likeness(image: StoredImage) -> Likeness | None:
    """Return the hashes of a stored picture, None if its master is lost. Raise StorageError."""
    master = image.kept_master or objects.get_if_intact(objects.master_key(image.sha256))
    return None if master is None else measure_likeness(master)
