"""allauth's adapters: how people prove their identity, what they may remove, and how they are notified of changes."""

from __future__ import annotations

from collections.abc import Mapping

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from profiles.limits import address_of_request, networks_of_request
from profiles.settings import is_own_url
from users import login_methods, proof
from users.email_links import lock_address
from users.error_words import ACCOUNT_ERRORS, MFA_ERRORS
from users.mails import Mail, build_message, find_reader
from users.security_notices import record_change


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages = DefaultAccountAdapter.error_messages | ACCOUNT_ERRORS

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm an address, which nobody else is remembered with from then on.

        Of two people who confirm one address at once, the second is told that it is taken.
        """
        same = EmailAddress.objects.filter(email=email_address.email)
        with transaction.atomic():
            lock_address(email_address.email)
            if same.filter(user=email_address.user, verified=True).exists():
                return True  # by an earlier click
            is_confirmed = bool(super().confirm_email(request, email_address))
            if is_confirmed:
                same.filter(verified=False).delete()
        return is_confirmed

    def is_safe_url(self, url: str) -> bool:
        """Tell whether to go on to `url`: only on this site, whatever the Host header says."""
        return is_own_url(url)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that limits count and that sessions show. Raise PermissionDenied if it is not known."""
        address = address_of_request(request)
        if address is None:
            raise PermissionDenied("Nobody reported the address of this request.")
        return str(address)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, object]]:
        """Add the wallet: first if the session began by one, and not for staff who have another way (users.proof)."""
        methods: list[dict[str, object]] = super().get_reauthentication_methods(user)
        if login_methods.has_wallet(user) and not (user.is_staff and methods):
            by_wallet: dict[str, object] = {
                "id": proof.WALLET,
                "description": _("Sign with a wallet"),
                "url": reverse(proof.ASK_WALLET),
            }
            began = login_methods.began_by_wallet(self.request)
            methods.insert(0 if began else len(methods), by_wallet)
        return methods

    def is_reauthentication_required(self, *, app: str, **kwargs: object) -> bool:
        """Raise ReauthenticationRequired unless a proof is recent.

        allauth would not ask people whose only way is one that it knows nothing of.
        """
        if proof.was_proved_lately(self.request):
            return False
        raise ReauthenticationRequired

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: object) -> str:
        """Count wrong passwords of an account by the visitor's widest network too.

        allauth counts them by account alone: five posts from anywhere would shut its person out for five minutes.
        """
        key: str = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{networks_of_request(request)[-1]}"

    def render_mail(
        self, template_prefix: str, email: str, context: Mapping[str, object], headers: object = None
    ) -> EmailMultiAlternatives:
        """Build allauth's mails as all mails of the site."""
        user = context.get("user")
        reader = find_reader(user if isinstance(user, User) else None, email)
        return build_message(Mail(template_prefix, email, context, reader))

    def send_notification_mail(
        self, template_prefix: str, user: User, context: Mapping[str, str] | None = None, email: str | None = None
    ) -> None:
        """Notify of a change on the site, and by a mail that `users.notice_mails` sends."""
        record_change(user, template_prefix, context or {}, mail_to=email or "")


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages = (
        DefaultMFAAdapter.error_messages | MFA_ERRORS | {"cannot_delete_authenticator": login_methods.LAST_PASSKEY}
    )

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not login_methods.is_last_login(authenticator)
