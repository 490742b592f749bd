"""The kinds of things that can be blocked: pictures, and what other apps register in `AppConfig.ready`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

if TYPE_CHECKING:
    from profiles.models import Avatar, Block

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
BAD_VALUE = Kind("bad-block", gettext_noop("This can't be blocked"), 422)
#: The kinds of this app: exactly these bytes, and whatever looks like this stored picture.
SHA256, SIMILAR = "sha256", "similar"
EXACTLY, AND_SIMILAR = gettext_lazy("Exactly this picture"), gettext_lazy("This picture and similar ones")


class BlockRefused(ExpectedError):
    """A block can't be made or ended so."""

    kind = BAD_VALUE


@dataclass(frozen=True)
class Choice:
    """A block that staff may make of a picture: what the choice is called, and the block's value."""

    label: str
    value: str


@dataclass(frozen=True)
class BlockKind:
    """One kind of block.

    parse: takes the value as typed, and returns it in the one form in which it is stored. Raises BlockRefused.
    match: takes such a value, and returns a filter over Avatar: the pictures in people's histories that it covers.
    choose: takes a picture, and returns how it can be blocked by this kind, None if it can't.
    is_held: whether pictures that it covers are held by a job of this app. False where `changed` hides them itself.
    changed: called in the transaction that adds a block, or ends it (`ended_at` is set then).
    """

    name: str
    label: str | Promise
    hint: str | Promise
    parse: Callable[[str], str]
    match: Callable[[str], Q]
    choose: Callable[[Avatar], Choice | None] = lambda _: None
    changed: Callable[[Block], None] = lambda _: None
    is_held: bool = True


_kinds: dict[str, BlockKind] = {}


def register_kind(kind: BlockKind) -> None:
    """Let staff block one more kind of thing. Replace an earlier one of its name."""
    _kinds[kind.name] = kind


def get_kinds() -> list[BlockKind]:
    return list(_kinds.values())


def get_kind(name: str) -> BlockKind:
    """Return a registered kind. Raise BlockRefused."""
    try:
        return _kinds[name]
    except KeyError:
        known = ", ".join(_kinds)
        raise BlockRefused(
            _("“%(name)s” is no kind of block. The kinds are: %(known)s.", name=name[:40], known=known)
        ) from None


def parse_sha256(text: str) -> str:
    """Return a sha256 in lower-case hex digits. Raise BlockRefused."""
    if not _SHA256.fullmatch(text.strip()):
        raise BlockRefused(_("A sha256 has 64 digits, 0 to 9 and a to f."))
    return text.strip().lower()


def match_bytes(sha256: str) -> Q:
    """Match pictures that were made of this file, or stored as it, or of which this is a square."""
    found = Q()
    for image in ("image", "uncut"):
        found |= Q(**{f"{image}__sha256": sha256}) | Q(**{f"{image}__source_sha256": sha256})
    return found | Q(image__renditions__sha256=sha256)


def register_own() -> None:
    """Register the kinds of this app."""
    bytes_hint = gettext_lazy("The sha256 of a file, or of a picture as this site stores it.")
    register_kind(BlockKind(SHA256, EXACTLY, bytes_hint, parse_sha256, match_bytes, _choose_exactly))
    hint = gettext_lazy("The sha256 of a picture that this site stores.")
    register_kind(BlockKind(SIMILAR, AND_SIMILAR, hint, parse_sha256, match_bytes, _choose_similar))


def _choose_exactly(avatar: Avatar) -> Choice:
    return Choice(str(EXACTLY), avatar.image.sha256)


def _choose_similar(avatar: Avatar) -> Choice:
    return Choice(str(AND_SIMILAR), avatar.whole.sha256)
