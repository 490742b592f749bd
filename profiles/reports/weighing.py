"""How much a report weighs. The inbox is sorted by the sum, so that mass and false reports don't crowd out others."""

from __future__ import annotations

from profiles.models import Profile, Report, ReportCase, Verdict

GUEST, PERSON, MOSTLY_REFUSED = 1, 2, 0
#: Reports by which a person is judged, newest first, and the fewest that say anything.
LATEST, FEWEST = 20, 3
#: More reports than make up this weight move a case no further up.
MOST = 20


def weigh(reporter: Profile | None) -> int:
    """Return the weight of a report of this person, None being a guest. One query by an index."""
    if reporter is None:
        return GUEST
    decided = [ReportCase.State.DECIDED, ReportCase.State.APPEALED, ReportCase.State.FINAL]
    latest = Report.objects.filter(reporter=reporter, case__state__in=decided).order_by("-at")
    outcomes = list(latest.values_list("case__verdict", "case__is_upheld")[:LATEST])
    refused = sum(verdict == Verdict.KEEP or is_upheld is False for verdict, is_upheld in outcomes)
    if len(outcomes) >= FEWEST and 2 * refused > len(outcomes):
        return MOSTLY_REFUSED
    return PERSON
