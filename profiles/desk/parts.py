"""What the staff's desk shows and lets staff do, told by each app. Register in `AppConfig.ready`, by `register`:

- `attention`: something that waits for staff, or a part of the site in trouble. Shown on the start page.
- `figures`: today's figures on the start page.
- `finders`: the desk's search asks every finder; what it finds is a link.
- `person_sections`, `picture_sections`: parts of the page of a person or of a picture.
- `person_actions`, `picture_actions`: buttons on that page. Each asks for a reason.
- `audit_words`: the sentence in which an audit entry is shown.
- `profiles.desk.roles.give`: which permissions the roles of staff have.

`profiles.desk.own_parts` registers those of this app, and shows how each is used. What is registered runs in
the request of a page for staff: a few queries by indexes, no network call, and counts by `profiles.desk.counts`.
What one of them raises is logged, and shown in its place; the rest of the page stands.

All labels are translated where they are shown: pass `gettext_lazy`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from django.utils.functional import Promise

from profiles.models import AuditEntry, Avatar, Profile

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

Words = str | Promise
Subject = TypeVar("Subject", Profile, Avatar)


class Severity(IntEnum):
    """How urgent something is. The start page sorts by it, the most urgent first."""

    ALARM = 3  # people are harmed or shown something false until somebody acts
    WORK = 2  # somebody waits for an answer, or a job waits for a retry
    NOTICE = 1  # good to know today


@dataclass(frozen=True)
class Waiting:
    """A line of the start page: so many of `label`, and the page where staff act on them.

    count: None where there is nothing to count, as for a node that is down. `sentence` says what is wrong then.
    """

    label: Words
    count: int | None
    url: str
    severity: Severity = Severity.WORK
    sentence: Words = ""


@dataclass(frozen=True)
class AttentionSource:
    """Where the start page asks what waits for staff.

    slug: unique; a later registration of the same slug replaces the earlier one.
    part: the part of the site that is healthy while `find` returns nothing, as people call it: "Jobs", "Reports".
    find: returns only what waits now: nothing is shown of a count of 0.
    permission: needed to see it, as "app.codename"; empty: every member of staff.
    """

    slug: str
    part: Words
    find: Callable[[], Iterable[Waiting]]
    permission: str = ""


@dataclass(frozen=True)
class Figure:
    """A number of the start page, as "New people today". `count` returns it, bounded; `url` returns its list or ""."""

    slug: str
    label: Words
    count: Callable[[], int]
    url: Callable[[], str] = str
    permission: str = ""


@dataclass(frozen=True)
class Hit:
    """Something that a search found. `kind` says what it is in a word or two; `detail` why it was found."""

    kind: Words
    label: str
    url: str
    detail: Words = ""


@dataclass(frozen=True)
class SearchFinder:
    """Finds rows of one kind by the text that staff typed.

    find: takes the text as typed, without blanks at its ends, 1 to 400 characters that may be anything, and the person
    who asks. It returns at most a handful of hits; nothing for a text that is not of its kind. It never raises for a
    text: staff paste whatever a complaint says.
    takes: what it finds something by, as the search says to those who may use it.
    """

    slug: str
    find: Callable[[str, User], Iterable[Hit]]
    permission: str = ""
    takes: Words = ""


@dataclass(frozen=True)
class Section(Generic[Subject]):
    """A part of the page of a person (`Section[Profile]`) or of a picture (`Section[Avatar]`).

    template: rendered with what `build` returns, with `staff` (who looks), and with `subject`.
    build: takes the subject and who looks; returns None where there is nothing to show, not even a heading.
    position: sections stand in this order: 10 pictures, 20 to 40 what another app knows of
    them, 50 sessions, 60 notices, 70 reports, 80 notes, 90 audit.
    """

    slug: str
    title: Words
    template: str
    build: Callable[[Subject, User], Mapping[str, object] | None]
    permission: str = ""
    position: int = 50


@dataclass(frozen=True)
class Action(Generic[Subject]):
    """A button on the page of a person or of a picture. Pressed, it asks for a reason, once, in a small form.

    slug: unique among the actions of its page; part of the form's address.
    confirm: what will happen and who will read the reason, in one or two sentences.
    run: takes the subject, who acts, and the reason (one clean line, never empty, 300 characters at most). It does what
    it says in one transaction with its audit entry, and returns a sentence that says what was done. It raises
    `profiles.errors.ExpectedError` for what can't be done; staff read its sentence and keep their reason.
    is_open: whether the button is shown for this subject now. `run` must judge again: a page may be old.
    is_danger: it takes something away from a person.
    """

    slug: str
    label: Words
    permission: str
    confirm: Words
    run: Callable[[Subject, User, str], Words]
    is_open: Callable[[Subject], bool] = lambda _: True
    is_danger: bool = False
    position: int = 50


PersonSection = Section[Profile]
PictureSection = Section[Avatar]
PersonAction = Action[Profile]
PictureAction = Action[Avatar]

#: The sentence of an audit entry. A text may hold `%(name)s` for any key of the entry's detail; one that is missing is
#: shown as "…". A function returns the sentence itself.
AuditWords = Words | Callable[[AuditEntry], Words]

_attention: dict[str, AttentionSource] = {}
_figures: dict[str, Figure] = {}
_finders: dict[str, SearchFinder] = {}
_person_sections: dict[str, PersonSection] = {}
_picture_sections: dict[str, PictureSection] = {}
_person_actions: dict[str, PersonAction] = {}
_picture_actions: dict[str, PictureAction] = {}
_audit_words: dict[str, AuditWords] = {}


def register(
    *,
    attention: Iterable[AttentionSource] = (),
    figures: Iterable[Figure] = (),
    finders: Iterable[SearchFinder] = (),
    person_sections: Iterable[PersonSection] = (),
    picture_sections: Iterable[PictureSection] = (),
    person_actions: Iterable[PersonAction] = (),
    picture_actions: Iterable[PictureAction] = (),
    audit_words: Mapping[str, AuditWords] | None = None,
) -> None:
    """Put these on the desk. One with the slug of an earlier one takes its place.

    `audit_words` says how entries of these actions are shown: `{"avatar.moderate": _("Removed … : %(reason)s")}`.
    """
    _attention.update((each.slug, each) for each in attention)
    _figures.update((each.slug, each) for each in figures)
    _finders.update((each.slug, each) for each in finders)
    _person_sections.update((each.slug, each) for each in person_sections)
    _picture_sections.update((each.slug, each) for each in picture_sections)
    _person_actions.update((each.slug, each) for each in person_actions)
    _picture_actions.update((each.slug, each) for each in picture_actions)
    _audit_words.update(audit_words or {})


def get_attention_sources() -> list[AttentionSource]:
    return list(_attention.values())


def get_figures() -> list[Figure]:
    return list(_figures.values())


def get_finders() -> list[SearchFinder]:
    return list(_finders.values())


def get_person_sections() -> list[PersonSection]:
    return sorted(_person_sections.values(), key=lambda section: section.position)


def get_picture_sections() -> list[PictureSection]:
    return sorted(_picture_sections.values(), key=lambda section: section.position)


def get_person_actions() -> list[PersonAction]:
    return sorted(_person_actions.values(), key=lambda action: action.position)


def get_picture_actions() -> list[PictureAction]:
    return sorted(_picture_actions.values(), key=lambda action: action.position)


def get_audit_words() -> Mapping[str, AuditWords]:
    return _audit_words
