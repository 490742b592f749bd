"""Authenticate calls by `Authorization: Bearer avs_…` (RFC 6750) only. Cookies and sessions are ignored."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from profiles import limits, settings
from profiles.limits import TooMany, networks_of_request
from profiles.models import ApiToken
from profiles.people.api_tokens import (
    TOKEN_EXPIRED,
    TOKEN_REVOKED,
    TOKEN_UNKNOWN,
    TokenError,
    find_token,
    scopes_of,
    tokens_page,
)
from profiles.programs.errors import SCOPE_MISSING, TOKEN_MISSING, CallRefused
from profiles.scopes import Scope

_CHALLENGE = 'Bearer realm="api"'


def identify(request: HttpRequest, now: datetime) -> ApiToken:
    """Return the live token of the call. Raise CallRefused: 401, or 429 for a network that keeps guessing."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        sentence = f"Send your token as “Authorization: Bearer avs_…”. You make tokens here: {tokens_page()}"
        raise CallRefused(sentence, TOKEN_MISSING, headers={"WWW-Authenticate": _CHALLENGE}, is_stranger=True)
    try:
        return find_token(secret.strip(), now)
    except TokenError as error:
        kind = next(kind for kind in (TOKEN_UNKNOWN, TOKEN_REVOKED, TOKEN_EXPIRED) if error.is_a(kind))
        is_stranger = kind is TOKEN_UNKNOWN
        if is_stranger:
            _count_guess(request)
        challenge = f'{_CHALLENGE}, error="invalid_token", error_description="{error.sentence}"'
        headers = {"WWW-Authenticate": challenge}
        raise CallRefused(error.sentence, kind, headers=headers, is_stranger=is_stranger) from error


def check_scope(token: ApiToken, scope: Scope) -> None:
    """Raise CallRefused with 403 that names `scope`."""
    if scope in scopes_of(token):
        return
    challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{scope}"'
    sentence = f"This token lacks the scope “{scope}” ({scope.allows}). Make one that has it: {tokens_page()}"
    raise CallRefused(sentence, SCOPE_MISSING, headers={"WWW-Authenticate": challenge}, more={"scope": scope.name})


def _count_guess(request: HttpRequest) -> None:
    try:
        limits.spend_in_networks("guesses", networks_of_request(request), settings.current().api_guesses_per_hour)
    except TooMany as error:
        raise CallRefused(error.sentence, TooMany.kind, is_stranger=True, retry_after=error.retry_after) from error
