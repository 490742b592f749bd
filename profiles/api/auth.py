"""Who calls: `Authorization: Bearer avs_…` (RFC 6750) and nothing else. Cookies and sessions are not looked at."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from profiles import limits, settings
from profiles.limits import network_of
from profiles.models import ApiToken
from profiles.people.api_tokens import Reason, Scope, TokenRefused, find_token, scopes_of
from profiles.problems import Refused

_CHALLENGE = 'Bearer realm="api"'


def identify(request: HttpRequest, now: datetime) -> ApiToken:
    """The live token of the call. Raises Refused: 401, or 429 for a network that keeps guessing."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        sentence = "Send your token as “Authorization: Bearer avs_…”. You make tokens in your settings."
        raise Refused("token-missing", sentence, headers={"WWW-Authenticate": _CHALLENGE}, is_stranger=True)
    try:
        return find_token(secret.strip(), now)
    except TokenRefused as error:
        is_stranger = error.reason == Reason.UNKNOWN
        if is_stranger:
            _count_guess(request)
        challenge = f'{_CHALLENGE}, error="invalid_token", error_description="{error.sentence}"'
        headers = {"WWW-Authenticate": challenge}
        raise Refused(error.reason.value, error.sentence, headers=headers, is_stranger=is_stranger) from error


def caller(request: HttpRequest) -> str:
    """Whom to count a call for that shows no good token."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    return network_of(request.META.get("REMOTE_ADDR", ""), forwarded, settings.trusted_proxies())


def check_scope(token: ApiToken, scope: Scope) -> None:
    """Raises Refused with 403 that names `scope`."""
    if scope in scopes_of(token):
        return
    challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{scope.value}"'
    sentence = f"This token may not {scope.value}. Make one with the scope “{scope.value}” in your settings."
    raise Refused("scope-missing", sentence, headers={"WWW-Authenticate": challenge}, more={"scope": scope.value})


def _count_guess(request: HttpRequest) -> None:
    try:
        limits.spend("guesses", caller(request), settings.guesses_per_hour())
    except limits.TooMany as error:
        headers = {"Retry-After": str(error.retry_after)}
        raise Refused("rate-limited", error.sentence, headers=headers, is_stranger=True) from error
