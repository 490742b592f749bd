"""What a person wants when the right to their picture is lost, and what time alone brings about."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import F

from profiles import conf
from profiles.models import Avatar, Profile
from profiles.services.changing import lock_profile, settle
from profiles.standing import OnLoss, Standing, effective, standing

AT_ONCE = 500


def set_on_loss(
    profile: Profile, *, on_loss: str, returns_by_itself: bool, mails_on_loss: bool, actor: AbstractBaseUser | None
) -> None:
    """`on_loss` is what the site does by itself, which is then followed wherever the site goes, or one of its other
    choices. It holds for what is lost already, too."""
    on_loss = "" if on_loss == conf.on_loss() else on_loss
    with lock_profile(profile.pk) as owner:
        owner.on_loss, owner.returns_by_itself, owner.mails_on_loss = on_loss, returns_by_itself, mails_on_loss
        owner.save(update_fields=["on_loss", "returns_by_itself", "mails_on_loss", "updated_at"])
        settle(owner, "profile.on_loss", actor, on_loss=str(effective(on_loss)))


def settle_overdue(now: datetime) -> int:
    """Moves the pointer of people whose grace is over to their earlier picture; how many. Pictures are served by the
    same rule before: this only saves a query for each."""
    lost = Avatar.objects.filter(
        state=Avatar.State.WITHDRAWN, lost_at__lte=now - conf.loss_grace(), profile__avatar=F("pk")
    )
    by_person = lost.select_related("profile").order_by("lost_at")
    overdue = [one.profile_id for one in by_person[:AT_ONCE] if effective(one.profile.on_loss) is OnLoss.REVERT]
    for profile_id in overdue:
        with lock_profile(profile_id) as owner:
            if owner.avatar is not None and standing(owner.avatar, owner.on_loss, now) is Standing.EARLIER:
                settle(owner, "avatar.grace_over", None, avatar=str(owner.avatar_id))
    return len(overdue)
