"""Pages of the tokens that a person wants to show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from nft.accounts.listing import list_accounts
from nft.claims import claiming, history, pages
from nft.claims import new_picture as claims_new_picture
from nft.claims.errors import COLLECTION_REFUSED, ClaimError, NoSuchClaim
from nft.clients.bundle import get_clients
from nft.forms.claims import ClaimForm
from nft.gallery.pages import NoSuchToken, get_square
from nft.models import ClaimPicture, TokenClaim
from nft.settings.chains import ens_chain
from nft.tokens.collection_policy import get_refusal
from nft.tokens.lookalikes import find_warning
from nft.views.claim_facts import read_claim
from nft.views.claim_page import check_lines, claim_page
from nft.views.gallery import gallery_context, private_picture
from nft.views.held_cards import failed_entry
from nft.views.new_picture_page import can_look, new_picture, read_search
from profiles.models import Avatar
from profiles.page_parts import picture_frame
from profiles.people.signed_in import own_profile, signed_in
from profiles.sentences import gettext as _
from profiles.sentences import translate
from profiles.store.errors import ObjectMissing


@require_safe
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    return _tokens_page(request, ClaimForm())


@require_safe
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Show the tokens that one holds, and a field to paste another, as a page of the picture dialog."""
    user = signed_in(request)
    accounts = list_accounts(user)
    context = gallery_context(request, pages.shown_claims(user, timezone.now()).claims) if accounts else {}
    context |= {"accounts": accounts, "form": ClaimForm(), "frame": picture_frame(request.GET), "tab": "nft"}
    context["here"] = request.get_full_path()
    return render(request, "nft/choose.html", context)


@require_POST
@login_required
def claim_create(request: HttpRequest) -> HttpResponse:
    form = ClaimForm(request.POST)
    if not form.is_valid():
        return _tokens_page(request, form)
    wanted = form.cleaned_data
    try:
        claim = claiming.create_claim(
            signed_in(request),
            wanted["reference"],
            timezone.now(),
            chain_id=wanted["chain_id"] or None,
            clients=get_clients(),
        )
    except ClaimError as error:
        form.add_error("reference", error.sentence)
        return _tokens_page(request, form, is_refused=error.is_a(COLLECTION_REFUSED))
    return redirect("nft:claim_detail", claim.pk)


@require_safe
@login_required
def claim_detail(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    claim = _own(request, claim_id)
    pages.decorate([claim], signed_in(request), timezone.now())
    old = claim.image_avatar if claim.state == TokenClaim.State.OWNED else None
    search = read_search(claim.get_picture()) if old else None
    context = {
        "page": claim_page(claim, own_profile(request), can_look=can_look(search)),
        "refusal": _get_refusal(claim),
        "new_picture": new_picture(claim.pk, claim.name, old, search) if old and search else None,
        "checks": check_lines(history.get_recent(claim, timezone.now())),
        "warning": find_warning(claim, signed_in(request)),
    }
    return render(request, "nft/claim.html", context)


def _get_refusal(claim: TokenClaim) -> str:
    """Return why the picture of a verified claim is not shown here, if that is by its collection."""
    is_shown = claim.image_avatar is not None and claim.image_avatar.state == Avatar.State.ACTIVE
    if claim.state != TokenClaim.State.OWNED or is_shown:
        return ""
    return translate(get_refusal(claim.chain_id, claim.contract))


@require_safe
@never_cache
@login_required
def claim_status(request: HttpRequest, claim_id: UUID) -> JsonResponse:
    return JsonResponse(pages.claim_status(_own(request, claim_id)))


@require_POST
@login_required
def claim_recheck(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    try:
        claiming.recheck(signed_in(request), claim_id, timezone.now())
    except NoSuchClaim as error:
        raise Http404(error.sentence) from error
    except ClaimError as error:
        messages.error(request, error.sentence)
    return redirect("nft:claim_detail", claim_id)


@require_POST
@login_required
def claim_remove(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    try:
        claiming.remove_claim(signed_in(request), claim_id)
    except NoSuchClaim:  # it left by itself, or in another tab
        messages.info(request, _("It is not on your list any more."))
        return _tokens_page(request, ClaimForm(), status=404)
    messages.success(request, _("Removed from your list. Nothing happened to the token."))
    return redirect("nft:tokens")


def _tokens_page(request: HttpRequest, form: ClaimForm, status: int = 200, *, is_refused: bool = False) -> HttpResponse:
    """`is_refused`: this site does not show what `form` names."""
    user = signed_in(request)
    shown = pages.shown_claims(user, timezone.now())
    accounts = list_accounts(user)
    context = {
        **(gallery_context(request, shown.claims) if accounts else {}),
        "failed": [failed_entry(read_claim(claim)) for claim in shown.failed],
        "accounts": accounts,
        "form": form,
        "is_refused": is_refused,
        "demo_tokens": pages.demo_tokens(),
        "ens": ens_chain() is not None,
    }
    return render(request, "nft/tokens.html", context, status=422 if form.errors else status)


def _own(request: HttpRequest, claim_id: UUID) -> TokenClaim:
    try:
        return claiming.get_claim(signed_in(request), claim_id)
    except NoSuchClaim as error:
        raise Http404(error.sentence) from error


# Another picture behind a token: search for it, compare, decide.


@require_safe
@never_cache
@login_required
def new_picture_status(request: HttpRequest, claim_id: UUID) -> JsonResponse:
    """Return what the page polls while the search runs."""
    picture = _own(request, claim_id).get_picture()
    is_first = picture.state == ClaimPicture.State.FIRST  # there is nothing to compare a new one with yet
    done = is_first or picture.due_at is None
    answer = {"done": done, "state": "" if is_first else picture.state, "step": ""}
    return JsonResponse(answer | ({"redirect": reverse("nft:claim_detail", args=[claim_id])} if done else {}))


@require_safe
@login_required
def new_picture_image(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """Return the picture that waits for its person's decision. Nobody else may see it."""
    picture = _own(request, claim_id).get_picture()
    try:
        return private_picture(get_square(picture.new_image))
    except (NoSuchToken, ObjectMissing) as error:
        raise Http404(_("There is no new picture.")) from error


def _decision(act: Callable[[User, UUID, datetime], str]) -> Callable[..., HttpResponse]:
    @require_POST
    @login_required
    def view(request: HttpRequest, claim_id: UUID) -> HttpResponse:
        try:
            said = act(signed_in(request), claim_id, timezone.now())
        except NoSuchClaim as error:
            raise Http404(error.sentence) from error
        except ClaimError as error:
            messages.error(request, error.sentence)
        else:
            if said:
                messages.success(request, said)
        return redirect("nft:claim_detail", claim_id)

    view.__name__ = act.__name__
    return view


@_decision
def new_picture_search(user: User, claim_id: UUID, now: datetime) -> str:
    claims_new_picture.request_new_picture(user, claim_id, now)
    return ""


@_decision
def new_picture_use(user: User, claim_id: UUID, now: datetime) -> str:
    claims_new_picture.use_new_picture(user, claim_id, now)
    return _("The new picture is in its place.")


@_decision
def new_picture_keep(user: User, claim_id: UUID, now: datetime) -> str:
    claims_new_picture.keep_old_picture(user, claim_id, now)
    return _("The old picture stays, and you are not asked about this new one again.")
