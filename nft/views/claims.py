"""Tokens a person wants to show."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from nft.forms.claims import ClaimForm
from nft.models import TokenClaim
from nft.services import claims, history, presentation, receiving
from nft.services.accounts import list_accounts
from nft.services.doors import get_doors
from nft.services.known_names import names_chain_id
from nft.services.look_alikes import find_warning
from nft.services.new_pictures import last_look
from nft.views.gallery import gallery_context
from nft.views.people import signed_in


@require_safe
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    return _tokens_page(request, ClaimForm())


@require_POST
@login_required
def claim_create(request: HttpRequest) -> HttpResponse:
    form = ClaimForm(request.POST)
    if not form.is_valid():
        return _tokens_page(request, form)
    wanted = form.cleaned_data
    try:
        claim = claims.create_claim(
            signed_in(request),
            wanted["reference"],
            timezone.now(),
            chain_id=wanted["chain_id"] or None,
            doors=get_doors(),
        )
    except claims.ClaimError as error:
        form.add_error("reference", error.sentence)
        return _tokens_page(request, form)
    return redirect("nft:claim_detail", claim.pk)


@require_safe
@login_required
def claim_detail(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    claim = _own(request, claim_id)
    presentation.decorate([claim], signed_in(request), timezone.now())
    context = {
        "claim": claim,
        "steps": presentation.claim_steps(claim),
        "checks": history.recent(claim),
        "look": last_look(claim.pk) if claim.state == TokenClaim.State.OWNED and claim.image_avatar else None,
        "warning": find_warning(claim),
    }
    return render(request, "nft/claim.html", context)


@require_safe
@never_cache
@login_required
def claim_status(request: HttpRequest, claim_id: UUID) -> JsonResponse:
    return JsonResponse(presentation.claim_status(_own(request, claim_id)))


@require_POST
@login_required
def claim_recheck(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    try:
        claims.recheck(signed_in(request), claim_id, timezone.now())
    except claims.NoSuchClaim as error:
        raise Http404(error.sentence) from error
    except claims.ClaimError as error:
        messages.error(request, error.sentence)
    return redirect("nft:claim_detail", claim_id)


@require_POST
@login_required
def claim_remove(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    try:
        claims.remove_claim(signed_in(request), claim_id)
    except claims.NoSuchClaim as error:
        raise Http404(error.sentence) from error
    messages.success(request, "Removed from your list. The token itself stays yours.")
    return redirect("nft:tokens")


def _tokens_page(request: HttpRequest, form: ClaimForm) -> HttpResponse:
    user = signed_in(request)
    shown = presentation.shown_claims(user, timezone.now())
    accounts = list_accounts(user)
    context = {
        **(gallery_context(request, shown.claims) if accounts else {}),
        "claims": shown.claims,
        "minted": shown.minted,
        "received": receiving.offers_for(user),
        "accounts": accounts,
        "form": form,
        "demo_tokens": presentation.demo_tokens(),
        "ens": names_chain_id() is not None,
    }
    return render(request, "nft/tokens.html", context, status=422 if form.errors else 200)


def _own(request: HttpRequest, claim_id: UUID) -> TokenClaim:
    try:
        return claims.get_claim(signed_in(request), claim_id)
    except claims.NoSuchClaim as error:
        raise Http404(error.sentence) from error
