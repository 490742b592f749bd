"""Why a report, a decision or an appeal is refused."""

from __future__ import annotations

from profiles.errors import ExpectedError, Kind


class ReportError(ExpectedError):
    """This can't be reported, decided or appealed, or not by this person."""

    kind = Kind("report-refused", "The report can't be taken", 409)
