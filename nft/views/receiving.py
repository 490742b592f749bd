"""Answering whether a token that arrived shall be shown."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from nft.services import receiving
from nft.services.claims import ClaimError
from nft.services.mint_errors import NotYours
from nft.views.people import signed_in


@require_POST
@login_required
def received_use(request: HttpRequest, received_id: int) -> HttpResponse:
    try:
        claim = receiving.take_up(signed_in(request), received_id, timezone.now())
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
        receiving.decline(signed_in(request), received_id, timezone.now())
    except NotYours as error:
        raise Http404(error.sentence) from error
    messages.success(
        request, "You are not asked about it again. The token stays yours, and you can choose it below any time."
    )
    return redirect("nft:tokens")
