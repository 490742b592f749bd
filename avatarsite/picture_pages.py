"""Decide what the site's pages say about a person's pictures in each of their states."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.defaultfilters import date
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from profiles.models import Avatar
from profiles.models.display import OnLoss
from profiles.page_parts import Action, Pill
from profiles.serving.showing import ShownPicture
from profiles.sources import UPLOAD

State = Avatar.State
NFT = "nft"
# Characters of a description that stand in for a missing title.
MAX_TITLE = 80


@dataclass(frozen=True)
class ShownNote:
    """What a person is told about the picture that others see now. `pill` is empty for an upload."""

    headline: str
    pill: Pill | None = None
    text: str = ""


def shown_note(shown: ShownPicture, *, has_chosen: bool, on_loss: str) -> ShownNote:
    """`has_chosen`: a picture is in use, even if it can't be shown. `on_loss` is a value of OnLoss, or empty."""
    avatar = shown.avatar
    if avatar is None:
        return ShownNote(_("No picture at the moment") if has_chosen else _("No picture yet"))
    headline = _("What others see")
    if shown.mark:
        label = _("Verified NFT, by delegation") if is_delegated(avatar) else _("Verified NFT")
        return ShownNote(headline, Pill(label, "good"), _mark_text(shown.mark_text, is_delegated=is_delegated(avatar)))
    if avatar.is_doubted:
        return ShownNote(headline, _doubt_pill(avatar), _doubt_text(is_delegated=is_delegated(avatar)))
    if avatar.state == State.WITHDRAWN:
        return ShownNote(headline, Pill(_("No longer yours"), "wait"), _kept_text(avatar.reason, on_loss))
    if avatar.source == NFT:
        text = _(
            "This is an NFT picture, but we could not reach its chain for a while. The hexagon returns with the next "
            "check."
        )
        return ShownNote(headline, Pill(_("Not checked lately"), "wait"), text)
    return ShownNote(headline, None, _("Your photo."))


def is_delegated(avatar: Avatar) -> bool:
    """Return whether somebody else holds the token and lets this person act for them."""
    return (avatar.provenance or {}).get("by_delegation") is True


def _mark_text(words: str, *, is_delegated: bool) -> str:
    if is_delegated:
        text = _(
            "The hexagon tells others: {mark}. It goes as soon as the token moves or the vault takes its delegation "
            'back; <a href="{url}">what others see then</a> is your choice.'
        )
    else:
        text = _(
            "The hexagon tells others: {mark}. It goes as soon as the token moves; "
            '<a href="{url}">what others see then</a> is your choice.'
        )
    return format_html(text, mark=words, url=reverse("profiles:loss"))


def _doubt_text(*, is_delegated: bool) -> str:
    if is_delegated:
        return _(
            "The chain’s newest blocks show that this NFT was sent on or is no longer delegated to you, so the hexagon "
            "is off. Once that is final, your picture before it comes back; if the chain takes it back, the hexagon "
            "does."
        )
    return _(
        "The chain’s newest blocks show that this NFT was sent on, so the hexagon is off. Once that is final, your "
        "picture before it comes back; if the chain takes it back, the hexagon does."
    )


def _kept_text(reason: str, on_loss: str) -> str:
    if on_loss == OnLoss.KEEP:
        text = _('It is still shown, without the hexagon, as you wish <a href="{url}">for when an NFT leaves you</a>.')
    else:
        text = _(
            "It is still shown for a while, without the hexagon, as you wish "
            '<a href="{url}">for when an NFT leaves you</a>.'
        )
    return format_html("{} {}", reason, format_html(text, url=reverse("profiles:loss")))


def _doubt_pill(avatar: Avatar) -> Pill:
    return Pill(_("May have ended") if is_delegated(avatar) else _("A transfer is on its way"), "wait")


@dataclass(frozen=True)
class HistoryEntry:
    """One of a person's pictures, for themselves. Its description can be changed if `describe_url` is set."""

    avatar: Avatar
    title: str
    kind: str
    is_current: bool
    pills: tuple[Pill, ...]
    reason: str
    describe_label: str
    describe_url: str
    actions: tuple[Action, ...]


def history_entry(entry: Avatar, after: str) -> HistoryEntry:
    """Return an entry of profiles.pictures.pages.history_of. `after` is the position of the page it is on."""
    kind = entry.get_source_display()
    return HistoryEntry(
        avatar=entry,
        title=entry.title or Truncator(entry.alt_text).chars(MAX_TITLE) or kind,
        kind=kind,
        is_current=entry.is_current,
        pills=history_pills(entry),
        reason=entry.reason,
        describe_label=_("Change description") if entry.alt_text else _("Add a description"),
        describe_url="" if entry.state == State.REMOVED else reverse("profiles:picture_alt", args=[entry.pk]),
        actions=history_actions(entry, after),
    )


def history_pills(entry: Avatar) -> tuple[Pill, ...]:
    in_use = (Pill(_("In use"), "good"),) if entry.is_current else ()
    state = _state_pill(entry)
    return (*in_use, state) if state else in_use


def _state_pill(entry: Avatar) -> Pill | None:
    if entry.state == State.WITHDRAWN:
        return Pill(_("Without its mark") if entry.is_current else _("No longer shown"), "wait")
    if entry.state == State.REMOVED:
        return Pill(_("Taken down"), "bad")
    if entry.has_mark:
        return Pill(_("Verified"), "good")
    if entry.is_doubted:
        return _doubt_pill(entry)
    return Pill(_("Not checked lately"), "wait") if entry.source == NFT else None


def history_actions(entry: Avatar, after: str) -> tuple[Action, ...]:
    if entry.state == State.REMOVED:
        return ()
    made_at = date(localtime(entry.created_at), "DATETIME_FORMAT")
    subject = _("%(title)s of %(day)s") % {"title": entry.title or entry.get_source_display(), "day": made_at}
    actions = []
    if entry.state == State.ACTIVE and not entry.is_current:
        use_url = reverse("profiles:picture_use", args=[entry.pk])
        actions.append(Action(_("Use this"), use_url, is_post=True, style="primary small", subject=subject))
    if entry.state == State.ACTIVE and entry.source == UPLOAD:
        crop_url = reverse("profiles:picture_crop", args=[entry.pk])
        actions.append(Action(_("Crop"), crop_url, style="small", subject=subject))
    fields = (("after", after),) if after else ()
    remove_url = reverse("profiles:picture_remove", args=[entry.pk])
    actions.append(Action(_("Remove"), remove_url, is_post=True, style="small", subject=subject, fields=fields))
    return tuple(actions)
