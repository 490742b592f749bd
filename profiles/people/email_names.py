"""Finding people by hashes of their verified e-mail addresses, as Libravatar and Gravatar clients ask.

Only who opted in is found, and only hashes are kept: a visitor learns nothing that they did not know before, and a
stolen database names nobody's address outright. Which addresses are proved, the host project knows
(AVATAR_VERIFIED_ADDRESSES).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from profiles import settings
from profiles.audit import record
from profiles.models import EmailName, Profile

_HASH = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{64})", re.IGNORECASE)
_MD5_LENGTH = 32


def sync(profile: Profile, verified_addresses: Iterable[str]) -> None:
    """Make this person's names exactly those of `verified_addresses`, or none where they did not opt in.

    An address somebody else had goes to this person: they proved last that it is theirs.
    """
    with transaction.atomic():
        stored = Profile.objects.select_for_update(no_key=True).filter(pk=profile.pk).first()
        if stored is not None:
            _replace(
                stored, {_normal(address) for address in verified_addresses} if stored.is_found_by_email else set()
            )


def sync_user(user_id: Any) -> None:
    """After this user's addresses changed. Without a profile there is nothing to find."""
    profile = Profile.objects.select_related("user").filter(user_id=user_id).first()
    if profile is not None:
        sync(profile, settings.verified_addresses(profile.user))


def set_found_by_email(profile: Profile, wanted: bool, actor: AbstractBaseUser | None) -> None:
    """The person's own choice; at once true for every verified address, or for none."""
    with transaction.atomic():
        stored = Profile.objects.select_for_update(no_key=True).select_related("user").get(pk=profile.pk)
        if stored.is_found_by_email != wanted:
            stored.is_found_by_email = wanted
            stored.save(update_fields=["is_found_by_email", "updated_at"])
            record(stored, "profile.found_by_email", actor, wanted=wanted)
        sync(stored, settings.verified_addresses(stored.user))


def hash_field(identifier: str) -> str | None:
    """Which hash of an address `identifier` has the form of: "md5", "sha256" or None (handles are shorter)."""
    if not _HASH.fullmatch(identifier):
        return None
    return "md5" if len(identifier) == _MD5_LENGTH else "sha256"


def found_by_hash(field: str, name: str) -> Q:
    """A filter over Profile, for a hash in small letters."""
    return Q(is_found_by_email=True) & Q(**{f"email_names__{field}": name})


def _replace(profile: Profile, addresses: set[str]) -> None:
    names = [_name_of(profile, address) for address in addresses]
    wanted = [name.sha256 for name in names]
    profile.email_names.exclude(sha256__in=wanted).delete()
    EmailName.objects.filter(sha256__in=wanted).exclude(profile=profile).delete()
    EmailName.objects.bulk_create(names, ignore_conflicts=True)


def _name_of(profile: Profile, address: str) -> EmailName:
    content = address.encode()
    # md5 is what old clients ask by; it names, it protects nothing.
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return EmailName(profile=profile, sha256=hashlib.sha256(content).hexdigest(), md5=md5)


def _normal(address: str) -> str:
    """As every client has it before hashing."""
    return address.strip().lower()
