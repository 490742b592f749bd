"""Decide what pages say about a person's notices, and what can be done about each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.urls import reverse
from django.utils.timezone import localtime

from profiles.models import Avatar, Notice, Profile
from profiles.notices.kinds import KindWords, words_of
from profiles.notices.words import facts_of, render_line, render_subject, template_of
from profiles.page_parts import Action
from profiles.sentences import gettext as _

Kind = Notice.Kind
GOOD = frozenset({Kind.RECEIVED, Kind.RETURNED, Kind.MADE, Kind.REPORT_DECIDED})


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


def kind_label(kind: str) -> str:
    words = words_of(kind)
    return _(words.label) if words else str(Kind(kind).label)


def kind_hint(kind: str) -> str:
    words = words_of(kind)
    return _(words.hint) if words and words.hint else ""


def shown_notices(notices: Iterable[Notice], profile: Profile, path: str) -> list[ShownNotice]:
    """Return notices for a page at `path`. It asks what the `answers` of their kinds ask."""
    found = list(notices)
    answers = _get_answers(found, profile)
    return [_shown(notice, profile, path, answers) for notice in found]


def _get_answers(notices: list[Notice], profile: Profile) -> dict[UUID, Action]:
    answers: dict[UUID, Action] = {}
    for kind in dict.fromkeys(notice.kind for notice in notices):
        words = words_of(kind)
        if words and words.answers:
            answers |= words.answers([notice for notice in notices if notice.kind == kind], profile)
    return answers


def headline_of(notice: Notice) -> str:
    """Return what happened, without a full stop."""
    is_known = words_of(notice.kind) is not None
    return render_subject(template_of(notice), facts_of(notice)) if is_known else kind_label(notice.kind)


def text_of(notice: Notice) -> str:
    """Return what stands below the headline; empty where there is no more to say."""
    return _text(notice, words_of(notice.kind))


def _shown(notice: Notice, profile: Profile, path: str, answers: Mapping[UUID, Action]) -> ShownNotice:
    subject = headline_of(notice)
    dismiss_url = reverse("profiles:notice_dismiss", args=[notice.pk])
    dismiss = Action(
        _("Mark as read"), dismiss_url, is_post=True, style="quiet small", subject=subject, fields=(("next", path),)
    )
    answer = answers.get(notice.pk) or _answer(notice, subject, profile)
    offered = (answer, _appeal(notice, subject), dismiss if notice.read_at is None else None)
    return ShownNotice(
        avatar=notice.avatar,
        is_good=notice.kind in GOOD,
        is_unread=notice.read_at is None,
        headline=f"{subject}.",
        text=text_of(notice),
        at=notice.at,
        actions=tuple(each for each in offered if each is not None),
    )


def _text(notice: Notice, words: KindWords | None) -> str:
    facts = notice.facts
    if words and words.text:
        return words.text(notice)
    if notice.kind == Kind.LOST:
        is_said = bool(facts.get("name")) and facts["name"] in notice.sentence
        return " ".join(
            filter(None, ["" if is_said else notice.sentence, render_line("profiles/mail/then.txt", facts)])
        )
    if notice.kind in {Kind.REMOVED, Kind.HELD}:
        return " ".join(filter(None, [notice.sentence, render_line("profiles/mail/then.txt", facts)]))
    return notice.sentence


def _and_then(sentence: str, facts: Mapping[str, str]) -> str:
    """Return the sentence, and what others see since."""
    return " ".join(filter(None, [sentence, render_line("profiles/mail/then.txt", facts)]))


def _answer(notice: Notice, subject: str, profile: Profile) -> Action | None:
    match notice.kind:
        case Kind.RETURNED if notice.avatar is not None and _waits(notice.avatar, profile):
            url = reverse("profiles:picture_use", args=[notice.avatar.pk])
            return Action(_("Use again"), url, is_post=True, style="small primary", subject=subject)
        case Kind.LOST | Kind.REMOVED | Kind.HELD if notice.read_at is None:
            return Action(_("Choose another picture"), reverse("profiles:picture"), style="small", subject="")
        case Kind.WEBHOOK_STOPPED:
            return Action(
                _("See it"), reverse("profiles:webhook", args=[notice.subject]), style="small", subject=subject
            )
        case Kind.EXPORT_READY:
            return Action(_("Download"), reverse("profiles:data"), style="small", subject=subject)
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
