"""What was done, written in the transaction that did it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from profiles.models import AuditEntry, Profile


def record(profile: Profile, action: str, actor: AbstractBaseUser | None, **detail: Any) -> AuditEntry:
    """`actor` None: the site itself did it. `detail` must be JSON and hold no secret and no hidden account."""
    actor_id = None if actor is None else actor.pk
    return AuditEntry.objects.create(profile=profile, action=action, actor_id=actor_id, detail=detail)
