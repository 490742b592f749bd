"""Find the stored square that serves a request, and its URL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from django.db.models import Exists, OuterRef
from django.urls import reverse

from profiles.images.limits import pick_size
from profiles.models import Avatar, Rendition, StoredImage
from profiles.store.objects import EXTENSIONS


class Square(Protocol):
    """The facts needed to serve a stored square: a Rendition, or a value read instead of one."""

    @property
    def size(self) -> int: ...

    @property
    def format(self) -> str: ...

    @property
    def is_still(self) -> bool: ...

    @property
    def sha256(self) -> str: ...


SomeSquare = TypeVar("SomeSquare", bound=Square)


def pick_rendition(renditions: Iterable[SomeSquare], size: int, *, still: bool = True) -> SomeSquare | None:
    """Return the smallest square that serves `size` pixels, or else the largest; None if there is none at all.

    With `still` False, an animated square is preferred.
    """
    every = sorted(renditions, key=lambda rendition: rendition.size)
    moving = [rendition for rendition in every if not rendition.is_still]
    fitting = moving if moving and not still else [rendition for rendition in every if rendition.is_still]
    wanted = pick_size(size)
    return next((rendition for rendition in fitting if rendition.size >= wanted), fitting[-1] if fitting else None)


def content_url(rendition: Square) -> str:
    """Return the immutable URL of exactly these bytes."""
    return reverse("profiles:content", args=[rendition.sha256, EXTENSIONS[rendition.format]])


def find_master(image_id: int) -> str:
    """Return the sha256 of a picture's master, "" if the picture is gone."""
    return StoredImage.objects.filter(pk=image_id).values_list("sha256", flat=True).first() or ""


def find_public_rendition(sha256: str, extension: str) -> Rendition | None:
    """Return a rendition that a picture in somebody's history uses.

    Removed and held pictures, and those of hidden people, do not count.
    """
    shown = Avatar.objects.exclude(state__in=[Avatar.State.REMOVED, Avatar.State.HELD])
    kept = shown.filter(image=OuterRef("image"), profile__is_hidden=False)
    found = Rendition.objects.filter(Exists(kept), sha256=sha256).first()
    return found if found is not None and EXTENSIONS[found.format] == extension else None
