"""The start page: what needs a person, the health of each part of the site, and today's figures."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from profiles.desk.counts import words_of_count
from profiles.desk.parts import Severity, Waiting, Words, get_attention_sources, get_figures

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Line:
    """What waits, with its count in words ("1,000+"; "" where there is nothing to count)."""

    waiting: Waiting
    count: str
    part: str

    @property
    def is_alarm(self) -> bool:
        return self.waiting.severity is Severity.ALARM


@dataclass
class Part:
    """A part of the site. `worst` is the severity of the most urgent that waits there, 0 while all is well."""

    name: str
    worst: int = 0
    url: str = ""

    @property
    def state(self) -> str:
        return _("all is well") if not self.worst else _("look") if self.worst < Severity.ALARM else _("in trouble")


@dataclass(frozen=True)
class TodaysFigure:
    label: Words
    count: str
    url: str


@dataclass(frozen=True)
class Start:
    lines: list[Line]
    parts: list[Part]
    figures: list[TodaysFigure]


def build_start(staff: User) -> Start:
    """Build the page for this member of staff. A source that fails is a line itself: nothing is taken for well."""
    lines: list[Line] = []
    parts: dict[str, Part] = {}
    for source in get_attention_sources():
        if source.permission and not staff.has_perm(source.permission):
            continue
        part = parts.setdefault(str(source.part), Part(str(source.part)))
        try:
            waiting = [each for each in source.find() if each.count != 0]
        except Exception:
            log.exception("The source %s of the desk failed.", source.slug)
            waiting = [_unknown(source.part)]
        for each in waiting:
            lines.append(Line(each, "" if each.count is None else words_of_count(each.count), part.name))
            if each.severity > part.worst:
                part.worst, part.url = each.severity, each.url
    lines.sort(key=lambda line: -line.waiting.severity)
    return Start(lines, list(parts.values()), list(_figures(staff)))


def _unknown(part: Words) -> Waiting:
    sentence = _("This could not be read. The log says why.")
    return Waiting(part, None, "", Severity.ALARM, sentence)


def _figures(staff: User) -> list[TodaysFigure]:
    found = []
    for figure in get_figures():
        if figure.permission and not staff.has_perm(figure.permission):
            continue
        try:
            found.append(TodaysFigure(figure.label, words_of_count(figure.count()), figure.url()))
        except Exception:
            log.exception("The figure %s of the desk failed.", figure.slug)
    return found
