"""The deletion of a person: asked for on a page, hidden at once, undone for some days, then done by a job.

What stays is named on the page: what a public ledger has, what others keep, and for a while a hash of the handle.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from profiles import settings
from profiles.audit import record
from profiles.errors import ExpectedError, Kind
from profiles.jobs import job
from profiles.leases import lease_row
from profiles.models import AccountDeletion, Avatar, Profile
from profiles.own_data.parts import get_erasers
from profiles.people.hiding import refresh_hidden
from profiles.pictures.changing import lock_profile
from profiles.sentences import gettext, gettext_noop
from profiles.signals import account_deleted, deletion_asked

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)

TIME_LIMIT = timedelta(minutes=9)
# Pictures that are deleted in one transaction.
PAGE = 100
STAFF = Kind("staff-stay", gettext_noop("Staff can't delete their account"), 409)
STAFF_SENTENCE = gettext(
    "You are on the site’s team. Have another admin take that from you first, then delete your account."
)


def ask_deletion(profile: Profile, actor: AbstractBaseUser, now: datetime) -> AccountDeletion:
    """Hide the person at once, and delete them ACCOUNT_DELETE_DAYS later. Asked twice, the first counts.

    Raise ExpectedError (STAFF): what staff did must keep its name in the audit.
    """
    if getattr(actor, "is_staff", False):
        raise ExpectedError(STAFF_SENTENCE, STAFF)
    due_at = now + timedelta(days=settings.current().delete_days)
    with lock_profile(profile.pk) as owner:
        found, is_new = AccountDeletion.objects.get_or_create(
            profile=owner, defaults={"asked_at": now, "due_at": due_at}
        )
        if is_new:
            refresh_hidden(owner.user_id)
            record(owner, "account.delete", actor, due_at=due_at.isoformat())
            transaction.on_commit(lambda: deletion_asked.send(Profile, user=actor, due_at=due_at), robust=True)
    return found


def keep_account(profile: Profile, actor: AbstractBaseUser) -> bool:
    """Undo the wish to be deleted. Return False if there is none, or the deletion has begun."""
    with lock_profile(profile.pk) as owner:
        undone, _ = AccountDeletion.objects.filter(profile=owner, begun_at=None).delete()
        if undone:
            refresh_hidden(owner.user_id)
            record(owner, "account.keep", actor)
    return bool(undone)


@job(rows=AccountDeletion, time_limit=TIME_LIMIT)
def erase_account(profile_id: int, now: datetime) -> None:
    """Delete a person whose time to undo it is over, in steps that may each be repeated after a crash.

    The row of the wish goes last, together with the user.
    """
    wish = lease_row(AccountDeletion.objects.filter(pk=profile_id), now)
    if wish is None:
        return
    with wish.attempting(now):
        # From here on `keep_account` finds nothing to undo.
        if not wish.keep(begun_at=wish.begun_at or now):
            return
        profile = Profile.objects.select_related("user").get(pk=profile_id)
        user, name, language = profile.user, profile.name, profile.language
        addresses = settings.verified_addresses(user)
        for erase in get_erasers():
            erase(user, now)
        _delete_rows(user)
        log.info("An account was deleted, as its person asked.")
        account_deleted.send(Profile, name=name, addresses=addresses, language=language)


def _delete_rows(user: User) -> None:
    """Delete the pictures in pages, then all the rest at once. Stored pictures are offered to the purge."""
    pictures = Avatar.objects.filter(profile__user=user).order_by("pk")
    while page := list(pictures.values_list("pk", flat=True)[:PAGE]):
        with transaction.atomic():
            Avatar.objects.filter(pk__in=page).delete()
    with transaction.atomic():
        locked = get_user_model().objects.select_for_update().filter(pk=user.pk).first()
        if locked is not None:
            locked.delete()
