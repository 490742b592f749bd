"""Tell a mail that the server refuses for good from one that may be sent later."""

from __future__ import annotations

import smtplib

#: Answers of a mail server from here on are final (RFC 5321, 4.2.1).
FINAL = 500


def refusal_of(error: OSError) -> str:
    """Return what the mail server said if it refuses this mail for good, else ""."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            answers = [(code, said.decode("utf-8", "replace")) for code, said in error.recipients.values()]
        case smtplib.SMTPDataError():
            said = error.smtp_error
            answers = [(error.smtp_code, said if isinstance(said, str) else said.decode("utf-8", "replace"))]
        case _:
            return ""
    final = [(code, said) for code, said in answers if code >= FINAL]
    return "; ".join(f"{code} {said}" for code, said in final)[:300]
