"""Decide what the page of a claim says about the search for a newer picture of its token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from nft.models import ClaimPicture
from profiles.models import Avatar
from profiles.page_parts import Action
from profiles.sentences import gettext as _

State = ClaimPicture.State


@dataclass(frozen=True)
class SearchFacts:
    """The last search for a newer picture. `new_name` is the token's name then, `new_sha256` that of its picture."""

    state: State
    is_running: bool
    trouble: str
    new_name: str
    new_sha256: str
    ended_at: datetime | None


def read_search(picture: ClaimPicture) -> SearchFacts:
    """Read the row of a claim's picture, the only place among the views that knows its columns."""
    return SearchFacts(
        state=State(picture.state),
        is_running=picture.due_at is not None,
        trouble=picture.last_error,
        new_name=picture.new_facts["name"] if picture.new_facts else "",
        new_sha256=picture.new_image.sha256 if picture.new_image else "",
        ended_at=picture.compared_at,
    )


@dataclass(frozen=True)
class Comparison:
    """The old picture beside the new one, and the person's choice."""

    old: Avatar
    new_url: str
    new_caption: str
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class NewPicture:
    """One of: a `comparison` to decide on, a search to follow at `status_url`, or how the last one ended."""

    comparison: Comparison | None = None
    status_url: str = ""
    trouble: str = ""
    warning: str = ""
    outcome: str = ""
    at: datetime | None = None


def can_look(search: SearchFacts | None) -> bool:
    """Return whether another search may be asked for: none is running, and no new picture waits for an answer."""
    return search is None or (not search.is_running and search.state != State.CHANGED)


def new_picture(claim_id: UUID, name: str, old: Avatar, search: SearchFacts) -> NewPicture:
    """`name` and `old` are the claim's name and picture as they are."""
    if search.state == State.CHANGED:
        return NewPicture(comparison=compare(claim_id, name, old, search))
    if search.is_running:
        trouble = _("%(trouble)s We keep trying.", trouble=search.trouble) if search.trouble else ""
        return NewPicture(status_url=reverse("nft:claim_new_picture_status", args=[claim_id]), trouble=trouble)
    if search.state == State.FAILED:
        warning = _(
            "Whether its picture has changed could not be found out: %(trouble)s The picture we have stays.",
            trouble=search.trouble,
        )
        return NewPicture(warning=warning)
    outcomes = {
        State.SAME: _("The picture behind the token was the same"),
        State.KEPT: _("The token leads to another picture, and you keep the old one"),
    }
    return NewPicture(outcome=outcomes.get(search.state, ""), at=search.ended_at)


def compare(claim_id: UUID, name: str, old: Avatar, search: SearchFacts) -> Comparison:
    is_renamed = search.new_name and search.new_name != name
    return Comparison(
        old=old,
        new_url=f"{reverse('nft:claim_new_picture', args=[claim_id])}?v={search.new_sha256[:12]}",
        new_caption=_("New, named “%(name)s”", name=search.new_name) if is_renamed else _("New"),
        actions=(
            Action(
                _("Use the new one"),
                reverse("nft:claim_new_picture_use", args=[claim_id]),
                is_post=True,
                style="primary",
            ),
            Action(_("Keep the old one"), reverse("nft:claim_new_picture_keep", args=[claim_id]), is_post=True),
        ),
    )
