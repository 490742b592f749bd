"""Profiles: one per person, created on first use; what people write about themselves."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from profiles.audit import record
from profiles.models import Profile
from profiles.people.handles import HANDLE_TAKEN, HandleError, check_handle, is_allowed_handle, is_retired
from profiles.text import one_line

_TRIES = 20


@dataclass(frozen=True)
class ProfileText:
    """What a person writes about themselves, cleaned."""

    handle: str
    display_name: str
    bio: str


def profile_of(user: AbstractBaseUser) -> Profile:
    """Return the person's profile, created on first use. Two requests at once get the same one."""
    profile = _found(user)
    return profile if profile is not None else _make_profile(user)


def update_profile(
    profile: Profile, *, handle: str, display_name: str, bio: str, actor: AbstractBaseUser | None
) -> Profile:
    """Store the new texts and return the profile as stored. Raise HandleError; then nothing changed."""
    new = ProfileText(handle.strip().lower(), one_line(display_name), one_line(bio))
    with transaction.atomic():
        stored = Profile.objects.select_for_update(no_key=True).get(pk=profile.pk)
        changed = [name for name in ("handle", "display_name", "bio") if getattr(stored, name) != getattr(new, name)]
        if "handle" in changed:
            check_handle(new.handle)
            if is_retired(new.handle):
                raise _taken(new.handle)
        if changed:
            _store(stored, new, changed)
            record(stored, "profile.update", actor, fields=changed)
    return stored


def _store(profile: Profile, new: ProfileText, changed: list[str]) -> None:
    for name in changed:
        setattr(profile, name, getattr(new, name))
    try:
        with transaction.atomic():
            profile.save(update_fields=[*changed, "updated_at"])
    except IntegrityError as error:
        raise _taken(new.handle) from error


def _taken(handle: str) -> HandleError:
    return HandleError(f"The handle {handle} is taken. Please choose another.", HANDLE_TAKEN)


def _found(user: AbstractBaseUser) -> Profile | None:
    return Profile.objects.select_related("avatar__image").filter(user_id=user.pk).first()


def _make_profile(user: AbstractBaseUser) -> Profile:
    """Create a profile under the sign-in name, or else under a neutral handle.

    A sign-in name may be an e-mail address or an account that nobody should see.
    """
    name = user.get_username().lower()
    neutral = (f"user-{secrets.token_hex(3)}" for _ in range(_TRIES))
    for handle in [*([name] if is_allowed_handle(name) and not is_retired(name) else []), *neutral]:
        try:
            with transaction.atomic():
                return Profile.objects.create(user_id=user.pk, handle=handle, is_hidden=not user.is_active)
        except IntegrityError:  # the handle is taken, or another request made the profile first
            if (profile := _found(user)) is not None:
                return profile
    raise RuntimeError(f"{_TRIES} of 2^24 neutral handles were taken in a row.")
