"""What the staff's desk shows of blocks and held pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from profiles.app_labels import PROFILES
from profiles.blocks.kinds import BlockRefused, get_kind
from profiles.desk import parts
from profiles.desk.counts import bounded_count
from profiles.desk.parts import Severity, Waiting
from profiles.desk.roles import Role, give
from profiles.models import AuditEntry, Avatar, Block
from profiles.moderation.held import waiting_holds

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

#: Blocks that a search shows.
HITS = 5


def find_held() -> Iterator[Waiting]:
    url = reverse(f"admin:{PROFILES}_hold_changelist") + "?waits__exact=1"
    yield Waiting(_("pictures held until somebody decides"), bounded_count(waiting_holds()), url, Severity.WORK)


def find_blocks(text: str, staff: User) -> Iterator[parts.Hit]:
    """Yield blocks of exactly this value."""
    del staff
    for block in Block.objects.filter(value__in={text, text.lower()}, ended_at=None)[:HITS]:
        url = f"{reverse(f'admin:{PROFILES}_block_changelist')}?q={block.value}"
        yield parts.Hit(_("Blocked"), f"{label_of(block.kind)}: {block.value}", url, block.reason)


def build_blocks(avatar: Avatar, staff: User) -> dict[str, object] | None:
    holds = list(avatar.holds.select_related("block"))
    may_block = staff.has_perm(f"{PROFILES}.add_block")
    return {"holds": holds, "may_block": may_block} if holds or may_block else None


def label_of(kind: str) -> str:
    try:
        return str(get_kind(kind).label)
    except BlockRefused:
        return kind


def say_blocked(entry: AuditEntry) -> str:
    facts = {"what": label_of(str(entry.detail.get("kind", ""))), "value": entry.detail.get("value", "")}
    return _("Blocked %(value)s (%(what)s): %(reason)s") % (facts | {"reason": entry.detail.get("reason", "")})


def say_ended(entry: AuditEntry) -> str:
    facts = {"what": label_of(str(entry.detail.get("kind", ""))), "value": entry.detail.get("value", "")}
    return _("Ended the block of %(value)s (%(what)s): %(why)s") % (facts | {"why": entry.detail.get("why", "")})


def register() -> None:
    section = parts.PictureSection(
        "blocks", _("Blocks"), "profiles/desk/blocks.html", build_blocks, f"{PROFILES}.view_block", position=12
    )
    parts.register(
        attention=[parts.AttentionSource("held", _("Held pictures"), find_held, f"{PROFILES}.view_hold")],
        finders=[parts.SearchFinder("blocks", find_blocks, f"{PROFILES}.view_block")],
        picture_sections=[section],
        audit_words={
            "block.add": say_blocked,
            "block.end": say_ended,
            "avatar.hold": _("A picture is shown to nobody: %(reason)s"),
            "avatar.release": _("A held picture may be shown again: %(reason)s"),
            "hold.approve": _("Approved a held picture: %(reason)s"),
            "hold.refuse": _("Refused a held picture: %(reason)s"),
        },
    )
    give(Role.MODERATE, f"{PROFILES}.add_block")
