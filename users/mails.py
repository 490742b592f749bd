"""Every mail of the site: one text, sent as plain text and as HTML, in the language of the person who gets it.

A mail has two templates, `<name>_subject.txt` and `<name>_message.txt`. The message is paragraphs between blank lines.
A paragraph of two lines, "Words:" and a URL, is a link: the first one of a mail is its button. Greeting, signature and
looks are in `users/mail/base.txt` and `users/mail/base.html`. No mail loads anything from anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMultiAlternatives
from django.template import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import check_for_language, get_language, override

from profiles.models import Notice, Profile, is_neutral_handle
from profiles.notices.choices import build_unsubscribe_token
from profiles.notices.words import render_subject, text_template

_LINK = re.compile(r"(?P<words>[^\n]+):\n(?P<url>https?://\S+)")


@dataclass(frozen=True)
class Part:
    """A paragraph of a mail, or with `url` a link."""

    words: str
    url: str = ""


@dataclass(frozen=True)
class Mail:
    """What to send to whom. `reader` is None for somebody who has no account.

    `kind`: of a notice, whose mails can be switched off by the mail itself; empty for all other mails. `language`: of
    somebody who has no account.
    """

    template: str
    to: str
    facts: Mapping[str, object]
    reader: Profile | None = None
    kind: Notice.Kind | None = None
    language: str = ""


def build_message(mail: Mail) -> EmailMultiAlternatives:
    """Build a mail in the language of its reader."""
    with override(language_of(mail.reader, mail.language)):
        unsubscribe_url = _unsubscribe_url(mail)
        parts = parse_parts(_render(f"{mail.template}_message.txt", mail))
        facts = {
            "subject": render_subject(mail.template, mail.facts),
            "parts": parts,
            "button": next((part for part in parts if part.url), None),
            "greeted": greeted_name(mail.reader),
            "language": get_language(),
            "site_name": settings.SITE_NAME,
            "site_origin": settings.SITE_ORIGIN,
            "unsubscribe_url": unsubscribe_url,
            "settings_url": settings.SITE_ORIGIN + reverse("profiles:notice_settings"),
        }
        text = text_template("users/mail/base.txt").render(Context(facts, autoescape=False))
        html = render_to_string("users/mail/base.html", facts)
    message = EmailMultiAlternatives(f"[{settings.SITE_NAME}] {facts['subject']}", text.strip() + "\n", to=[mail.to])
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    if unsubscribe_url:  # RFC 8058: the mail program posts to it by itself
        message.extra_headers["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        message.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.attach_alternative(html, "text/html")
    return message


def parse_parts(text: str) -> list[Part]:
    """Split a message into its paragraphs and links."""
    parts = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        link = _LINK.fullmatch(paragraph.strip())
        parts.append(Part(link["words"], link["url"]) if link else Part(" ".join(paragraph.split())))
    return [part for part in parts if part.words]


def greeted_name(reader: Profile | None) -> str:
    """Return what a person calls themselves: never a name that the site made up for them."""
    if reader is None:
        return ""
    return reader.display_name or ("" if is_neutral_handle(reader.handle) else reader.handle)


def language_of(reader: Profile | None, guest: str = "") -> str:
    """Return what the person chose, or the language that a guest used, else that of the page that caused the mail.

    One that the site has not is the site's own instead.
    """
    chosen = (reader.language if reader else guest) or get_language() or ""
    return chosen if chosen in dict(settings.LANGUAGES) and check_for_language(chosen) else settings.LANGUAGE_CODE


def find_reader(user: User | None, address: str) -> Profile | None:
    """Return the profile of `user`, or else of whoever has confirmed `address`.

    One statement either way, so that the time of an answer does not tell whether an address is known.
    """
    profiles = Profile.objects.select_related("user")
    if user is not None and user.pk is not None:
        return profiles.filter(user_id=user.pk).first()
    return profiles.filter(user__emailaddress__email=address, user__emailaddress__verified=True).first()


def _unsubscribe_url(mail: Mail) -> str:
    if mail.kind is None or mail.reader is None:
        return ""
    token = build_unsubscribe_token(mail.reader, mail.kind)
    return settings.SITE_ORIGIN + reverse("profiles:unsubscribe", args=[token])


def _render(name: str, mail: Mail) -> str:
    has_password = mail.reader is not None and mail.reader.user.has_usable_password()
    facts = {
        **mail.facts,
        "has_password": has_password,
        "site_name": settings.SITE_NAME,
        "site_origin": settings.SITE_ORIGIN,
    }
    return str(text_template(name).render(Context(facts, autoescape=False)))
