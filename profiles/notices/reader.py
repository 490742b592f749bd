"""The person who reads notices, locked while these change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from profiles.models import Profile


@contextmanager
def lock_reader(profile_id: int) -> Iterator[Profile | None]:
    """Lock the profile in a transaction, as `profiles.pictures.changing.lock_profile` does. None if it is gone."""
    with transaction.atomic():
        yield Profile.objects.select_for_update(no_key=True).filter(pk=profile_id).first()
