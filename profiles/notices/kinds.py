"""What holds for each kind of notice, and which kinds this site sends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from profiles.models import Notice

Kind = Notice.Kind
# A picture that is back, or an answer that was given, within this time needs no mail.
PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True)
class Rule:
    """What holds for the notices of a kind.

    is_required: nobody can switch it off: it is about the safety of their account, or a decision about their picture.
    is_mailed: whether a mail follows unless the person chose otherwise, `mail_after` the notice.
    asks: it is shown on every page until it is read, as there is something to decide.
    """

    is_required: bool = False
    is_mailed: bool = True
    mail_after: timedelta = PATIENCE
    asks: bool = False


RULES = {
    Kind.RECEIVED: Rule(asks=True),
    Kind.LOST: Rule(asks=True),
    Kind.RETURNED: Rule(is_mailed=False, asks=True),
    Kind.REMOVED: Rule(is_required=True, asks=True),
    Kind.HELD: Rule(is_required=True, asks=True),
    Kind.REPORT_DECIDED: Rule(),
    Kind.DECISION: Rule(is_required=True, mail_after=timedelta(0), asks=True),
    Kind.MADE: Rule(is_mailed=False),
    Kind.NOT_MADE: Rule(),
    Kind.SIGN_IN: Rule(is_required=True, mail_after=timedelta(0)),
    Kind.ACCOUNT: Rule(is_required=True, mail_after=timedelta(0)),
    Kind.EXPORT_READY: Rule(is_required=True, mail_after=timedelta(0)),
    Kind.WEBHOOK_STOPPED: Rule(),
}
REQUIRED = [kind for kind, rule in RULES.items() if rule.is_required]
ASKING = [kind for kind, rule in RULES.items() if rule.asks]
# About the person's present picture: choosing another one answers them.
ABOUT_PICTURE = [Kind.LOST, Kind.RETURNED, Kind.REMOVED, Kind.HELD]

_sent = {Kind.REMOVED, Kind.HELD, Kind.REPORT_DECIDED, Kind.DECISION, Kind.EXPORT_READY}


def register_kinds(*kinds: Notice.Kind) -> None:
    """Let people choose how they get notices of these kinds. The app that records them calls this when it is ready."""
    _sent.update(kinds)


def get_kinds() -> list[Notice.Kind]:
    """Return the kinds that this site sends, in the order of their declaration."""
    return [kind for kind in Kind if kind in _sent]
