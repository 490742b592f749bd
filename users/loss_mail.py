"""Mails about lost pictures: to people with a confirmed address who did not turn them off, once for each loss."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from profiles.jobs import job
from profiles.leases import lease_rows
from profiles.models import Notice
from profiles.sources import describe_mark

log = logging.getLogger(__name__)
# A picture that is back within this time needs no mail.
PATIENCE = timedelta(seconds=60)
# No mail is sent about an older loss.
GIVEN_UP = timedelta(hours=24)
AT_ONCE = 100
TEMPLATE = "account/email/picture_lost"


@job(every=timedelta(minutes=1))
def send_due(now: datetime) -> int:
    """Send the mails that are due, and return how many. Each is recorded as sent before it is: better none than two."""
    Notice.objects.filter(due_at__isnull=False, at__lt=now - GIVEN_UP, attempt=None).update(due_at=None)
    due = Notice.objects.filter(at__lte=now - PATIENCE).select_related("profile__user", "avatar").order_by("at")
    leased = sent = 0
    while leased < AT_ONCE and (notices := lease_rows(due, now, 1)):
        for notice in notices:
            with notice.attempting(now):
                sent += notice.keep(mailed_at=now) and _send(notice, now)
        leased += 1
    return sent


def _send(notice: Notice, now: datetime) -> bool:
    user = notice.profile.user
    known = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary").first()
    if known is None or notice.profile.is_hidden:
        notice.release()
        return False
    facts = {
        "user": user,
        "notice": notice,
        "mark_text": describe_mark(notice.avatar),
        "site_name": settings.SITE_NAME,
        "site_origin": settings.SITE_ORIGIN,
        "pictures_url": settings.SITE_ORIGIN + reverse("profiles:picture"),
        "wishes_url": settings.SITE_ORIGIN + reverse("profiles:loss"),
    }
    subject, body = (render_to_string(f"{TEMPLATE}_{part}.txt", facts) for part in ("subject", "message"))
    try:
        send_mail(subject.strip(), body, None, [known.email])
    except OSError as error:  # as all of smtplib's are
        log.warning("A mail about a lost picture could not be sent: %s.", type(error).__name__)
        notice.retry(type(error).__name__, now, mailed_at=None)
        return False
    notice.release()
    return True
