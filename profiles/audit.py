"""The audit of what was done to people's pictures and accounts."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser

from profiles.models import AuditEntry, Profile


def record(profile: Profile, action: str, actor: AbstractBaseUser | None, **detail: object) -> AuditEntry:
    """Write an audit entry in the transaction of the change.

    `actor` None: the site itself. `detail` must be JSON, without secrets and hidden accounts.
    """
    is_by_staff = actor is not None and actor.pk != profile.user_id
    return _create(profile, action, actor, detail, is_by_staff=is_by_staff)


def record_as_staff(profile: Profile, action: str, actor: AbstractBaseUser, **detail: object) -> AuditEntry:
    """Write an entry of something that staff did. What is about no person stands with the profile of who did it."""
    return _create(profile, action, actor, detail, is_by_staff=True)


def _create(
    profile: Profile, action: str, actor: AbstractBaseUser | None, detail: dict[str, object], *, is_by_staff: bool
) -> AuditEntry:
    actor_id = None if actor is None else actor.pk
    return AuditEntry.objects.create(
        profile=profile, action=action, actor_id=actor_id, detail=detail, is_by_staff=is_by_staff
    )
