"""What allauth asks a site: how people prove themselves, what they may remove, and how they are told of changes."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.urls import reverse

from users import login_methods, proof

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """With a wallet, and that first for who signed in by one; not for staff who have another way (see proving)."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if login_methods.has_wallet(user) and not (user.is_staff and methods):
            by_wallet = {"id": "wallet", "description": "Sign with a wallet", "url": reverse(proof.ASK_WALLET)}
            began = login_methods.began_by_wallet(self.request)
            methods.insert(0 if began else len(methods), by_wallet)
        return methods

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """allauth would let those pass unasked whose only way to prove themselves is one it knows nothing of."""
        if proof.was_proved_lately(self.request):
            return False
        raise ReauthenticationRequired

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """What it tells of is done by now: a mail server that is down must not make it look as if it was not."""
        try:
            super().send_notification_mail(*args, **kwargs)
        except OSError as error:  # as all of smtplib's are
            log.warning("A notification could not be sent: %s.", type(error).__name__)


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages = DefaultMFAAdapter.error_messages | {"cannot_delete_authenticator": login_methods.LAST_PASSKEY}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not login_methods.is_last_login(authenticator)
