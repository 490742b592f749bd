"""Links by which people prove that they read the mail of an address.

Of the accounts that name one address, the first to open its link has it. Until then one of them, the first to name it,
is remembered with it, so that a forgotten password can be replaced through the mailbox. No page or sign-in of anybody
depends on that: it would show whether somebody else has the address.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress, EmailConfirmationMixin
from django.contrib import messages
from django.contrib.auth.models import User
from django.core import signing
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from users.allauth_internals import consume_email_verification_rate_limit

log = logging.getLogger(__name__)
SALT = "users.email_links"
#: The session's key for the address whose link was sent last.
WAITING = "email_waiting"
NOT_SENT = _("We can’t send mail at the moment, so %(email)s is not confirmed yet. Add it again later.")


class EmailLink(EmailConfirmationMixin):  # type: ignore[misc]  # allauth has no types
    """The link of one person and one address. Nothing of it is stored; its key holds both, signed."""

    def __init__(self, email_address: EmailAddress) -> None:
        self.email_address = email_address

    @property
    def key(self) -> str:
        return signing.dumps([str(self.email_address.user_id), self.email_address.email], salt=SALT)

    @classmethod
    def of(cls, user: User, email: str) -> EmailLink:
        """Return the link of an address, stored with this person or not."""
        row = EmailAddress.objects.filter(user=user, email=email).first() or EmailAddress(email=email)
        row.user = user
        return cls(row)

    @classmethod
    def from_key(cls, key: str) -> EmailLink | None:
        """Return the link of a key; None if it is wrong or too old, or the address is confirmed already."""
        age = timedelta(days=app_settings.EMAIL_CONFIRMATION_EXPIRE_DAYS)
        try:
            user_id, email = signing.loads(key, salt=SALT, max_age=age)
        except signing.BadSignature:
            return None
        user = User.objects.filter(pk=user_id, is_active=True).first()
        link = user and cls.of(user, email)
        return link if link and not link.email_address.verified else None


def shown_addresses(user: User) -> QuerySet[EmailAddress]:
    """Return the addresses of which pages may tell this person: confirmed ones, and what an operator entered."""
    shown: QuerySet[EmailAddress] = EmailAddress.objects.filter(Q(verified=True) | Q(email=user.email), user=user)
    return shown.order_by("email")


def lock_address(email: str) -> None:
    """Let nobody else store or confirm this address until the transaction ends."""
    if connection.vendor == "postgresql":  # SQLite has one writer at a time
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{SALT}:{email}"])


def send_link(request: HttpRequest, user: User, email: str) -> None:
    """Remember who named `email`, and mail the link to it, or if somebody has confirmed it, tell them.

    What this browser is told is the same, and so are the statements. A mail to an address goes out every three minutes
    at most.
    """
    is_taken = EmailAddress.objects.is_verified(email)
    _remember(user, email)
    link = EmailLink.of(user, email)
    try:
        if consume_email_verification_rate_limit(request, email):
            _send(request, link, is_taken=is_taken)
    except OSError as error:  # as all of smtplib's are
        log.warning("A link to confirm an address could not be sent: %s.", type(error).__name__)
        messages.warning(request, NOT_SENT % {"email": email})
        return
    request.session[WAITING] = email
    facts = {"email": email, "login": False, "signup": True}
    get_adapter().add_message(request, messages.INFO, "account/messages/email_confirmation_sent.txt", facts)


def _remember(user: User, email: str) -> None:
    """Store the address without confirmation, unless any account is stored with it."""
    with transaction.atomic():
        lock_address(email)
        if EmailAddress.objects.filter(email=email).exists():
            EmailAddress.objects.filter(pk=0).update(verified=False)  # changes nothing, and takes as long
        else:
            EmailAddress.objects.bulk_create([EmailAddress(user=user, email=email)])  # without signals' statements


def _send(request: HttpRequest, link: EmailLink, *, is_taken: bool) -> None:
    adapter = get_adapter()
    if is_taken:
        adapter.send_account_already_exists_mail(link.email_address.email)
    else:
        adapter.send_confirmation_mail(request, link, signup=False)
