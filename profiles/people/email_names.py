"""Find people by hashes of their verified e-mail addresses, as Libravatar and Gravatar clients do.

Only people who opted in are found, and only hashes are kept: a visitor learns nothing new, and a stolen database holds
no address in clear. The host project knows which addresses are proved (AVATAR_VERIFIED_ADDRESSES).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from profiles import settings
from profiles.audit import record
from profiles.models import EmailName, Profile

_HASH = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{64})", re.IGNORECASE)
_MD5_LENGTH = 32


def sync(profile: Profile, verified_addresses: Iterable[str]) -> None:
    """Make this person's hashes exactly those of `verified_addresses`, or none if they did not opt in.

    An address that somebody else had goes to this person, who proved last that it is theirs.
    """
    with transaction.atomic():
        stored = Profile.objects.select_for_update(no_key=True).filter(pk=profile.pk).first()
        if stored is not None:
            _replace(
                stored,
                {address.strip().lower() for address in verified_addresses} if stored.is_found_by_email else set(),
            )


def sync_user(user_id: int | str) -> None:
    """Update the hashes after this user's addresses changed."""
    profile = Profile.objects.select_related("user").filter(user_id=user_id).first()
    if profile is not None:
        sync(profile, settings.verified_addresses(profile.user))


def set_found_by_email(profile: Profile, wanted: bool, actor: AbstractBaseUser | None) -> None:
    """Store the person's choice, and apply it to all their verified addresses at once."""
    with transaction.atomic():
        stored = Profile.objects.select_for_update(no_key=True).select_related("user").get(pk=profile.pk)
        if stored.is_found_by_email != wanted:
            stored.is_found_by_email = wanted
            stored.save(update_fields=["is_found_by_email", "updated_at"])
            record(stored, "profile.found_by_email", actor, wanted=wanted)
        sync(stored, settings.verified_addresses(stored.user))


def hash_field(identifier: str) -> str | None:
    """Return which hash `identifier` has the form of: "md5", "sha256" or None (handles are shorter)."""
    if not _HASH.fullmatch(identifier):
        return None
    return "md5" if len(identifier) == _MD5_LENGTH else "sha256"


def found_by_hash(field: str, name: str) -> Q:
    """Return a filter over Profile for a hash in small letters."""
    return Q(is_found_by_email=True) & Q(**{f"email_names__{field}": name})


def _replace(profile: Profile, addresses: set[str]) -> None:
    """Store the hashes. Those of other forms of an address take nothing from somebody who proved exactly these."""
    proved = [_name_of(profile, address) for address in addresses]
    others = {form for address in addresses for form in other_forms(address)} - addresses
    names = [*proved, *(_name_of(profile, form) for form in sorted(others))]
    profile.email_names.exclude(sha256__in=[name.sha256 for name in names]).delete()
    EmailName.objects.filter(sha256__in=[name.sha256 for name in proved]).exclude(profile=profile).delete()
    EmailName.objects.bulk_create(names, ignore_conflicts=True)


def other_forms(address: str) -> set[str]:
    """Return the forms in which clients hash an address that is not ASCII: NFC and NFD, its domain also as punycode.

    A domain in punycode is returned as text, too. Only what is the same address by Unicode and DNS: nothing is mapped.
    """
    local, _, domain = unicodedata.normalize("NFC", address).rpartition("@")
    text = ".".join(map(_from_punycode, domain.split(".")))
    domains = {domain, text, ".".join(map(_to_punycode, text.split(".")))}
    forms = {f"{local}@{one}" for one in domains}
    return forms | {unicodedata.normalize("NFD", form) for form in forms}


def _to_punycode(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"


def _from_punycode(label: str) -> str:
    """Return the label as text; as it is where it is no punycode of text in small letters and NFC."""
    try:
        text = label.removeprefix("xn--").encode().decode("punycode") if label.startswith("xn--") else label
    except UnicodeError:
        return label
    is_same = _to_punycode(text) == label and text.isprintable() and text == unicodedata.normalize("NFC", text).lower()
    return text if is_same else label


def _name_of(profile: Profile, address: str) -> EmailName:
    content = address.encode()
    # Old clients ask by md5. It is an identifier and protects nothing.
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return EmailName(profile=profile, sha256=hashlib.sha256(content).hexdigest(), md5=md5)
