"""What pages and mails say of notices about tokens."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from nft.transfers.received import get_received
from profiles.models import Notice, Profile
from profiles.notices.kinds import KindWords
from profiles.page_parts import Action
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

Kind = Notice.Kind


def received_text(notice: Notice) -> str:
    return _("%(sender)s sent it to you. Show it as your picture?", sender=notice.facts.get("sender", ""))


def received_answers(notices: Sequence[Notice], profile: Profile) -> dict[UUID, Action]:
    """Offer to show the tokens that still wait for an answer. One query."""
    offered = {str(offer.pk) for offer in get_received(profile.user)}
    return {notice.pk: _show(notice) for notice in notices if notice.subject in offered}


def _show(notice: Notice) -> Action:
    url = reverse("nft:received_use", args=[notice.subject])
    return Action(_("Show it"), url, is_post=True, style="small primary", subject=notice.facts.get("name", ""))


def mint_answers(notices: Sequence[Notice], profile: Profile) -> dict[UUID, Action]:
    return {notice.pk: _see(notice) for notice in notices}


def _see(notice: Notice) -> Action:
    url = reverse("nft:mint_detail", args=[notice.subject])
    return Action(_("See it"), url, style="small", subject=notice.facts.get("name", ""))


KINDS = {
    Kind.RECEIVED: KindWords(
        gettext_noop("You receive an NFT"),
        gettext_noop("Only NFTs that somebody here has shown before, so that senders can’t flood you."),
        templates="nft/mail",
        text=received_text,
        answers=received_answers,
    ),
    Kind.LOST: KindWords(
        gettext_noop("An NFT you show leaves your wallet"), gettext_noop("One mail a day at most for each NFT.")
    ),
    Kind.RETURNED: KindWords(gettext_noop("An NFT you showed comes back")),
    Kind.MADE: KindWords(gettext_noop("An NFT you make is ready"), templates="nft/mail", answers=mint_answers),
    Kind.NOT_MADE: KindWords(gettext_noop("An NFT you make fails"), templates="nft/mail", answers=mint_answers),
}
