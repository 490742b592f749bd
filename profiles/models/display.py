"""Decide what is shown if the right to the chosen picture is in question.

One rule over columns alone serves pages, pictures and receipts, so that all give the same answer at one moment (V1).
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Protocol

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy

from profiles import settings
from profiles.sources import UPLOAD


class OnLoss(TextChoices):
    """What is shown after the right to a picture is lost."""

    REVERT = "revert", gettext_lazy("Go back to my picture before it")
    PLAIN = "plain", gettext_lazy("Show no picture, only a drawing of my name")
    KEEP = "keep", gettext_lazy("Keep showing it, without the mark")


class Display(Enum):
    """What is shown of a person: the picture in use, an earlier one, or none."""

    SHOWN = "shown"
    EARLIER = "earlier"
    NOTHING = "nothing"


class AvatarColumns(Protocol):
    """The columns of an Avatar that the rule reads."""

    @property
    def state(self) -> str | None: ...
    @property
    def source(self) -> str | None: ...
    @property
    def attested_at(self) -> datetime | None: ...
    @property
    def lost_at(self) -> datetime | None: ...
    @property
    def is_offered(self) -> bool | None: ...


def get_policies() -> list[OnLoss]:
    """Return the policies that people can choose here."""
    ours = settings.current()
    return [policy for policy in OnLoss if policy.value in {ours.on_loss, *ours.on_loss_choices}]


def resolve_policy(on_loss: str) -> OnLoss:
    """Return the person's policy if the site allows it, else the site's own."""
    return OnLoss(on_loss) if on_loss in settings.current().on_loss_choices else OnLoss(settings.current().on_loss)


def has_right(avatar: AvatarColumns, now: datetime) -> bool:
    """Return False once withdrawn or removed, or not attested within AVATAR_IMAGE_MAX_AGE seconds."""
    if avatar.state != "active":
        return False
    if avatar.attested_at is None:
        return avatar.source == UPLOAD
    return -settings.CLOCK_SKEW <= now - avatar.attested_at <= settings.current().image_max_age


def decide_display(avatar: AvatarColumns, on_loss: str, now: datetime) -> Display:
    """Decide what to show of a profile that points at `avatar` and has this `on_loss`."""
    if has_right(avatar, now) and not avatar.is_offered:
        return Display.SHOWN
    rule = resolve_policy(on_loss)
    if _is_kept(avatar, rule, now):
        return Display.SHOWN
    return Display.NOTHING if rule is OnLoss.PLAIN else Display.EARLIER


def shown_until(avatar: AvatarColumns, on_loss: str, now: datetime) -> datetime | None:
    """Return when time alone ends that it is shown; None if only somebody's act can."""
    if avatar.attested_at is not None:
        end = avatar.attested_at + settings.current().image_max_age
    elif avatar.lost_at is not None and resolve_policy(on_loss) is not OnLoss.KEEP:
        end = avatar.lost_at + settings.current().loss_grace
    else:
        return None
    return end if now <= end else None


def _is_kept(avatar: AvatarColumns, rule: OnLoss, now: datetime) -> bool:
    if avatar.is_offered:
        return False
    lost_at = avatar.lost_at if avatar.state == "withdrawn" else None
    if rule is OnLoss.KEEP:
        return avatar.state == "active" or lost_at is not None
    grace = settings.current().loss_grace  # 0 grants none, even if the clock that recorded the loss runs ahead
    return bool(grace) and lost_at is not None and now < lost_at + grace
