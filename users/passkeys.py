"""Removing a passkey, unless it is the last way to sign in."""

from __future__ import annotations

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db import transaction
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect

from users.login_methods import LAST_PASSKEY


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]  # allauth has no types
    """allauth's page removes a passkey without asking whether it may be removed; this one does."""

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context: dict[str, object] = super().get_context_data(**kwargs)
        return context | {"can_go": self._can_go()}

    def form_valid(self, form: Form) -> HttpResponse:
        with transaction.atomic():
            # The lock of nft.accounts.linking.lock_logins: unlinking a wallet waits for this, and then counts anew.
            get_user_model().objects.select_for_update(no_key=True).get(pk=self.object.user_id)
            if not self._can_go():
                messages.error(self.request, LAST_PASSKEY)
                return redirect("mfa_list_webauthn")
            answer: HttpResponse = super().form_valid(form)
            return answer

    def _can_go(self) -> bool:
        return bool(get_adapter().can_delete_authenticator(self.object))
