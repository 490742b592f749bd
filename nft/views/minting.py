"""Pages that make a token out of a picture."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nft.claims.errors import ClaimError
from nft.clients.bundle import get_clients
from nft.errors import NotYours, TokenActionError
from nft.files import publishing
from nft.forms.minting import WALLET, MintForm, Wallets, too_large
from nft.minting import drafts, sponsor
from nft.minting import requests as minting_requests
from nft.minting.errors import NOT_SPONSORED, TextRefused
from nft.minting.outcome import Outcome, get_outcome, get_outcomes, is_settled
from nft.minting.requests import PublishChoice
from nft.models import MintRequest
from nft.models.accounts import accounts_on
from nft.settings.chains import default_chain_id
from nft.views.json_calls import sent_view, text_of
from nft.views.mint_page import (
    Cost,
    change_url,
    draft_page,
    made_entry,
    mint_entry,
    mint_page,
)
from nft.views.mint_pictures import picture_url
from profiles import settings as profiles_settings
from profiles.errors import ExpectedError
from profiles.models import Avatar
from profiles.people.signed_in import own_profile, signed_in
from profiles.pictures.changing import NoSuchAvatar
from profiles.pictures.history import croppable
from profiles.problems import add_retry_after, public_error

# Bytes that the other fields and the multipart lines may add to the picture.
FORM_OVERHEAD = 64 * 1024
# How much of a body that is too large is read and dropped, as a multiple of the limit.
DRAINED = 4
CHUNK = 64 * 1024
SHOWN, A_PAGE = 5, 20
ALREADY_MINTED = gettext_lazy("You minted this already. Here it is.")


@csrf_exempt  # until the length of the body is judged, which the token's check would read whole; _mint checks it then
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mint(request: HttpRequest) -> HttpResponse:
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if request.method == "POST" and length > profiles_settings.current().upload_max_bytes + FORM_OVERHEAD:
        _drain(request)
        form = MintForm({}, {}, wallets=_wallets(request))
        form.errors.clear()
        form.add_error("image", too_large())
        return _mint_page(request, form, status=413)
    return _mint(request)


@csrf_protect
def _mint(request: HttpRequest) -> HttpResponse:
    user, draft = signed_in(request), _draft(request)
    chosen = _chosen(request) if draft is None or draft.picture_id is None else None
    wallets = _wallets(request)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = MintForm(*sent, wallets=wallets, draft=draft, chosen=chosen)
    if request.method != "POST":
        return _mint_page(request, form, draft)
    if not form.is_valid():
        return _mint_page(request, form, _keep_picture(user, form) or draft, status=422)
    try:
        started = drafts.start_mint(user, form.order(), timezone.now())
    except ExpectedError as refusal:
        error = public_error(refusal)
        form.add_error(_field_of(error), error.sentence)
        draft = drafts.find_draft(user, form.draft_key)
        response = _mint_page(request, form, draft, status=error.status if error.status in {429, 503} else 422)
        add_retry_after(response, error)
        return response
    if started.state != MintRequest.State.DRAFT:
        messages.info(request, ALREADY_MINTED)
    return redirect("nft:mint_detail", started.pk)


def _draft(request: HttpRequest) -> MintRequest | None:
    """Return the draft that the form names, or the address of a page that is to change it."""
    key = request.POST.get("key") or request.GET.get("draft")
    return drafts.find_draft(signed_in(request), key) if key else None


def _keep_picture(user: User, form: MintForm) -> MintRequest | None:
    """Keep the picture of a form with other faults, and add what is wrong with the picture, too."""
    if not form.draft_key or not (image := form.read_image()):
        return None
    try:
        return drafts.keep_picture(user, image, form.draft_key, timezone.now())
    except ExpectedError as refusal:
        error = public_error(refusal)
        form.add_error(_field_of(error), error.sentence)
        return None


def _mint_page(
    request: HttpRequest, form: MintForm, draft: MintRequest | None = None, *, status: int = 200
) -> HttpResponse:
    requests = list(signed_in(request).nft_mint_requests.exclude(name="")[: SHOWN + 1])
    context = {
        "form": form,
        "accounts": form.accounts,
        "kept_url": picture_url(draft) if draft else "",
        "requests": [mint_entry(one) for one in requests[:SHOWN]],
        "has_more": len(requests) > SHOWN,
    }
    return render(request, "nft/mint.html", context, status=status)


@require_safe
@login_required
def made(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    page = Paginator(user.nft_mint_requests.exclude(name=""), A_PAGE).get_page(request.GET.get("page"))
    mints = list(page.object_list)
    outcomes = get_outcomes(user, mints, timezone.now())
    entries = [made_entry(mint, outcomes.get(mint.pk, Outcome())) for mint in mints]
    return render(request, "nft/made.html", {"page": page, "entries": entries})


@require_safe
@login_required
def mint_detail(request: HttpRequest, mint_id: UUID) -> HttpResponse:
    found = _own(request, mint_id)
    if found.state == MintRequest.State.DRAFT:
        return _draft_page(request, found)
    transaction = minting_requests.build_mint_transaction(found)
    outcome = get_outcome(found.user, found, timezone.now())
    copies = publishing.get_copies([found.image_cid, found.metadata_cid])
    context = {
        "page": mint_page(found, outcome, copies),
        "public_url": own_profile(request).get_absolute_url(),
        "transaction": transaction.as_json() if transaction else None,
    }
    return render(request, "nft/mint_detail.html", context)


def _draft_page(request: HttpRequest, draft: MintRequest) -> HttpResponse:
    if not draft.name:
        return redirect(change_url(draft))
    offer = None if draft.sponsor is None else sponsor.get_offer(draft.user, draft.chain_id, timezone.now())
    cost = Cost(offer=offer)
    if draft.sponsor is None or not cost.is_free:
        try:
            cost = Cost(offer=offer, fee=drafts.fetch_fee(draft, get_clients()))
        except TokenActionError as error:
            cost = Cost(offer=offer, refusal=error.sentence)
    return render(request, "nft/mint_draft.html", {"page": draft_page(draft, cost)})


@require_POST
@login_required
def mint_publish(request: HttpRequest, mint_id: UUID) -> HttpResponse:
    choice = PublishChoice(pays_self=request.POST.get("payer") == WALLET, is_to_be_used="use" in request.POST)
    try:
        published = minting_requests.publish_mint(signed_in(request), mint_id, timezone.now(), choice)
    except TokenActionError as error:
        return _refused(request, error, mint_id)
    if published.pk != mint_id:
        messages.info(request, ALREADY_MINTED)
    return redirect("nft:mint_detail", published.pk)


@require_POST
@login_required
def mint_cancel(request: HttpRequest, mint_id: UUID) -> HttpResponse:
    try:
        drafts.cancel_mint(signed_in(request), mint_id)
    except TokenActionError as error:
        return _refused(request, error, mint_id)
    messages.success(request, _("Canceled. Nothing was published."))
    return redirect("nft:mint")


@require_safe
@never_cache
@login_required
def mint_status(request: HttpRequest, mint_id: UUID) -> JsonResponse:
    found = _own(request, mint_id)
    done = is_settled(found, get_outcome(found.user, found, timezone.now()))
    steps = minting_requests.build_steps(found)
    status: dict[str, Any] = {
        "state": found.state,
        "step": next((step["key"] for step in steps if step["state"] == "now"), ""),
        "steps": steps,
        "sentence": found.reason_sentence,
        "reason": "",
        "done": done,
    }
    if done:
        status["redirect"] = reverse("nft:mint_detail", args=[found.pk])
    transaction = minting_requests.build_mint_transaction(found)
    if transaction is not None:
        status["transaction"] = transaction.as_json()
    return JsonResponse(status)


@csrf_exempt  # checked in sent_view, after the cap on the body
def mint_sent(request: HttpRequest, mint_id: UUID) -> HttpResponseBase:
    def record(request: HttpRequest, content: dict[str, Any]) -> str:
        minting_requests.record_mint_sent(signed_in(request), mint_id, text_of(content, "tx_hash"), timezone.now())
        return reverse("nft:mint_detail", args=[mint_id])

    return sent_view(record)(request)


@require_POST
@login_required
def mint_use(request: HttpRequest, mint_id: UUID) -> HttpResponse:
    try:
        claim = minting_requests.use_mint(signed_in(request), mint_id, timezone.now())
    except (TokenActionError, ClaimError) as error:
        return _refused(request, error, mint_id)
    return redirect("nft:claim_detail", claim.pk)


def _refused(request: HttpRequest, error: ExpectedError, mint_id: UUID) -> HttpResponse:
    """Show the error on the page of the mint, if the person has this mint."""
    _own(request, mint_id)
    messages.error(request, error.sentence)
    return redirect("nft:mint_detail", mint_id)


def _wallets(request: HttpRequest) -> Wallets:
    """Return the accounts that may own the token. The primary one comes first, and the form selects it."""
    user, chain_id = signed_in(request), default_chain_id()
    accounts = accounts_on(user.pk, chain_id).order_by("-is_primary", "linked_at", "pk")
    return Wallets(list(accounts), sponsor.get_offer(user, chain_id, timezone.now()))


def _chosen(request: HttpRequest) -> Avatar | None:
    """Return the own upload that the address names to begin with."""
    try:
        return croppable(own_profile(request), UUID(request.GET.get("picture", "")))
    except (ValueError, NoSuchAvatar):
        return None


def _drain(request: HttpRequest) -> None:
    """Read and drop the body, up to a multiple of the limit: a browser shows the answer only once it has sent all."""
    left = DRAINED * profiles_settings.current().upload_max_bytes
    while left > 0 and (chunk := request.read(CHUNK)):
        left -= len(chunk)


def _own(request: HttpRequest, mint_id: UUID) -> MintRequest:
    try:
        return drafts.get_mint(signed_in(request), mint_id)
    except NotYours as error:
        raise Http404(error.sentence) from error


def _field_of(error: ExpectedError) -> str | None:
    """Return the field that shows the error. What the decoder refuses belongs to the picture."""
    if isinstance(error, TextRefused):
        return error.field
    if isinstance(error, NotYours):
        return "account"
    if error.is_a(NOT_SPONSORED):
        return "payer"
    return None if isinstance(error, TokenActionError) else "image"
