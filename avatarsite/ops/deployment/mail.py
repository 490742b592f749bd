"""Check the mail server: connect, STARTTLS and log in, and send one mail if asked to."""

from __future__ import annotations

from collections.abc import Iterator
from smtplib import SMTPAuthenticationError, SMTPException, SMTPNotSupportedError

import django
from django.conf import settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend

from avatarsite.ops.deployment.findings import Finding, ok, unknown, wrong
from users.mails import Mail, build_message

PART = "mail"


def check_mail(to: str = "") -> Iterator[Finding]:
    mailer = make_mailer()
    where, has_login = f"{type(mailer).__module__}.{type(mailer).__qualname__}", False
    if isinstance(mailer, SmtpBackend):
        where, has_login = f"{mailer.host}:{mailer.port}", bool(mailer.username)
    else:
        sentence = f"{where} is not SMTP: whether it sends can't be seen from here."
        yield unknown(PART, sentence, "avatarsite check_deploy --mail-to YOU@EXAMPLE")
        if not to:
            return
    try:
        with mailer:
            yield ok(PART, f"{where} answers{', and accepts the login' if has_login else ''}.")
            if to:
                mailer.send_messages([build_message(Mail("users/mail/test", to, {}))])
                yield ok(PART, f"A mail to {to} was handed over as {settings.DEFAULT_FROM_EMAIL}.")
    except SMTPAuthenticationError:
        yield wrong(PART, f"{where} refuses the login.", "Compare EMAIL_HOST_USER and EMAIL_HOST_PASSWORD")
    except SMTPNotSupportedError:
        mend = "EMAIL_USE_TLS=0 without STARTTLS; most servers have it on port 587"
        yield wrong(PART, f"{where} offers no STARTTLS, or no login.", mend)
    except (SMTPException, OSError) as error:
        reason = f"{type(error).__name__}: {str(error)[:120]}"
        yield wrong(PART, f"No mail can be sent by {where} ({reason}).", "Compare EMAIL_HOST and EMAIL_PORT")
    if isinstance(mailer, SmtpBackend) and has_login and not mailer.use_tls and not mailer.use_ssl:
        yield wrong(PART, "The mail password is sent without encryption.", "EMAIL_USE_TLS=1")


def make_mailer() -> BaseEmailBackend:
    """Return what sends the site's mails. It connects when it is entered."""
    return mail.mailers.default if django.VERSION >= (6, 1) else mail.get_connection()
