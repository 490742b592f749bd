"""Answer guests who reported something and left an address."""

from __future__ import annotations

from profiles.errors import ExpectedError, Kind
from users.mail_refusals import refusal_of
from users.mails import Mail, build_message

NOT_SENT = Kind("mail-not-sent", "The mail could not be sent", 503, permanent=False)


def send_answer(sender: object, address: str, language: str, about: str, sentence: str, **_: object) -> None:
    """Receive `profiles.signals.guest_answered`. Raise ExpectedError where another try may succeed."""
    facts = {"about": about, "sentence": sentence}
    try:
        build_message(Mail("users/mail/report_answered", address, facts, language=language)).send()
    except OSError as error:  # as all of smtplib's are
        if not refusal_of(error):
            raise ExpectedError(f"The mail could not be sent: {type(error).__name__}.", NOT_SENT) from error
