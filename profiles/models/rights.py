"""What is shown where the right to the chosen picture is in question. One rule, by columns alone, for pages, pictures
and receipts: whoever asks at the same moment gets the same answer (V1)."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Protocol

from django.db.models import TextChoices

from profiles import settings
from profiles.sources import UPLOAD


class OnLoss(TextChoices):
    REVERT = "revert", "Go back to my picture before it"
    PLAIN = "plain", "Show no picture, only a drawing of my name"
    KEEP = "keep", "Keep showing it, without the mark"


class Standing(Enum):
    SHOWN = "shown"
    EARLIER = "earlier"
    NOTHING = "nothing"


class Look(Protocol):
    """Columns of an Avatar."""

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


def effective(wish: str) -> OnLoss:
    """A person's wish where the site allows it, else the site's own choice."""
    return OnLoss(wish) if wish in settings.current().on_loss_choices else OnLoss(settings.current().on_loss)


def right_holds(look: Look, now: datetime) -> bool:
    """False once withdrawn or removed, or not attested within AVATAR_IMAGE_MAX_AGE seconds."""
    if look.state != "active":
        return False
    if look.attested_at is None:
        return look.source == UPLOAD
    return -settings.CLOCK_SKEW <= now - look.attested_at <= settings.current().image_max_age


def standing(look: Look, wish: str, now: datetime) -> Standing:
    """Of the picture that a profile points at, for a person whose `on_loss` is `wish`."""
    rule = effective(wish)
    if right_holds(look, now) and not look.is_offered:
        return Standing.SHOWN
    if _is_kept(look, rule, now):
        return Standing.SHOWN
    return Standing.NOTHING if rule is OnLoss.PLAIN else Standing.EARLIER


def shown_until(look: Look, wish: str, now: datetime) -> datetime | None:
    """When time alone ends that it is shown; None where only somebody's act can."""
    if look.attested_at is not None:
        end = look.attested_at + settings.current().image_max_age
    elif look.lost_at is not None and effective(wish) is not OnLoss.KEEP:
        end = look.lost_at + settings.current().loss_grace
    else:
        return None
    return end if now <= end else None


def _is_kept(look: Look, rule: OnLoss, now: datetime) -> bool:
    if look.is_offered:
        return False
    lost_at = look.lost_at if look.state == "withdrawn" else None
    if rule is OnLoss.KEEP:
        return look.state == "active" or lost_at is not None
    grace = settings.current().loss_grace  # none at all also where the clock of who noted the loss runs ahead
    return bool(grace) and lost_at is not None and now < lost_at + grace
