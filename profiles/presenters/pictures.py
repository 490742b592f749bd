"""Decide what pages say about a person's pictures in each of their states."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.defaultfilters import date
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.timezone import localtime

from profiles.models import Avatar
from profiles.models.display import OnLoss
from profiles.page_parts import Action, Fact, Pill
from profiles.sentences import gettext as _
from profiles.serving.showing import ShownPicture
from profiles.source_words import Facts, PictureNote, Verdict
from profiles.sources import UPLOAD, words_of

State = Avatar.State
# Nobody sees these, their person included.
UNSEEN = frozenset({State.REMOVED, State.HELD})
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
    note = _note(avatar, shown, for_good=on_loss == OnLoss.KEEP)
    return ShownNote(headline, note.pill, note.text) if note else ShownNote(headline, None, _("Your photo."))


def _note(avatar: Avatar, shown: ShownPicture, *, for_good: bool) -> PictureNote | None:
    words = words_of(avatar)
    if shown.mark:
        return words.verified(avatar, shown.mark_text)
    if avatar.is_doubted:
        return words.doubted(avatar)
    if avatar.state == State.WITHDRAWN:
        return words.kept(avatar, for_good=for_good)
    return None if avatar.source == UPLOAD else words.unchecked(avatar)


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
        describe_url="" if entry.state in UNSEEN else reverse("profiles:picture_alt", args=[entry.pk]),
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
    if entry.state == State.HELD:
        return Pill(_("Shown to nobody"), "wait")
    if entry.has_mark:
        return Pill(_("Verified"), "good")
    words = words_of(entry)
    if entry.is_doubted:
        return words.doubted(entry).pill
    return None if entry.source == UPLOAD else words.unchecked(entry).pill


def history_actions(entry: Avatar, after: str) -> tuple[Action, ...]:
    if entry.state == State.REMOVED:
        return ()
    made_at = date(localtime(entry.created_at), "DATETIME_FORMAT")
    subject = _("%(title)s of %(day)s", title=entry.title or str(entry.get_source_display()), day=made_at)
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


def receipt_verdict(shown: ShownPicture, facts: Facts | None) -> Verdict:
    """Return what a receipt says in short. `facts` are those of the receipt, if its source has any."""
    if shown.avatar is None:
        return Verdict(_("No picture"), _("What you see is drawn from the name."))
    if facts:
        return words_of(shown.avatar).verdict(facts, is_marked=shown.mark)
    return Verdict(_("An upload"), _("The receipt says only which bytes are served, and vouches for nothing else."))


@dataclass(frozen=True)
class ShownProof:
    """The proof behind a mark in one sentence, at length, and as a list of facts."""

    in_short: str
    how_we_know: str
    facts: tuple[Fact, ...]


def shown_proof(avatar: Avatar, name: str, facts: Facts) -> ShownProof:
    """`facts` is the provenance of the picture, `name` what its person is called."""
    words = words_of(avatar)
    return ShownProof(words.in_short(name, facts), words.how_we_know(name, facts), words.facts(facts))
