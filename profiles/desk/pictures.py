"""What staff see of a picture: its bytes, its sizes, its proof, and who else shows the same or a similar one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from profiles.app_labels import PROFILES
from profiles.blocks.index import find_close
from profiles.models import Avatar, ImageHash
from profiles.sources import provenance_of
from profiles.store import objects
from profiles.store.errors import StorageError
from profiles.store.renditions import content_url

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

#: People who show the same picture, and similar pictures, that a page lists.
LISTED = 24
#: By how many bits of 64 the hashes of similar pictures may differ.
MAX_DISTANCE = 10


@dataclass(frozen=True)
class Size:
    side: int
    format: str
    is_still: bool
    byte_count: int
    sha256: str
    url: str


def may_see(avatar: Avatar, staff: User) -> bool:
    """Return whether this member of staff may see the pixels: those of a removed picture need a permission."""
    return avatar.state not in {Avatar.State.REMOVED, Avatar.State.HELD} or staff.has_perm(
        f"{PROFILES}.see_removed_avatar"
    )


def read_for_staff(avatar: Avatar) -> bytes | None:
    """Return the picture in our encoding, whether others may see it or not; None if the store lost or can't send it."""
    try:
        return objects.get_if_intact(objects.master_key(avatar.image.sha256))
    except StorageError:
        return None


def get_sizes(avatar: Avatar) -> list[Size]:
    squares = sorted(avatar.image.renditions.all(), key=lambda square: (square.size, square.is_still))
    return [
        Size(each.size, each.format, each.is_still, each.byte_count, each.sha256, content_url(each)) for each in squares
    ]


def find_same(avatar: Avatar) -> list[Avatar]:
    """Return the pictures of the same bytes, of this person or others, at most LISTED."""
    same = Avatar.objects.filter(image_id=avatar.image_id).exclude(pk=avatar.pk)
    return list(_with_people(same).order_by("pk")[:LISTED])


def find_similar(avatar: Avatar) -> list[Avatar]:
    """Return pictures that look alike, the most alike first. Found by an index among all that are stored."""
    wanted = avatar.image.difference_hash
    if wanted is None:
        return []
    rows = ImageHash.objects.exclude(image=avatar.image_id)
    distances = find_close(rows, [wanted], MAX_DISTANCE, "image_id")
    alike = sorted(distances, key=lambda pk: distances[pk])[:LISTED]
    found = _with_people(Avatar.objects.filter(image_id__in=alike))[: LISTED * 2]
    return sorted(found, key=lambda each: distances[each.image_id])[:LISTED]


def get_proof(avatar: Avatar) -> dict[str, object]:
    """Return what proves the right to show it, without what is long: the receipt has all of it."""
    proof = provenance_of(avatar) or {}
    return {name: value for name, value in proof.items() if isinstance(value, str | int | float) and value != ""}


def _with_people(pictures: QuerySet[Avatar]) -> QuerySet[Avatar]:
    return pictures.select_related("profile", "image").prefetch_related("image__renditions")
