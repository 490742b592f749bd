"""Find people by handle, former handle, name and sign-in name, and pictures by sha256 and id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext as _

from profiles.app_labels import PROFILES
from profiles.desk.parts import Hit
from profiles.models import Avatar, FormerHandle, Profile, WebhookDelivery, WebhookEndpoint
from profiles.webhooks.events import without_prefix

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

#: Hits of one kind.
MOST = 10
#: Ends the range of texts that begin with a prefix.
LAST = "\U0010ffff"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_HEX_UUID = re.compile(r"[0-9a-f]{32}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def person_hit(profile: Profile, why: str) -> Hit:
    url = reverse(f"admin:{PROFILES}_profile_change", args=[profile.pk])
    name = f"{profile.display_name} (@{profile.handle})" if profile.display_name else f"@{profile.handle}"
    return Hit(_("Person"), name, url, why)


def picture_hit(avatar: Avatar, why: str) -> Hit:
    url = reverse(f"admin:{PROFILES}_avatar_change", args=[avatar.pk])
    title = avatar.title or _("A picture")
    return Hit(_("Picture"), f"{title} (@{avatar.profile.handle})", url, why)


def find_people(text: str, staff: User) -> Iterator[Hit]:
    """Find by whole handle or sign-in name, a handle they left, or how handle or name begin. All by an index."""
    del staff
    name = _last_part(text).lower()
    username = f"user__{get_user_model().USERNAME_FIELD}"
    exact = [*Profile.objects.filter(handle=name), *Profile.objects.filter(**{username: text}).exclude(handle=name)]
    yield from (person_hit(profile, _("handle or sign-in name")) for profile in exact)
    for former in FormerHandle.objects.filter(handle=name[:30]).select_related("profile"):
        yield person_hit(former.profile, _("formerly @%(handle)s") % {"handle": former.handle})
    if exact or len(name) < 2:
        return
    people = Profile.objects.all()
    yield from (person_hit(each, _("handle begins so")) for each in _begins(people, "handle", name))
    named = people.exclude(display_name="").annotate(lower_name=Lower("display_name"))
    yield from (person_hit(each, _("name begins so")) for each in _begins(named, "lower_name", text.lower()))


def find_pictures(text: str, staff: User) -> Iterator[Hit]:
    """Find by the sha256 of a stored picture or of one of its sizes, or by the id of a picture, also in an address."""
    del staff
    name = _last_part(text).rpartition(".")[0] or _last_part(text)
    pictures = Avatar.objects.select_related("profile")
    if _UUID.fullmatch(name):
        yield from (picture_hit(each, _("id")) for each in pictures.filter(pk=UUID(name)))
    if _SHA256.fullmatch(name):
        hash_ = name.lower()
        for why, found in (
            (_("sha256"), Q(image__sha256=hash_)),
            (_("sha256 of a size"), Q(image__renditions__sha256=hash_)),
        ):
            yield from (picture_hit(each, why) for each in pictures.filter(found).distinct()[:MOST])


def find_webhooks(text: str, staff: User) -> Iterator[Hit]:
    """Find by a `webhook-id`, or by the id of an endpoint."""
    del staff
    key = without_prefix(text)
    if not (_UUID.fullmatch(key) or _HEX_UUID.fullmatch(key)):
        return
    deliveries = WebhookDelivery.objects.filter(event=UUID(key)).select_related("endpoint", "event")[:MOST]
    for each in deliveries:
        url = reverse(f"admin:{PROFILES}_webhookdelivery_change", args=[each.pk])
        yield Hit(_("Webhook delivery"), f"{each.event.type} → {each.endpoint.host}", url, _("id"))
    for endpoint in WebhookEndpoint.objects.filter(pk=UUID(key)):
        url = reverse(f"admin:{PROFILES}_webhookendpoint_change", args=[endpoint.pk])
        yield Hit(_("Webhook"), endpoint.host, url, _("id"))


def _begins(rows: QuerySet[Profile], column: str, prefix: str) -> list[Profile]:
    return list(rows.filter(**{f"{column}__gte": prefix, f"{column}__lt": prefix + LAST}).order_by(column)[:MOST])


def _last_part(text: str) -> str:
    """Return the handle or file of an address of ours that somebody pasted, without @; else the text itself."""
    if "://" in text:
        try:
            text = urlsplit(text).path.rstrip("/").rpartition("/")[2]
        except ValueError:
            return text
    return text.removeprefix("@")
