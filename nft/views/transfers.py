"""Pages that send a token to somebody else, and answer for a token that arrived."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nft.claims import claiming, pages
from nft.claims.errors import ClaimError, NoSuchClaim
from nft.clients.bundle import get_clients
from nft.errors import NotYours, TokenActionError
from nft.forms.transfers import TransferForm
from nft.models import TokenClaim
from nft.settings.chains import ens_chain
from nft.transfers import following, received, sending
from nft.transfers.sending import find_receiver
from nft.views.claim_facts import read_claim
from nft.views.json_calls import sent_view, text_of
from nft.views.transfer_page import Sending, sent_page, transfer_facts, transfer_warning
from profiles.people.signed_in import signed_in
from profiles.sentences import gettext as _


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def transfer(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    claim = _own(request, claim_id)
    facts = read_claim(claim)
    if "sent" in request.GET and claim.transfer_tx:
        page = sent_page(claim, following.get_transfer(claim, timezone.now()), facts.chain_name)
        return render(request, "nft/transfer_sent.html", {"claim": facts, "page": page})
    copies = sending.fetch_copies(claim, get_clients())
    form = TransferForm(
        request.POST if request.method == "POST" else None, reads_names=ens_chain() is not None, copies=copies
    )
    prepared = _prepare(request, claim, form, copies) if request.method == "POST" and form.is_valid() else None
    context = {
        "claim": facts,
        "form": form,
        "facts": transfer_facts(facts, prepared) if prepared else (),
        "warning": transfer_warning(prepared.receiver) if prepared else "",
        "transaction": prepared.transaction if prepared else None,
    }
    return render(request, "nft/transfer.html", context, status=422 if form.errors else 200)


@require_safe
@never_cache
@login_required
def transfer_status(request: HttpRequest, claim_id: UUID) -> JsonResponse:
    """Return what the page polls until the transfer has ended."""
    claim = _own(request, claim_id)
    progress = following.get_transfer(claim, timezone.now())
    return JsonResponse(
        {
            "state": progress.stage,
            "step": "",
            "sentence": sent_page(claim, progress, claim.chain_name).text,
            "done": progress.has_ended,
            "redirect": sent_url(claim_id),
        }
    )


def sent_url(claim_id: UUID) -> str:
    return reverse("nft:transfer", args=[claim_id]) + "?sent"


@csrf_exempt  # checked in sent_view, after the cap on the body
def transfer_sent(request: HttpRequest, claim_id: UUID) -> HttpResponseBase:
    def record(request: HttpRequest, content: dict[str, Any]) -> str:
        sending.record_transfer_sent(signed_in(request), claim_id, text_of(content, "tx_hash"), timezone.now())
        return sent_url(claim_id)

    return sent_view(record)(request)


def _prepare(request: HttpRequest, claim: TokenClaim, form: TransferForm, copies: int | None) -> Sending | None:
    """Build the transaction for the address that is shown. No name is looked up again."""
    clients = get_clients()
    try:
        receiver = find_receiver(form.cleaned_data["to"], claim.chain_id, signed_in(request), clients)
        transaction = sending.build_transfer(claim, receiver.address, clients, amount=form.copies)
    except TokenActionError as error:
        form.add_error("to", error.sentence)
        return None
    return Sending(receiver, transaction.as_json(), form.copies, copies)


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
        request, _("You are not asked about it again. The token stays yours, and you can choose it below any time.")
    )
    return redirect("nft:tokens")
