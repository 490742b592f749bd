"""Pages that send a token to somebody else, and answer for a token that arrived."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from nft.claims import claiming, pages
from nft.claims.errors import ClaimError, NoSuchClaim
from nft.clients.bundle import get_clients
from nft.errors import NotYours, TokenActionError
from nft.forms.transfers import TransferForm
from nft.models import TokenClaim
from nft.settings.chains import ens_chain
from nft.transfers import received, sending
from nft.transfers.sending import Receiver, find_receiver
from nft.views.claim_facts import read_claim
from nft.views.json_calls import sent_view, text_of
from nft.views.transfer_page import transfer_facts, transfer_warning
from profiles.people.signed_in import signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def transfer(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    claim = _own(request, claim_id)
    form = TransferForm(request.POST or None, reads_names=ens_chain() is not None)
    prepared = _prepare(request, claim, form) if request.method == "POST" and form.is_valid() else None
    receiver, transaction = prepared or (None, None)
    facts = read_claim(claim)
    context = {
        "claim": facts,
        "form": form,
        "facts": transfer_facts(facts, receiver, transaction) if receiver and transaction else (),
        "warning": transfer_warning(receiver) if receiver else "",
        "transaction": transaction,
        "sent_tx": claim.transfer_tx if "sent" in request.GET else "",
        # What a contract account reports may be known only to its owners.
        "has_owners": claim.account is not None and claim.account.is_contract_account,
    }
    return render(request, "nft/transfer.html", context, status=422 if form.errors else 200)


@csrf_exempt  # checked in sent_view, after the cap on the body
def transfer_sent(request: HttpRequest, claim_id: UUID) -> HttpResponseBase:
    def record(request: HttpRequest, content: dict[str, Any]) -> str:
        sending.record_transfer_sent(signed_in(request), claim_id, text_of(content, "tx_hash"), timezone.now())
        return reverse("nft:transfer", args=[claim_id]) + "?sent"

    return sent_view(record)(request)


def _prepare(request: HttpRequest, claim: TokenClaim, form: TransferForm) -> tuple[Receiver, dict[str, Any]] | None:
    """Build the transaction for the address that is shown. No name is looked up again."""
    clients = get_clients()
    try:
        receiver = find_receiver(form.cleaned_data["to"], claim.chain_id, signed_in(request), clients)
        return receiver, sending.build_transfer(claim, receiver.address, clients).as_json()
    except TokenActionError as error:
        form.add_error("to", error.sentence)
        return None


def _own(request: HttpRequest, claim_id: UUID) -> TokenClaim:
    try:
        claim = claiming.get_claim(signed_in(request), claim_id)
    except NoSuchClaim as error:
        raise Http404(error.sentence) from error
    pages.decorate([claim], signed_in(request), timezone.now())
    return claim


# The answer whether a token that arrived is to be shown.


@require_POST
@login_required
def received_use(request: HttpRequest, received_id: int) -> HttpResponse:
    try:
        claim = received.accept_received(signed_in(request), received_id, timezone.now())
    except NotYours as error:
        raise Http404(error.sentence) from error
    except ClaimError as error:
        messages.error(request, error.sentence)
        return redirect("nft:tokens")
    return redirect("nft:claim_detail", claim.pk)


@require_POST
@login_required
def received_decline(request: HttpRequest, received_id: int) -> HttpResponse:
    try:
        received.decline_received(signed_in(request), received_id, timezone.now())
    except NotYours as error:
        raise Http404(error.sentence) from error
    messages.success(
        request, "You are not asked about it again. The token stays yours, and you can choose it below any time."
    )
    return redirect("nft:tokens")
