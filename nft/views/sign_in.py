"""Signing in and linking by wallet: two JSON calls (design.md, URLs)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import rotate_token
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from nft.clients.chain import get_chain
from nft.forms.wallets import read_wanted
from nft.models import SignInChallenge
from nft.services import sign_in
from nft.services.challenges import issue_challenge
from nft.services.sign_in import Outcome, Reply
from nft.views.json_api import json_post, text_of, visitor_of

NEXT = "wallet_next"
MAX_NEXT = 500


@json_post
def challenge(request: HttpRequest, content: dict[str, Any]) -> JsonResponse:
    """{address, chain_id, purpose, next?} → {text, expires_at}. `next`: where to go after signing in."""
    wanted = read_wanted(content)
    issued = issue_challenge(visitor_of(request), wanted, timezone.now())
    if wanted.purpose == SignInChallenge.Purpose.SIGN_IN:
        _remember_next(request, content.get("next"))
    return JsonResponse({"text": issued.text, "expires_at": issued.expires_at.isoformat()})


@json_post
def verify(request: HttpRequest, content: dict[str, Any]) -> JsonResponse:
    """{text, signature} → {redirect}."""
    reply = Reply(text_of(content, "text"), text_of(content, "signature"))
    outcome = sign_in.finish(visitor_of(request), reply, get_chain, timezone.now())
    if outcome.purpose == SignInChallenge.Purpose.LINK:
        return JsonResponse({"redirect": _linked(request)})
    return JsonResponse({"redirect": _log_in(request, outcome)})


def _linked(request: HttpRequest) -> str:
    # Whoever held the old keys must not hold those of a session with one more way to sign in.
    request.session.cycle_key()
    rotate_token(request)
    messages.success(request, "The account is linked.")
    return reverse("nft:wallets")


def _log_in(request: HttpRequest, outcome: Outcome) -> str:
    """By the site's own way (NFT_LOGIN), which may ask for more than the wallet before it lets anyone in."""
    wanted = str(request.session.pop(NEXT, ""))
    log_in = import_string(settings.NFT_LOGIN)
    return str(log_in(request, outcome.user, reverse("profiles:edit") if outcome.is_new else wanted))


def _remember_next(request: HttpRequest, wanted: object) -> None:
    """Judged when it is used, by the site, which knows its own hosts."""
    if isinstance(wanted, str) and 0 < len(wanted) <= MAX_NEXT:
        request.session[NEXT] = wanted
    else:
        request.session.pop(NEXT, None)
