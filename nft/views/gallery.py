"""Pages of the tokens that a person's accounts hold, to choose from."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from nft.claims import pages as claims_pages
from nft.forms.gallery import read_ids, read_wish
from nft.gallery import pages as gallery_pages
from nft.gallery.pages import GalleryFilter
from nft.gallery.pictures import request_pictures
from nft.gallery.progress import count_tokens, get_progress
from nft.gallery.search import request_searches
from nft.models import HeldToken, TokenClaim
from nft.views.claim_facts import read_claim
from nft.views.gallery_page import (
    ANCHOR,
    empty_gallery,
    filters,
    indexers_label,
    kept_fields,
    shelf_tabs,
)
from nft.views.held_cards import held_entry, loose_entry
from profiles.limits import TooMany
from profiles.people.signed_in import own_profile, signed_in
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop
from profiles.store.errors import ObjectMissing

PICTURE_AGE = 86_400
SAID = {
    "hidden": gettext_noop("Hidden."),
    "shown": gettext_noop("It lies among your tokens now."),
    "": gettext_noop("It is shown again."),
}


def gallery_context(request: HttpRequest, claims: list[TokenClaim]) -> dict[str, Any]:
    """Return what the list of held tokens needs (nft/held_section.html, nft/held_list.html).

    `claims` are the person's own, as `nft.claims.pages.shown_claims` returns them.
    """
    user, wanted = signed_in(request), read_wish(request.GET)
    page, shelves = gallery_pages.get_page(user, wanted), gallery_pages.get_shelves(user)
    progress = get_progress(user, count_tokens(user), own_profile(request).avatar_version)
    gallery_pages.decorate(page.tokens, claims, gallery_pages.get_new(user))
    names_chain = len(shelves.chains) > 1
    loose = [loose_entry(read_claim(claim)) for claim in gallery_pages.filter_claims(claims, wanted)]
    return {
        "wish": wanted,
        "shelves": shelves,
        "count": shelves.main + len(loose),
        "progress": progress,
        "filters": filters(shelves, wanted),
        "tabs": shelf_tabs(shelves, wanted),
        "is_spam_shelf": wanted.shelf == gallery_pages.SPAM,
        "indexers_label": indexers_label(gallery_pages.get_indexer_names()),
        "entries": [*loose, *(held_entry(token, wanted, names_chain=names_chain) for token in page.tokens)],
        "empty": empty_gallery(wanted, shelves, progress),
        "next_page": _address("nft:held", wanted, after=str(page.next)) if page.next else "",
        "without_picture": _without_picture(page.tokens, wanted),
        "kept_fields": kept_fields(wanted),
        "here": _address("nft:tokens", wanted) + ANCHOR,
    }


def _without_picture(tokens: list[HeldToken], wanted: GalleryFilter) -> list[UUID]:
    """Return the tokens whose picture can be asked for. Pictures of tokens that were set aside are not fetched."""
    if wanted.shelf == gallery_pages.SPAM:
        return []
    return [token.pk for token in tokens if token.image_id is None and token.due_at is None]


@require_safe
@login_required
def held(request: HttpRequest) -> HttpResponse:
    """Show the list without the rest of the page: for older tokens, and for nft/js/gallery.js to swap."""
    return _held_page(request)


def _held_page(request: HttpRequest, status: int = 200) -> HttpResponse:
    shown = claims_pages.shown_claims(signed_in(request), timezone.now())
    return render(request, "nft/held.html", gallery_context(request, shown.claims), status=status)


@require_POST
@login_required
def search(request: HttpRequest) -> HttpResponse:
    try:
        begun = request_searches(signed_in(request), timezone.now(), asks_indexers="indexers" in request.POST)
    except TooMany as error:
        messages.error(request, error.sentence)
    else:
        if not begun:
            messages.info(request, _("We are looking already, or there is no account yet to look for."))
    return redirect(f"{reverse('nft:tokens')}{ANCHOR}")


@require_safe
@never_cache
@login_required
def progress(request: HttpRequest) -> JsonResponse:
    user = signed_in(request)
    found = get_progress(user, count_tokens(user), own_profile(request).avatar_version)
    return JsonResponse(
        {"done": not found.is_busy, "percent": found.percent, "sentence": found.sentence, "stamp": found.stamp}
    )


@require_POST
@login_required
def fetch_pictures(request: HttpRequest) -> HttpResponse:
    try:
        request_pictures(signed_in(request), read_ids(request.POST.getlist("token")), timezone.now())
    except TooMany as error:
        messages.error(request, error.sentence)
    return _back(request)


@require_safe
@login_required
def picture(request: HttpRequest, held_id: UUID) -> HttpResponse:
    """Return a token's picture to its person only: nobody else may learn what a hidden account holds."""
    try:
        content = gallery_pages.get_picture(signed_in(request), held_id)
    except (gallery_pages.NoSuchToken, ObjectMissing) as error:
        raise Http404(_("There is no picture.")) from error
    return private_picture(content)


def private_picture(content: bytes) -> HttpResponse:
    headers = {
        "Cache-Control": f"private, max-age={PICTURE_AGE}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return HttpResponse(content, content_type="image/webp", headers=headers)


@require_POST
@login_required
def shelf(request: HttpRequest, held_id: UUID) -> HttpResponse:
    wanted = request.POST.get("put", "")
    if wanted not in SAID:
        raise Http404(_("There is no such shelf."))
    try:
        before = gallery_pages.set_shelf(signed_in(request), held_id, wanted)
    except gallery_pages.NoSuchToken as error:  # it left since the page was loaded
        messages.info(request, error.sentence)
        return _held_page(request, status=404)
    messages.success(request, _undo(request, held_id, _(SAID[wanted]), before))
    return _back(request)


def _undo(request: HttpRequest, held_id: UUID, said: str, before: str) -> SafeString:
    return format_html(
        '{} <form method="post" action="{}" class="toast-action">'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<button class="button button-small" name="put" value="{}">{}</button></form>',
        said,
        reverse("nft:held_shelf", args=[held_id]),
        get_token(request),
        before,
        _("Undo"),
    )


def _back(request: HttpRequest) -> HttpResponse:
    """Redirect to the list as it was, by its own parameters only."""
    wanted = read_wish(request.POST)
    return redirect(_address("nft:tokens", wanted) + ANCHOR)


def _address(view: str, wanted: GalleryFilter, **more: object) -> str:
    kept = {"q": wanted.query, "collection": wanted.collection, "chain": wanted.chain_id, "shelf": wanted.shelf, **more}
    given = urlencode({name: value for name, value in kept.items() if value})
    return reverse(view) + (f"?{given}" if given else "")
