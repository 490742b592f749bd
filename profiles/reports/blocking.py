"""Where the app that blocks pictures says how. Without one, the verdict "remove and block" is not offered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.module_loading import import_string

from profiles.models import StoredImage

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

#: Takes the picture, the reason and who blocks it; returns what names the block, for the one below.
BlockImage = Callable[[StoredImage, str, "User"], str]
#: Takes what names the block, the reason and who ends it. Ending one that is gone is no error.
EndBlock = Callable[[str, str, "User"], object]


@dataclass(frozen=True)
class Blocker:
    """The dotted paths of a `BlockImage` and an `EndBlock`, which run in the transaction of the decision."""

    block: str
    end: str


_blockers: list[Blocker] = []


def register_blocker(blocker: Blocker) -> None:
    _blockers[:] = [blocker]


def can_block() -> bool:
    return bool(_blockers)


def block_image(image: StoredImage, reason: str, staff: User) -> str:
    block: BlockImage = import_string(_blockers[0].block)
    return block(image, reason, staff)


def end_block(name: str, reason: str, staff: User) -> None:
    if _blockers:
        end: EndBlock = import_string(_blockers[0].end)
        end(name, reason, staff)
