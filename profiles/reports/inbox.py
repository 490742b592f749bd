"""What waits in the inbox: the next case, how many and since when, and open cases with a similar picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count, Min, Q, QuerySet

from profiles.images.likeness import look_alike
from profiles.models import Reason, Report, ReportCase
from profiles.reports.cases import WAITING, State

if TYPE_CHECKING:  # the stubs know one user model; at run time it may be any
    from django.contrib.auth.models import User

#: Counts end here.
BOUND = 1_000
#: Open cases that are compared with one, and the similar ones that are shown with it.
COMPARED, SIMILAR = 500, 12


@dataclass(frozen=True)
class Backlog:
    """How many cases and appeals wait, at most BOUND each, and when the oldest began to."""

    open: int
    appealed: int
    oldest_at: datetime | None


def read_backlog() -> Backlog:
    """Return what waits. Two queries, which read BOUND entries of an index each."""
    (open_count, first), (appealed, first_appealed) = _oldest(State.OPEN), _oldest(State.APPEALED)
    return Backlog(open_count, appealed, min(filter(None, (first, first_appealed)), default=None))


def in_order(cases: QuerySet[ReportCase]) -> QuerySet[ReportCase]:
    """Return cases in the order of the inbox: the heaviest first, then the oldest."""
    return cases.order_by("-rank", "opened_at", "id")


def find_next(staff: User) -> ReportCase | None:
    """Return the case that this member of staff should decide next: their own ones, appeals, then the rest."""
    free = Q(assignee=None) | Q(assignee=staff.pk)
    mine = ReportCase.objects.filter(free).exclude(profile__user_id=staff.pk)
    mine = mine.exclude(reports__reporter__user_id=staff.pk)
    for cases in (
        mine.filter(state__in=WAITING, assignee=staff.pk).exclude(state=State.APPEALED, decided_by=staff.pk),
        mine.filter(state=State.APPEALED).exclude(decided_by=staff.pk),
        mine.filter(state=State.OPEN),
    ):
        if (found := in_order(cases).first()) is not None:
            return found
    return None


def find_similar(case: ReportCase) -> list[ReportCase]:
    """Return open cases with the same picture or one that looks alike, the same first. Two queries at most."""
    if case.image is None:
        return []
    others = in_order(ReportCase.objects.filter(state=State.OPEN).exclude(pk=case.pk).exclude(image=None))
    shown = others.select_related("profile", "image").exclude(subject=ReportCase.Subject.PROFILE)
    found = [other for other in shown[:COMPARED] if _is_similar(case, other)]
    return sorted(found, key=lambda other: other.sha256 != case.sha256)[:SIMILAR]


def count_reasons(reports: list[Report]) -> list[tuple[str, int]]:
    """Return the reasons that were given, the most frequent first."""
    return [
        (str(Reason(reason).label), count) for reason, count in Counter(each.reason for each in reports).most_common()
    ]


def main_reason(reports: list[Report]) -> str:
    """Return the reason that most reporters gave."""
    found = Counter(each.reason for each in reports).most_common(1)
    return found[0][0] if found else str(Reason.OTHER)


def reasons_of(cases: list[ReportCase]) -> Mapping[object, str]:
    """Return the reasons given for each case, in one query for a page of them."""
    given: dict[object, Counter[str]] = {}
    for case_id, reason in Report.objects.filter(case__in=cases).values_list("case_id", "reason"):
        given.setdefault(case_id, Counter())[str(Reason(reason).label)] += 1
    return {case_id: ", ".join(label for label, _ in counted.most_common()) for case_id, counted in given.items()}


def _is_similar(one: ReportCase, other: ReportCase) -> bool:
    if one.sha256 == other.sha256:
        return True
    if one.image is None or other.image is None:
        return False
    ours, theirs = one.image.difference_hash, other.image.difference_hash
    return ours is not None and theirs is not None and look_alike(ours, theirs)


def _oldest(state: str) -> tuple[int, datetime | None]:
    """Return how many cases are in this state, at most BOUND, and when the oldest was opened."""
    oldest = ReportCase.objects.filter(state=state).order_by("opened_at").values("opened_at")[:BOUND]
    found = oldest.aggregate(count=Count("opened_at"), at=Min("opened_at"))
    return found["count"], found["at"]
