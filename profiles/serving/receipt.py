"""The JSON twin of a picture: what is shown, and for pictures with a provenance what proves it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from django.urls import reverse

from profiles import settings
from profiles.images.formats import OutputFormat
from profiles.models import Profile, Rendition
from profiles.serving.showing import ShownPicture, shown_picture
from profiles.serving.signing import sign, signing_key
from profiles.store.renditions import content_url

VERSION = 1


def receipt_of(profile: Profile, now: datetime) -> dict[str, Any]:
    return describe(profile, shown_picture(profile, now))


def signed_receipt(profile: Profile, shown: ShownPicture) -> dict[str, Any]:
    """`describe`, with who says so, until when the mark stands without another check, and the site's signature."""
    said = {"version": VERSION, "issuer": settings.current().site_origin or None, "mark_until": _mark_until(shown)}
    return sign({**said, **describe(profile, shown)}, keys_url())


def signature_of(profile: Profile, shown: ShownPicture) -> dict[str, Any]:
    """What people read of it: the signed receipt, the id of the key, and where everything lies."""
    key = signing_key()
    return {
        "receipt": describe(profile, shown),
        "key_id": key.key_id if key else "",
        "keys_url": keys_url(),
        "receipt_url": _absolute(reverse("profiles:avatar_json", args=[profile.handle])),
    }


def keys_url() -> str:
    return _absolute(reverse("profiles:receipt_keys"))


def describe(profile: Profile, shown: ShownPicture) -> dict[str, Any]:
    """JSON-ready. `source` is null where the person has no picture; `sha256` names the picture as we keep it, and
    each of `sizes` the bytes behind its own immutable `url`."""
    return {
        "handle": profile.handle,
        "name": profile.name,
        "profile": _absolute(profile.get_absolute_url()),
        "url": _absolute(reverse("profiles:avatar", args=[profile.handle])),
        "alt": shown.alt_text,
        "mark": shown.mark,
        "provenance": shown.provenance,
        **_picture(shown),
    }


def _mark_until(shown: ShownPicture) -> str | None:
    if not shown.mark or shown.avatar is None or shown.avatar.attested_at is None:
        return None
    return (shown.avatar.attested_at + settings.current().mark_max_age).isoformat()


def _picture(shown: ShownPicture) -> dict[str, Any]:
    if shown.avatar is None:
        return {
            "source": None,
            "sha256": None,
            "type": None,
            "width": None,
            "height": None,
            "frames": None,
            "sizes": [],
        }
    image = shown.avatar.image
    return {
        "source": shown.avatar.source,
        "sha256": image.sha256,
        "type": image.mime,
        "width": image.width,
        "height": image.height,
        "frames": image.frames,
        "sizes": [_size(rendition) for rendition in image.renditions.order_by("size", "-is_still")],
    }


def _size(rendition: Rendition) -> dict[str, Any]:
    return {
        "size": rendition.size,
        "type": OutputFormat(rendition.format).content_type,
        "animated": not rendition.is_still,
        "bytes": rendition.byte_count,
        "sha256": rendition.sha256,
        "url": _absolute(content_url(rendition)),
    }


def _absolute(path: str) -> str:
    """From SITE_ORIGIN, never from the Host header."""
    return urljoin(settings.current().site_origin, path)
