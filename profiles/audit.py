"""The audit of what was done to people's pictures and accounts."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser

from profiles.models import AuditEntry, Profile


def record(profile: Profile, action: str, actor: AbstractBaseUser | None, **detail: object) -> AuditEntry:
    """Write an audit entry in the transaction of the change.

    `actor` None: the site itself. `detail` must be JSON, without secrets and hidden accounts.
    """
    actor_id = None if actor is None else actor.pk
    return AuditEntry.objects.create(profile=profile, action=action, actor_id=actor_id, detail=detail)
