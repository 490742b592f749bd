"""Run an action of the desk, and build the parts of a page for whoever may see them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from profiles.desk.parts import Action, Section, Subject, Words
from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop
from profiles.text import one_line

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)
MAX_REASON = 300


class NoReason(ExpectedError):
    kind = Kind("no-reason", gettext_noop("No reason given"))

    def __init__(self) -> None:
        super().__init__(_("Write why: the reason stands in the audit."))


@dataclass(frozen=True)
class BuiltSection:
    """A section and what its template needs; `facts` is None where building it failed."""

    slug: str
    title: Words
    template: str
    facts: Mapping[str, object] | None


def build_sections(sections: Iterable[Section[Subject]], subject: Subject, staff: User) -> list[BuiltSection]:
    """Build what this member of staff may see. A section that fails is logged, and the others stand."""
    built = []
    for section in sections:
        if section.permission and not staff.has_perm(section.permission):
            continue
        facts: Mapping[str, object] | None
        try:
            facts = section.build(subject, staff)
        except Exception:
            log.exception("The section %s of the desk could not be built.", section.slug)
            built.append(BuiltSection(section.slug, section.title, section.template, None))
            continue
        if facts is not None:
            built.append(BuiltSection(section.slug, section.title, section.template, facts))
    return built


def open_actions(actions: Iterable[Action[Subject]], subject: Subject, staff: User) -> list[Action[Subject]]:
    """Return the actions that this member of staff may take on this subject now."""
    return [action for action in actions if staff.has_perm(action.permission) and action.is_open(subject)]


def act(action: Action[Subject], subject: Subject, staff: User, reason: str) -> Words:
    """Do it, and return the sentence that says so. Raise PermissionDenied, NoReason, and what the action raises."""
    if not staff.has_perm(action.permission):
        raise PermissionDenied
    reason = one_line(reason)[:MAX_REASON]
    if not reason:
        raise NoReason
    log.info("Staff %s: %s on %s %s", staff.pk, action.slug, type(subject).__name__, subject.pk)
    return action.run(subject, staff, reason)
