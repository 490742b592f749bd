"""Sending a token to somebody else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from nft.forms.transfers import TransferForm
from nft.models import TokenClaim
from nft.services import claims, presentation, transfers
from nft.services.doors import get_doors
from nft.services.mint_errors import TokenActionError
from nft.views.json_api import text_of
from nft.views.people import signed_in
from nft.views.sent import sent_view


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def transfer(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    claim = _own(request, claim_id)
    form = TransferForm(request.POST or None)
    transaction = _prepare(claim, form) if request.method == "POST" and form.is_valid() else None
    context = {
        "claim": claim,
        "form": form,
        "transaction": transaction,
        "sent_tx": claim.transfer_tx if "sent" in request.GET else "",
    }
    return render(request, "nft/transfer.html", context, status=422 if form.errors else 200)


@csrf_exempt  # checked in sent_view, after the cap on the body
def transfer_sent(request: HttpRequest, claim_id: UUID) -> HttpResponseBase:
    def record(request: HttpRequest, content: dict[str, Any]) -> str:
        transfers.record_transfer_sent(signed_in(request), claim_id, text_of(content, "tx_hash"), timezone.now())
        return reverse("nft:transfer", args=[claim_id]) + "?sent"

    return sent_view(record)(request)


def _prepare(claim: TokenClaim, form: TransferForm) -> dict[str, Any] | None:
    try:
        return transfers.build_transfer(claim, form.cleaned_data["to"], get_doors()).as_json()
    except TokenActionError as error:
        form.add_error("to", error.sentence)
        return None


def _own(request: HttpRequest, claim_id: UUID) -> TokenClaim:
    try:
        claim = claims.get_claim(signed_in(request), claim_id)
    except claims.NoSuchClaim as error:
        raise Http404(error.sentence) from error
    presentation.decorate([claim], signed_in(request), timezone.now())
    return claim
