"""Why a report, a decision or an appeal is refused."""

from __future__ import annotations

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext_noop


class ReportError(ExpectedError):
    """This can't be reported, decided or appealed, or not by this person."""

    kind = Kind("report-refused", gettext_noop("The report can't be taken"), 409)
