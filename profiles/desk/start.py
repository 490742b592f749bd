"""The start page: what needs a person, the health of each part of the site, and today's figures."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from profiles.desk.counts import words_of_count
from profiles.desk.parts import Severity, Waiting, Words, get_attention_sources, get_figures
from profiles.outages import CACHE_ERRORS

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)
#: Seconds for which all members of staff are shown what was read once. The page says from when it is.
KEPT_SECONDS = 5
Read = TypeVar("Read")


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
    """`at`: when this was read."""

    at: datetime
    lines: list[Line]
    parts: list[Part]
    figures: list[TodaysFigure]


@dataclass(frozen=True)
class _Facts:
    """What each source and each figure said, by slug. None: it failed."""

    at: datetime
    waiting: dict[str, list[Waiting] | None]
    counts: dict[str, int | None]


def build_start(staff: User) -> Start:
    """Build the page for this member of staff. A source that fails is a line itself: nothing is taken for well."""
    facts = _get_facts()
    lines: list[Line] = []
    parts: dict[str, Part] = {}
    for source in get_attention_sources():
        if source.permission and not staff.has_perm(source.permission):
            continue
        part = parts.setdefault(str(source.part), Part(str(source.part)))
        waiting = facts.waiting.get(source.slug)
        for each in [_unknown(source.part)] if waiting is None else waiting:
            lines.append(Line(each, "" if each.count is None else words_of_count(each.count), part.name))
            if each.severity > part.worst:
                part.worst, part.url = each.severity, each.url
    lines.sort(key=lambda line: -line.waiting.severity)
    return Start(facts.at, lines, list(parts.values()), _build_figures(staff, facts))


def _build_figures(staff: User, facts: _Facts) -> list[TodaysFigure]:
    return [
        TodaysFigure(figure.label, words_of_count(count), figure.url())
        for figure in get_figures()
        if (count := facts.counts.get(figure.slug)) is not None
        and (not figure.permission or staff.has_perm(figure.permission))
    ]


def _unknown(part: Words) -> Waiting:
    sentence = _("This could not be read. The log says why.")
    return Waiting(part, None, "", Severity.ALARM, sentence)


def _get_facts() -> _Facts:
    """Return what was read in the last seconds, or read it. Without a cache it is read each time."""
    key = _key_of(get_language())
    try:
        found: _Facts | None = cache.get(key)
        if found is None:
            found = _read_facts()
            cache.set(key, found, KEPT_SECONDS)
    except CACHE_ERRORS:
        found = _read_facts()
    return found


def forget_start() -> None:
    """Let the page be read anew: whoever did something wants to see that it is done."""
    try:
        cache.delete_many([_key_of(code) for code, _name in settings.LANGUAGES])
    except CACHE_ERRORS:
        log.warning("What the desk keeps could not be forgotten.", exc_info=True)


def _key_of(language: str | None) -> str:
    return f"desk:start:{language}"


def _read_facts() -> _Facts:
    return _Facts(
        timezone.now(),
        {source.slug: _try(source.slug, partial(_find, source.find)) for source in get_attention_sources()},
        {figure.slug: _try(figure.slug, figure.count) for figure in get_figures()},
    )


def _find(find: Callable[[], Iterable[Waiting]]) -> list[Waiting]:
    return [each for each in find() if each.count != 0]


def _try(slug: str, read: Callable[[], Read]) -> Read | None:
    try:
        return read()
    except Exception:
        log.exception("What the desk shows of %s could not be read.", slug)
        return None
