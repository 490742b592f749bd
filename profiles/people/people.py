"""Profiles and their handles.

PeopleError        permanent; `field` names the form field it belongs to
├── HandleInvalid  not the form of a handle
├── HandleReserved nobody may take it
└── HandleTaken    somebody else has it
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from itertools import chain, repeat
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from profiles import settings
from profiles.audit import record
from profiles.models import HANDLE_PATTERN, HANDLE_RULE, Profile
from profiles.text import one_line

#: Names that would let somebody speak for the site, or that stand for nobody.
RESERVED = frozenset(
    {"admin", "administrator", "moderator", "official", "owner", "root", "site", "staff", "support", "system", "team"}
    | {
        "abuse",
        "billing",
        "contact",
        "help",
        "info",
        "legal",
        "noreply",
        "postmaster",
        "privacy",
        "security",
        "webmaster",
    }
    | {"account", "accounts", "api", "avatar", "avatars", "home", "login", "logout", "picture", "pictures", "settings"}
    | {"signup", "www", "anonymous", "everyone", "here", "me", "nobody", "null", "undefined", "user"}
)
_TRIES = 20


class PeopleError(Exception):
    permanent: ClassVar[bool] = True
    field: ClassVar[str] = "handle"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class HandleInvalid(PeopleError):
    def __init__(self) -> None:
        super().__init__(HANDLE_RULE)


class HandleReserved(PeopleError):
    def __init__(self, handle: str) -> None:
        super().__init__(f"The handle {handle} is reserved. Please choose another.")


class HandleTaken(PeopleError):
    def __init__(self, handle: str) -> None:
        super().__init__(f"The handle {handle} is taken. Please choose another.")


@dataclass(frozen=True)
class ProfileText:
    """What a person writes about themselves, cleaned."""

    handle: str
    display_name: str
    bio: str


def profile_of(user: AbstractBaseUser) -> Profile:
    """The person's profile, made on first sight. Two requests at once get the same one."""
    profile = _found(user)
    return profile if profile is not None else _make_profile(user)


def update_profile(
    profile: Profile, *, handle: str, display_name: str, bio: str, actor: AbstractBaseUser | None
) -> Profile:
    """Store the new words and return the profile as stored. Raises PeopleError; then nothing changed."""
    new = ProfileText(handle.strip().lower(), one_line(display_name), one_line(bio))
    with transaction.atomic():
        stored = Profile.objects.select_for_update(no_key=True).get(pk=profile.pk)
        changed = [name for name in ("handle", "display_name", "bio") if getattr(stored, name) != getattr(new, name)]
        if "handle" in changed:
            check_handle(new.handle)
        if changed:
            _store(stored, new, changed)
            record(stored, "profile.update", actor, fields=changed)
    return stored


def check_handle(handle: str) -> None:
    """Raises HandleInvalid or HandleReserved; whether it is free only the database can say."""
    if not re.fullmatch(HANDLE_PATTERN, handle):
        raise HandleInvalid
    if handle in RESERVED or handle in settings.reserved_handles():
        raise HandleReserved(handle)


def _store(profile: Profile, new: ProfileText, changed: list[str]) -> None:
    for name in changed:
        setattr(profile, name, getattr(new, name))
    try:
        with transaction.atomic():
            profile.save(update_fields=[*changed, "updated_at"])
    except IntegrityError as error:
        raise HandleTaken(new.handle) from error


def _found(user: AbstractBaseUser) -> Profile | None:
    return Profile.objects.select_related("avatar__image").filter(user_id=user.pk).first()


def _make_profile(user: AbstractBaseUser) -> Profile:
    """Try the username, then neutral handles: a username may be an e-mail or an account nobody should see."""
    wished = user.get_username().lower()
    for handle in chain([wished] if _may_have(wished) else [], (_neutral() for _ in repeat(None, _TRIES))):
        try:
            with transaction.atomic():
                return Profile.objects.create(user_id=user.pk, handle=handle)
        except IntegrityError:  # the handle is taken, or another request made the profile first
            if (made := _found(user)) is not None:
                return made
    raise HandleTaken(wished)  # 20 of 2^24 neutral handles were taken in a row


def _may_have(handle: str) -> bool:
    try:
        check_handle(handle)
    except PeopleError:
        return False
    return True


def _neutral() -> str:
    return f"user-{secrets.token_hex(3)}"
