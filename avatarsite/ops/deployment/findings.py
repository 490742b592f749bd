"""What a check found, and how checks run: all at once, each in a thread and for a limited time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.db import connections

log = logging.getLogger(__name__)


class Verdict(StrEnum):
    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    """The check could not be made, so nothing is known: never as good as OK."""


@dataclass(frozen=True)
class Finding:
    """One fact about one part of the site. `mend` is the command or setting that mends it."""

    part: str
    verdict: Verdict
    sentence: str
    mend: str = ""


Check = Callable[[], Iterable[Finding]]


def ok(part: str, sentence: str) -> Finding:
    return Finding(part, Verdict.OK, sentence)


def wrong(part: str, sentence: str, mend: str) -> Finding:
    return Finding(part, Verdict.WRONG, sentence, mend)


def unknown(part: str, sentence: str, mend: str = "") -> Finding:
    return Finding(part, Verdict.UNKNOWN, sentence, mend)


@dataclass
class _Run:
    """A check in its own thread. It is a daemon: one that hangs must not keep the command from ending."""

    name: str
    check: Check
    found: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._make, name=f"check {self.name}", daemon=True)
        self.thread.start()

    def _make(self) -> None:
        try:
            for finding in self.check():
                self.found.append(finding)
        except Exception as error:
            log.debug("The check %s failed.", self.name, exc_info=True)
            # Not its text: it may hold a URL with a password.
            self.found.append(unknown(self.name, f"The check itself failed ({type(error).__name__})."))
        finally:
            connections.close_all()  # this thread's own

    def result(self, ends_at: float, seconds: float) -> list[Finding]:
        self.thread.join(max(0.0, ends_at - time.monotonic()))
        found = list(self.found)
        if self.thread.is_alive():
            found.append(unknown(self.name, f"No answer within {seconds:.0f} s."))
        return found


def run_checks(checks: Mapping[str, Check], seconds: float) -> list[Finding]:
    """Run all checks at the same time. Return within `seconds`, in the order of `checks`."""
    ends_at = time.monotonic() + seconds
    runs = [_Run(name, check) for name, check in checks.items()]
    return [finding for run in runs for finding in run.result(ends_at, seconds)]
