"""When the picture behind a token changed: look, compare, decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from nft.services import new_pictures
from nft.services.claims import ClaimError, NoSuchClaim, get_claim
from nft.services.gallery import NoSuchToken, square_bytes
from nft.views.gallery import private_picture
from nft.views.people import signed_in
from profiles.storage import StorageError


@require_safe
@never_cache
@login_required
def status(request: HttpRequest, claim_id: UUID) -> JsonResponse:
    """What the page polls while we look."""
    check = new_pictures.last_look(_own(request, claim_id))
    done = check is None or check.due_at is None
    answer = {"done": done, "state": check.state if check else "", "step": ""}
    return JsonResponse(answer | ({"redirect": reverse("nft:claim_detail", args=[claim_id])} if done else {}))


@require_safe
@login_required
def new_picture(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """The one that waits for its person's word, for their eyes."""
    check = new_pictures.last_look(_own(request, claim_id))
    try:
        return private_picture(square_bytes(check.image if check else None))
    except (NoSuchToken, StorageError) as error:
        raise Http404("There is no new picture.") from error


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
def look(user: User, claim_id: UUID, now: datetime) -> str:
    new_pictures.look_for_new_picture(user, claim_id, now)
    return ""


@_decision
def use(user: User, claim_id: UUID, now: datetime) -> str:
    new_pictures.use_new_picture(user, claim_id, now)
    return "The new picture is in its place."


@_decision
def keep(user: User, claim_id: UUID, now: datetime) -> str:
    new_pictures.keep_old_picture(user, claim_id, now)
    return "The old picture stays, and you are not asked about this new one again."


def _own(request: HttpRequest, claim_id: UUID) -> UUID:
    try:
        return get_claim(signed_in(request), claim_id).pk
    except NoSuchClaim as error:
        raise Http404(error.sentence) from error
