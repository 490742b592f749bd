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
from profiles.models import Notice

log = logging.getLogger(__name__)
# A picture that is back within this time needs no mail.
PATIENCE = timedelta(seconds=60)
# No mail is sent about an older loss.
GIVEN_UP = timedelta(hours=24)
AT_ONCE = 100
TEMPLATE = "account/email/picture_lost"


@job(every=timedelta(minutes=1))
def send_due(now: datetime) -> int:
    """Send the mails that are due, and return how many. Each is recorded as sent before it is: rather none than two."""
    Notice.objects.filter(mail_due=True, at__lt=now - GIVEN_UP).update(mail_due=False)
    due = Notice.objects.filter(mail_due=True, at__lte=now - PATIENCE).select_related("profile__user", "avatar")
    return sum(_take(notice, now) and _send(notice) for notice in due.order_by("at")[:AT_ONCE])


def _take(notice: Notice, now: datetime) -> bool:
    return Notice.objects.filter(pk=notice.pk, mail_due=True).update(mail_due=False, mailed_at=now) == 1


def _send(notice: Notice) -> bool:
    user = notice.profile.user
    known = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary").first()
    if known is None or not user.is_active:
        return False
    facts = {
        "user": user,
        "notice": notice,
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
        Notice.objects.filter(pk=notice.pk).update(mail_due=True, mailed_at=None)
        return False
    return True
