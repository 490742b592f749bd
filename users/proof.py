"""Proving again that it is still the same person, before what could lock them out or let others in.

Signing in counts for ACCOUNT_REAUTHENTICATION_TIMEOUT seconds, as does every proof after it: by password, passkey,
code, or a wallet, which allauth knows nothing of.
"""

from __future__ import annotations

import time

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from profiles.settings import is_own_url
from users.allauth_internals import STATE_SESSION_KEY, record_authentication, suspend_request
from users.login_methods import began_by_wallet

SIGNED_IN_AT = "signed_in_at"
ASK_WALLET = "account_reauthenticate_wallet"
#: The wallet among allauth's ways to prove oneself, here and in ACCOUNT_REAUTHENTICATION_METHODS.
WALLET = "wallet"
#: What a page is for, by the name of its address, in words that follow "before you".
STEPS = {
    "wallets": _("link a wallet"),
    "wallet_move": _("move a wallet"),
    "wallet_unlink": _("unlink a wallet"),
    "api_tokens": _("make a token for programs"),
    "webhooks": _("add a webhook"),
    "webhook_address": _("change the address of a webhook"),
    "webhook_rotate": _("change the secret of a webhook"),
    "data_export": _("make a file of your data"),
    "data_download": _("download your data"),
    "data_delete": _("delete your account"),
    "account_email": _("change your e-mail address"),
    "account_set_password": _("set a password"),
    "account_change_password": _("change your password"),
    "mfa_add_webauthn": _("add a passkey"),
    "mfa_edit_webauthn": _("rename a passkey"),
    "mfa_remove_webauthn": _("remove a passkey"),
    "mfa_activate_totp": _("set up an authenticator app"),
    "mfa_deactivate_totp": _("switch off the authenticator app"),
    "mfa_view_recovery_codes": _("see your recovery codes"),
    "mfa_download_recovery_codes": _("see your recovery codes"),
    "mfa_generate_recovery_codes": _("make recovery codes"),
}


class Reauthentication:
    """AVATAR_REAUTHENTICATION: see profiles.people.proof."""

    def proof_url(self, request: HttpRequest) -> str:
        """Return where to prove one's identity before `request` goes on, "" if that was done lately.

        A posted form waits in the session, and is sent after the proof.
        """
        if was_proved_lately(request):
            return ""
        first = get_adapter().get_reauthentication_methods(request.user)[0]["url"]
        if request.content_type == "application/json":
            return str(first)
        return str(suspend_request(request, first).url)

    def describe_step(self, next_url: str) -> str:
        return step_of(next_url)

    def record_proof(self, request: HttpRequest, user: User, method: str, next_url: str) -> str:
        record_authentication(request, user, method=method, reauthenticated=True)
        target = next_url if is_own_url(next_url) else resolve_url("account_email")
        return f"{reverse(ASK_WALLET)}?{urlencode({'next': target})}" if has_form(request) else target


def was_proved_lately(request: HttpRequest) -> bool:
    """Also true for guests, who prove themselves by signing in, and for who has nothing to prove themselves with."""
    if not request.user.is_authenticated:
        return True
    if time.time() - _newest_proof(request) < app_settings.REAUTHENTICATION_TIMEOUT:
        return True
    return not get_adapter().get_reauthentication_methods(request.user)  # last: it takes queries


def _newest_proof(request: HttpRequest) -> float:
    """Return when the newest proof was given, as a Unix time; 0 for never.

    A wallet is no proof for staff who have another way: with it alone, somebody could add a passkey, and by that enter
    the admin, which wallets do not open.
    """
    records = get_authentication_records(request, request.user)
    signed_in_at = float(request.session.get(SIGNED_IN_AT, 0))
    if request.user.is_staff and _has_other_way(request.user):
        records = [record for record in records if record.get("method") != "wallet"]
        signed_in_at = 0 if began_by_wallet(request) else signed_in_at
    return max([signed_in_at, *(float(record["at"]) for record in records)])


def _has_other_way(user: User) -> bool:
    return any(method["id"] != WALLET for method in get_adapter().get_reauthentication_methods(user))


def record_sign_in_time(sender: object, request: HttpRequest, **_: object) -> None:
    """Receive Django's `user_logged_in`: signing in or up counts as a proof."""
    request.session[SIGNED_IN_AT] = time.time()


def step_of(url: str) -> str:
    """Return what the page at this address of ours is for, "" if that is not known."""
    try:
        return str(STEPS.get(str(resolve(url.partition("?")[0]).url_name), ""))
    except Resolver404:
        return ""


def has_form(request: HttpRequest) -> bool:
    """Tell whether a posted form waits to be sent."""
    return "request" in (request.session.get(STATE_SESSION_KEY) or {})
