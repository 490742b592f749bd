"""Check the mail server: connect, STARTTLS and log in, and send one mail if asked to."""

from __future__ import annotations

from collections.abc import Iterator
from smtplib import SMTPAuthenticationError, SMTPException, SMTPNotSupportedError

from django.conf import settings
from django.core.mail import get_connection

from avatarsite.ops.deployment.findings import Finding, ok, unknown, wrong
from users.mails import Mail, build_message

PART = "mail"


def check_mail(to: str = "") -> Iterator[Finding]:
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        sentence = f"{settings.EMAIL_BACKEND} is not SMTP: whether it sends can't be seen from here."
        yield unknown(PART, sentence, "avatarsite check_deploy --mail-to YOU@EXAMPLE")
        if not to:
            return
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        with get_connection() as server:
            yield ok(PART, f"{where} answers{', and accepts the login' if settings.EMAIL_HOST_USER else ''}.")
            if to:
                message = build_message(Mail("users/mail/test", to, {}))
                message.connection = server
                message.send()
                yield ok(PART, f"A mail to {to} was handed over as {settings.DEFAULT_FROM_EMAIL}.")
    except SMTPAuthenticationError:
        yield wrong(PART, f"{where} refuses the login.", "Compare EMAIL_HOST_USER and EMAIL_HOST_PASSWORD")
    except SMTPNotSupportedError:
        mend = "EMAIL_USE_TLS=0 without STARTTLS; most servers have it on port 587"
        yield wrong(PART, f"{where} offers no STARTTLS, or no login.", mend)
    except (SMTPException, OSError) as error:
        reason = f"{type(error).__name__}: {str(error)[:120]}"
        yield wrong(PART, f"No mail can be sent by {where} ({reason}).", "Compare EMAIL_HOST and EMAIL_PORT")
    if not settings.EMAIL_USE_TLS and not settings.EMAIL_USE_SSL and settings.EMAIL_HOST_USER:
        yield wrong(PART, "The mail password is sent without encryption.", "EMAIL_USE_TLS=1")
