"""What holds for each kind of notice, what is said of it, and which kinds this site sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from profiles.models import Notice, Profile
from profiles.page_parts import Action
from profiles.sentences import gettext_noop
from profiles.sources import can_post

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


@dataclass(frozen=True)
class KindWords:
    """What the app that records notices of a kind says of them. `label` and `hint` are marked by `gettext_noop`.

    templates: the folder of `<kind>_subject.txt`, the headline, and `<kind>_message.txt`, the mail.
    text: returns what stands below the headline; without it, the notice's own sentence.
    answers: returns what their person can do, by the key of the notice. It is given all notices of a page, and may ask
    one query.
    """

    label: str
    hint: str = ""
    templates: str = "profiles/mail"
    text: Callable[[Notice], str] | None = None
    answers: Callable[[Sequence[Notice], Profile], Mapping[UUID, Action]] | None = None


_words = {
    Kind.LOST: KindWords(gettext_noop("You lose the right to a picture you show")),
    Kind.RETURNED: KindWords(gettext_noop("The right to a picture you showed comes back")),
    Kind.REMOVED: KindWords(gettext_noop("Our team removes a picture of yours")),
    Kind.HELD: KindWords(gettext_noop("A picture of yours is held until our team has looked at it")),
    Kind.REPORT_DECIDED: KindWords(gettext_noop("A report of yours is decided")),
    Kind.DECISION: KindWords(gettext_noop("Our team decides about your page or account")),
    Kind.EXPORT_READY: KindWords(gettext_noop("The file with your data is ready")),
    Kind.WEBHOOK_STOPPED: KindWords(gettext_noop("A webhook of yours is stopped, as it fails")),
}
_sent = {Kind.REMOVED, Kind.HELD, Kind.REPORT_DECIDED, Kind.DECISION, Kind.EXPORT_READY}


def register_kinds(kinds: Mapping[Notice.Kind, KindWords]) -> None:
    """Let people choose how they get notices of these kinds. The app that records them calls this when it is ready."""
    _words.update(kinds)
    _sent.update(kinds)


def get_kinds() -> list[Notice.Kind]:
    """Return the kinds that this site sends, in the order of their declaration."""
    sent = _sent | {Kind.WEBHOOK_STOPPED} if can_post() else _sent
    return [kind for kind in Kind if kind in sent]


def words_of(kind: str) -> KindWords | None:
    """Return what is said of notices of a kind; None if the app that recorded them is not installed any more."""
    return _words.get(Kind(kind))
