"""Walk objects and the rows that name them side by side, in the order of their keys.

Neither side is ever in memory whole: a window has at most one page of objects, and its rows come in pages too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from profiles.models import Rendition, StoredImage
from profiles.store import objects as store_objects
from profiles.store.s3 import StoredObject

# Somewhat more than the objects of a page: rows that match them are read in one query.
_ROWS = 1200
_DIGITS = 64
_OURS = re.compile(r"(?:masters|renditions)/([0-9a-f]{2})/(\1[0-9a-f]{62})\.(?:webp|png|jpg|avif)")


@dataclass(frozen=True)
class NamedObject:
    """What a row knows about its object."""

    pk: int
    sha256: str
    key: str
    byte_count: int
    touched_at: datetime


@dataclass(frozen=True)
class Window:
    """A range of keys: the objects with keys of ours, all other objects, and every row, page by page."""

    objects: dict[str, StoredObject]
    others: list[StoredObject]
    rows: Iterator[list[NamedObject]]

    @property
    def last_key(self) -> str:
        return max(self.objects, default="")


def windows(folder: str, after: str = "", prefix: str = "") -> Iterator[Window]:
    """Yield everything in MASTERS or RENDITIONS after the key `after`. Raise StorageError between windows.

    `prefix`: the first letters of the hashes, at most two.
    """
    part = Q(sha256__gte=prefix.ljust(_DIGITS, "0"), sha256__lte=prefix.ljust(_DIGITS, "f"))
    here = _after(part, hash_in(after))
    for page in store_objects.list_pages(folder, after, prefix):
        ours = {each.key: each for each in page if hash_in(each.key)}
        others = [each for each in page if each.key not in ours]
        until = hash_in(max(ours, default=""))
        yield Window(ours, others, _rows(folder, here & Q(sha256__lte=until)) if until else iter(()))
        here = _after(part, until) if until else here
    yield Window({}, [], _rows(folder, here))


def _after(part: Q, sha256: str | None) -> Q:
    return part & Q(sha256__gt=sha256) if sha256 else part


def hash_in(key: str) -> str | None:
    """Return the hash in a key of ours, None for every other name."""
    found = _OURS.fullmatch(key)
    return found[2] if found else None


def _rows(folder: str, here: Q) -> Iterator[list[NamedObject]]:
    read = _masters if folder == store_objects.MASTERS else _renditions
    after = Q()
    while page := read(here & after):
        yield page
        if len(page) < _ROWS:
            return
        last = page[-1]
        after = Q(sha256__gte=last.sha256) & (Q(sha256__gt=last.sha256) | Q(pk__gt=last.pk))


def _masters(here: Q) -> list[NamedObject]:
    columns = (
        StoredImage.objects.filter(here).order_by("sha256").values_list("pk", "sha256", "byte_count", "touched_at")
    )
    return [
        NamedObject(pk, sha256, store_objects.master_key(sha256), byte_count, touched_at)
        for pk, sha256, byte_count, touched_at in columns[:_ROWS]
    ]


def _renditions(here: Q) -> list[NamedObject]:
    rows = Rendition.objects.filter(here).order_by("sha256", "pk")
    columns = rows.values_list("pk", "sha256", "byte_count", "image__touched_at", "format")
    return [
        NamedObject(
            pk, sha256, store_objects.rendition_key(sha256, store_objects.EXTENSIONS[fmt]), byte_count, touched_at
        )
        for pk, sha256, byte_count, touched_at, fmt in columns[:_ROWS]
    ]
