"""The picture of a mint on its person's pages: it stands still until somebody plays it."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from nft.errors import NotYours
from nft.files.errors import ContentRefused
from nft.files.serving import Format, Scope, parse_root, read_content
from nft.minting import drafts
from nft.minting.steps import read_picture
from nft.models import MintRequest
from nft.views.gallery import private_picture
from profiles.people.signed_in import signed_in
from profiles.store.errors import ObjectMissing
from profiles.store.stills import make_still


def picture_url(mint: MintRequest) -> str:
    """Return the URL of the picture as pages show it, standing still, and "" if there is none."""
    has_picture = mint.image_cid or mint.picture_id
    return reverse("nft:mint_picture", args=[mint.pk]) if has_picture else ""


def moving_url(mint: MintRequest) -> str:
    """Return the URL of the moving picture, "" if it does not move, or if that is not known: see the file on IPFS."""
    is_moving = mint.picture is not None and mint.picture.frames > 1
    return f"{picture_url(mint)}?moving" if is_moving else ""


@require_safe
@login_required
def mint_picture(request: HttpRequest, mint_id: UUID) -> HttpResponse:
    """Return the picture of a mint to its person only. It stands still, unless `?moving` is asked for."""
    try:
        content = _read_picture(drafts.get_mint(signed_in(request), mint_id))
    except (NotYours, ObjectMissing, ContentRefused) as error:
        raise Http404(error.sentence) from error
    return private_picture(content if "moving" in request.GET else make_still(content))


def _read_picture(mint: MintRequest) -> bytes:
    """Return the private copy, or once it is published the file."""
    if not mint.image_cid:
        return read_picture(mint)
    return read_content(parse_root(mint.image_cid), "", Format.FILE, Scope.ALL).data
