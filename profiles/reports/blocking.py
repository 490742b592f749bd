"""Block the picture of a report, with its like where it shows enough to tell; end that block."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from profiles.blocks.kinds import SHA256, SIMILAR, BlockRefused
from profiles.blocks.matching import active_blocks
from profiles.models import StoredImage
from profiles.moderation.blocking import add_block
from profiles.moderation.blocking import end_block as end_by_key

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User


def block_image(image: StoredImage, reason: str, staff: User, now: datetime) -> int | None:
    """Block a picture in the transaction of the decision. Return the block's key; None if it was blocked before."""
    blocked = active_blocks().filter(kind__in=[SHA256, SIMILAR], value=image.sha256)
    if blocked.exists():
        return None
    try:
        return add_block(SIMILAR, image.sha256, reason, staff, now).pk
    except BlockRefused:  # too plain to be told from others, or lost from the store
        return add_block(SHA256, image.sha256, reason, staff, now).pk


def end_block(block_id: int, reason: str, staff: User, now: datetime) -> None:
    """End a block that a decision made. One that was ended meanwhile stays so."""
    if active_blocks().filter(pk=block_id).exists():
        end_by_key(block_id, reason, staff, now)
