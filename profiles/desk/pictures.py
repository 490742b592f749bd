"""What staff see of a picture: its bytes, its sizes, its proof, and who else shows the same or a similar one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from profiles.models import Avatar, StoredImage
from profiles.sources import provenance_of
from profiles.store import objects
from profiles.store.errors import StorageError
from profiles.store.renditions import content_url

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

#: People who show the same picture, and similar pictures, that a page lists.
LISTED = 24
#: Stored pictures, the newest, among which similar ones are looked for, and by how many bits of 64 they may differ.
COMPARED, MAX_DISTANCE = 20_000, 10
_BITS = (1 << 64) - 1


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
    return avatar.state != Avatar.State.REMOVED or staff.has_perm("profiles.see_removed_avatar")


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
    """Return pictures that look alike, the most alike first. It reads COMPARED hashes: call it when asked to."""
    wanted = avatar.image.difference_hash
    if wanted is None:
        return []
    newest = StoredImage.objects.exclude(pk=avatar.image_id).filter(difference_hash__isnull=False).order_by("-pk")
    distances = {
        pk: ((hash_ ^ wanted) & _BITS).bit_count()
        for pk, hash_ in newest.values_list("pk", "difference_hash")[:COMPARED]
        if hash_ is not None
    }
    alike = sorted((pk for pk in distances if distances[pk] <= MAX_DISTANCE), key=lambda pk: distances[pk])[:LISTED]
    found = _with_people(Avatar.objects.filter(image_id__in=alike))[: LISTED * 2]
    return sorted(found, key=lambda each: distances[each.image_id])[:LISTED]


def get_proof(avatar: Avatar) -> dict[str, object]:
    """Return what proves the right to show it, without what is long: the receipt has all of it."""
    proof = provenance_of(avatar) or {}
    return {name: value for name, value in proof.items() if isinstance(value, str | int | float) and value != ""}


def _with_people(pictures: QuerySet[Avatar]) -> QuerySet[Avatar]:
    return pictures.select_related("profile", "image").prefetch_related("image__renditions")
