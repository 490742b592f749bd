"""Pages that set a token as the picture of an ENS name."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from nft.claims import claiming, pages
from nft.claims.ens_avatar import AvatarRecord, Stage, fetch_stage, get_own_names, prepare_record
from nft.claims.errors import NoSuchClaim
from nft.clients.bundle import get_clients
from nft.errors import TokenActionError
from nft.forms.ens_avatar import EnsAvatarForm
from nft.models import TokenClaim
from nft.names.errors import NameLookupError
from nft.settings.chains import ens_chain
from nft.tokens.transactions import parse_tx_hash
from nft.views.claim_facts import read_claim
from nft.views.json_calls import sent_view, text_of
from profiles.errors import ExpectedError
from profiles.page_parts import Fact
from profiles.people.signed_in import signed_in
from profiles.problems import public_error


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def ens_avatar(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    claim = _own(request, claim_id)
    if "tx" in request.GET:
        return _sent_page(request, claim)
    form = EnsAvatarForm(request.POST if request.method == "POST" else None, initial={"name": _own_name(claim)})
    record, status = None, 200
    if form.is_bound:
        try:
            record = prepare_record(claim, form.cleaned_data["name"], get_clients()) if form.is_valid() else None
        except ExpectedError as refusal:
            error = public_error(refusal)
            form.add_error("name", error.sentence)
            status = error.status
        status = 422 if form.errors and status < 500 else status
    context = {
        "claim": read_claim(claim),
        "form": form,
        "record": record,
        "facts": record_facts(record) if record else (),
        "transaction": record.transaction.as_json() if record and record.transaction else None,
        "sent_url": reverse("nft:ens_avatar_sent", args=[claim_id]) + _query(name=record.name) if record else "",
    }
    return render(request, "nft/ens_avatar.html", context, status=status)


def record_facts(record: AvatarRecord) -> tuple[Fact, ...]:
    return (
        Fact(_("Name"), record.name),
        Fact(_("Picture now"), record.current or _("none")),
        Fact(_("Picture then"), record.wanted),
    )


@csrf_exempt  # checked in sent_view, after the cap on the body
def ens_avatar_sent(request: HttpRequest, claim_id: UUID) -> HttpResponseBase:
    def record(request: HttpRequest, content: dict[str, Any]) -> str:
        _own(request, claim_id)
        query = _query(name=request.GET.get("name", ""), tx=parse_tx_hash(text_of(content, "tx_hash")))
        return reverse("nft:ens_avatar", args=[claim_id]) + query

    return sent_view(record)(request)


@require_safe
@never_cache
@login_required
def ens_avatar_status(request: HttpRequest, claim_id: UUID) -> JsonResponse:
    """Return what the page polls until the name shows the token."""
    stage, sentence = _stage(request, _own(request, claim_id))
    here = reverse("nft:ens_avatar", args=[claim_id]) + _sent_query(request)
    is_done = stage is not Stage.WAITING
    return JsonResponse({"state": stage, "step": "", "sentence": sentence, "done": is_done, "redirect": here})


def _sent_page(request: HttpRequest, claim: TokenClaim) -> HttpResponse:
    stage, sentence = _stage(request, claim)
    is_waiting = stage is Stage.WAITING
    context = {
        "claim": read_claim(claim),
        "sentence": sentence,
        "shown": f"{stage}/",
        "has_failed": stage is Stage.FAILED,
        "tx_hash": request.GET["tx"],
        "status_url": reverse("nft:ens_avatar_status", args=[claim.pk]) + _sent_query(request) if is_waiting else "",
    }
    return render(request, "nft/ens_avatar_sent.html", context)


def _stage(request: HttpRequest, claim: TokenClaim) -> tuple[Stage, str]:
    """Return how far the change is, with a sentence. In an outage it waits."""
    name = request.GET.get("name", "")
    try:
        stage = fetch_stage(claim, name, parse_tx_hash(request.GET.get("tx", "")), get_clients())
    except NameLookupError as error:
        return (Stage.FAILED if error.permanent else Stage.WAITING), error.sentence
    except TokenActionError as error:
        raise Http404(error.sentence) from error
    sentences = {
        Stage.WAITING: _("Sent. %(name)s shows this NFT as soon as the chain has the change."),
        Stage.DONE: _("Done: %(name)s shows this NFT as its picture."),
        Stage.FAILED: _("The chain refused the change. %(name)s is as it was."),
    }
    return stage, sentences[stage] % {"name": name}


def _sent_query(request: HttpRequest) -> str:
    return _query(name=request.GET.get("name", ""), tx=request.GET.get("tx", ""))


def _query(**fields: str) -> str:
    return "?" + urlencode(fields)


def _own_name(claim: TokenClaim) -> str:
    chain = ens_chain()
    names = get_own_names(claim.user, chain.id, timezone.now()) if chain else []
    return names[0] if names else ""


def _own(request: HttpRequest, claim_id: UUID) -> TokenClaim:
    try:
        claim = claiming.get_claim(signed_in(request), claim_id)
    except NoSuchClaim as error:
        raise Http404(error.sentence) from error
    if ens_chain() is None:
        raise Http404
    pages.decorate([claim], signed_in(request), timezone.now())
    return claim
