"""Decide what pages say about a person's notices, and what can be done about each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.apps import apps
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from profiles.models import Avatar, Notice, Profile
from profiles.page_parts import Action
from users.devices import shown_device
from users.mails import render_line, render_subject
from users.notice_words import facts_of, template_of

Kind = Notice.Kind
GOOD = frozenset({Kind.RECEIVED, Kind.RETURNED, Kind.MADE, Kind.REPORT_DECIDED})
LABELS = {
    Kind.RECEIVED: gettext_lazy("You receive an NFT"),
    Kind.LOST: gettext_lazy("An NFT you show leaves your wallet"),
    Kind.RETURNED: gettext_lazy("An NFT you showed comes back"),
    Kind.REMOVED: gettext_lazy("Our team removes a picture of yours"),
    Kind.HELD: gettext_lazy("A picture of yours is held until our team has looked at it"),
    Kind.REPORT_DECIDED: gettext_lazy("A report of yours is decided"),
    Kind.DECISION: gettext_lazy("Our team decides about your page or account"),
    Kind.MADE: gettext_lazy("An NFT you make is ready"),
    Kind.NOT_MADE: gettext_lazy("An NFT you make fails"),
    Kind.SIGN_IN: gettext_lazy("You sign in on a new device"),
    Kind.ACCOUNT: gettext_lazy("A wallet, e-mail address, password or passkey changes"),
    Kind.EXPORT_READY: gettext_lazy("The file with your data is ready"),
    Kind.WEBHOOK_STOPPED: gettext_lazy("A webhook of yours is stopped, as it fails"),
}
HINTS = {
    Kind.RECEIVED: gettext_lazy("Only NFTs that somebody here has shown before, so that senders can’t flood you."),
    Kind.LOST: gettext_lazy("One mail a day at most for each NFT."),
}


@dataclass(frozen=True)
class ShownNotice:
    """What happened, in words, and what can be done about it."""

    avatar: Avatar | None
    is_good: bool
    is_unread: bool
    headline: str
    text: str
    at: datetime
    actions: tuple[Action, ...]

    @property
    def day(self) -> date:
        return localtime(self.at).date()


@dataclass(frozen=True)
class _Reader:
    """Who reads, on which page, and which received tokens wait for their answer, by the subject of the notice."""

    profile: Profile
    path: str
    offered: frozenset[str]


def kind_label(kind: str) -> str:
    return str(LABELS[Kind(kind)])


def kind_hint(kind: str) -> str:
    return str(HINTS.get(Kind(kind), ""))


def shown_notices(notices: Iterable[Notice], profile: Profile, path: str) -> list[ShownNotice]:
    """Return notices for a page at `path`. Two queries at most, if a received token is among them."""
    found = list(notices)
    reader = _Reader(profile, path, _get_offered(found, profile))
    return [_shown(notice, reader) for notice in found]


def _shown(notice: Notice, reader: _Reader) -> ShownNotice:
    subject = render_subject(template_of(notice), facts_of(notice))
    return ShownNotice(
        avatar=notice.avatar,
        is_good=notice.kind in GOOD,
        is_unread=notice.read_at is None,
        headline=f"{subject}.",
        text=_text(notice),
        at=notice.at,
        actions=_actions(notice, subject, reader),
    )


def _text(notice: Notice) -> str:
    facts = notice.facts
    match notice.kind:
        case Kind.RECEIVED:
            return _("%(sender)s sent it to you. Show it as your picture?") % {"sender": facts.get("sender", "")}
        case Kind.LOST:
            is_said = facts.get("name", "") in notice.sentence if facts.get("name") else False
            return " ".join(filter(None, ["" if is_said else notice.sentence, render_line("mail/then.txt", facts)]))
        case Kind.REMOVED | Kind.HELD:
            return " ".join(filter(None, [notice.sentence, render_line("mail/then.txt", facts)]))
        case Kind.SIGN_IN | Kind.ACCOUNT:
            return _where(facts)
        case _:
            return notice.sentence


def _where(facts: dict[str, str]) -> str:
    if not facts.get("device"):
        return _("Our team did this.") if facts.get("by_staff") else ""
    return _("With %(device)s, from %(ip)s.") % {"device": shown_device(facts["device"]), "ip": facts.get("ip", "")}


def _actions(notice: Notice, subject: str, reader: _Reader) -> tuple[Action, ...]:
    dismiss_url = reverse("profiles:notice_dismiss", args=[notice.pk])
    dismiss = Action(
        _("Mark as read"),
        dismiss_url,
        is_post=True,
        style="quiet small",
        subject=subject,
        fields=(("next", reader.path),),
    )
    offered = (_answer(notice, subject, reader), _appeal(notice, subject), dismiss if notice.read_at is None else None)
    return tuple(each for each in offered if each is not None)


def _answer(notice: Notice, subject: str, reader: _Reader) -> Action | None:
    match notice.kind:
        case Kind.RECEIVED if notice.subject in reader.offered:
            url = reverse("nft:received_use", args=[notice.subject])
            return Action(_("Show it"), url, is_post=True, style="small primary", subject=notice.facts.get("name", ""))
        case Kind.RETURNED if notice.avatar is not None and _waits(notice.avatar, reader.profile):
            url = reverse("profiles:picture_use", args=[notice.avatar.pk])
            return Action(_("Use again"), url, is_post=True, style="small primary", subject=subject)
        case Kind.LOST | Kind.REMOVED | Kind.HELD if notice.read_at is None:
            return Action(_("Choose another picture"), reverse("profiles:picture"), style="small", subject="")
        case Kind.MADE | Kind.NOT_MADE if apps.is_installed("nft"):
            return Action(
                _("See it"), reverse("nft:mint_detail", args=[notice.subject]), style="small", subject=subject
            )
        case Kind.EXPORT_READY:
            return Action(_("Download"), reverse("profiles:data"), style="small", subject=subject)
        case Kind.WEBHOOK_STOPPED:
            url = reverse("profiles:webhook", args=[notice.subject])
            return Action(_("See it"), url, style="small", subject=subject)
        case Kind.SIGN_IN:
            return Action(_("Your devices"), reverse("usersessions_list"), style="small", subject=subject)
        case _:
            return None


def _appeal(notice: Notice, subject: str) -> Action | None:
    match notice.kind:
        case Kind.DECISION if notice.facts.get("appeal"):
            return Action(_("Appeal"), notice.facts["appeal"], style="small", subject=subject)
        case Kind.REMOVED if notice.avatar is not None and notice.avatar.is_locked:
            url = reverse("profiles:picture_appeal", args=[notice.avatar.pk])
            return Action(_("Appeal"), url, style="small", subject=subject)
        case _:
            return None


def _waits(avatar: Avatar, profile: Profile) -> bool:
    """Return whether a picture whose right is back waits for its person to choose it."""
    return avatar.state == Avatar.State.ACTIVE and (avatar.is_offered or avatar.pk != profile.avatar_id)


def _get_offered(notices: list[Notice], profile: Profile) -> frozenset[str]:
    if not apps.is_installed("nft") or not any(notice.kind == Kind.RECEIVED for notice in notices):
        return frozenset()
    from nft.transfers.received import get_received  # a site without nft imports none of it

    return frozenset(str(offer.pk) for offer in get_received(profile.user))
