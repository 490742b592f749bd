"""Mails about notices: to people with a confirmed address who want them, once for each notice."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.core.mail import EmailMultiAlternatives

from profiles.jobs import job
from profiles.leases import lease_rows
from profiles.models import Notice
from profiles.notices.kinds import RULES
from profiles.notices.words import facts_of, template_of
from users.mail_refusals import refusal_of
from users.mails import Mail, build_message

log = logging.getLogger(__name__)
# No mail is sent about what happened longer ago.
GIVEN_UP = timedelta(hours=24)
AT_ONCE = 100


@job(every=timedelta(minutes=1), once=True)
def send_due(now: datetime) -> int:
    """Send the mails that are due, and return how many. Each is recorded as sent before it is: better none than two."""
    Notice.objects.filter(due_at__isnull=False, at__lt=now - GIVEN_UP, attempt=None).update(due_at=None)
    due = Notice.objects.select_related("profile__user", "avatar").order_by("at")
    leased = sent = 0
    while leased < AT_ONCE and (notices := lease_rows(due, now, 1)):
        for notice in notices:
            with notice.attempting(now):
                sent += notice.keep(mailed_at=now) and _send(notice, now)
        leased += 1
    return sent


def _send(notice: Notice, now: datetime) -> bool:
    to = "" if _is_left_alone(notice) else notice.mail_to or _address_of(notice)
    if not to:
        notice.release(mailed_at=None)
        return False
    try:
        _build(notice, to).send()
    except OSError as error:  # as all of smtplib's are
        refusal = refusal_of(error)
        log.warning("A mail about a notice could not be sent: %s.", type(error).__name__)
        if refusal:
            notice.release(mailed_at=None, mail_refusal=refusal)
        else:
            notice.retry(type(error).__name__, now, mailed_at=None)
        return False
    notice.release()
    return True


def _is_left_alone(notice: Notice) -> bool:
    """People who are hidden get no mail; those who only wait for their deletion still learn what is about safety.

    A decision about a person is told to whom it locks out, too: the mail leads to their appeal.
    """
    if notice.kind == Notice.Kind.DECISION:
        return False
    is_required = RULES[Notice.Kind(notice.kind)].is_required
    return not notice.profile.user.is_active if is_required else notice.profile.is_hidden


def _address_of(notice: Notice) -> str:
    """Return the confirmed address. What is about safety goes to one that an operator entered, too."""
    user = notice.profile.user
    known = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary").first()
    if known is None and RULES[Notice.Kind(notice.kind)].is_required:
        return str(EmailAddress.objects.get_primary_email(user) or "")
    return known.email if known else ""


def _build(notice: Notice, to: str) -> EmailMultiAlternatives:
    kind = Notice.Kind(notice.kind)
    reader = notice.profile
    may_switch_off = None if RULES[kind].is_required else kind
    return build_message(Mail(template_of(notice), to, facts_of(notice), reader, may_switch_off))
