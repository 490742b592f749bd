"""`/avatar/<id>`: the picture, its receipt, and the immutable bytes; the card of a page. No write, no session."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import quote_etag

from profiles import settings
from profiles.errors import ExpectedError
from profiles.images.fallback import FallbackStyle
from profiles.images.formats import OutputFormat
from profiles.images.limits import pick_size
from profiles.limits import TooMany, networks_of_request, spend_in_networks
from profiles.models import HANDLE_PATTERN
from profiles.people.hiding import visible_profiles
from profiles.pictures.changing import NO_PICTURE, NoSuchAvatar
from profiles.problems import add_retry_after, answers_outages, problem_response, public_error
from profiles.serving.caching import IMMUTABLE, limit_caching, public_media
from profiles.serving.card import card_of
from profiles.serving.choice import Choice, choose, exact_side
from profiles.serving.content import Drawing, fallback_bytes, picture_tag, rendition_bytes, whole_bytes, whole_tag
from profiles.serving.lookup import AvatarView
from profiles.serving.receipt import build_signed_receipt
from profiles.serving.renames import follows_renames, redirect_renamed
from profiles.serving.request import AvatarRequest, check_identifier, parse_request
from profiles.serving.showing import find_profile, shown_picture, valid_until
from profiles.serving.signing import public_keys
from profiles.store.objects import public_url, rendition_key
from profiles.store.renditions import Square, find_master, find_public_rendition
from profiles.store.squares import make_for_reader


@public_media
@answers_outages
def avatar(request: HttpRequest, identifier: str) -> HttpResponse:
    now = timezone.now()
    try:
        wanted = parse_request(identifier, request.GET)
        choice = choose(wanted, request.META.get("HTTP_ACCEPT", "*/*"), now)
        moved = None if choice.view else _moved(request, wanted)
        response = moved or _picture_of(request, wanted, choice)
    except TooMany as error:
        return _nearest_picture(request, wanted, choice, error)
    except ExpectedError as error:
        return _refused(error)
    if wanted.format is None:
        patch_vary_headers(response, ["Accept"])
    limit_caching(request, response, choice.valid_until, now)
    return response


@public_media
@answers_outages
def receipt(request: HttpRequest, identifier: str) -> HttpResponse:
    now = timezone.now()
    try:
        profile = find_profile(check_identifier(identifier))
    except ExpectedError as error:
        return _refused(error)
    if profile is None:
        return redirect_renamed(request, identifier) or _nobody()
    shown = shown_picture(profile, now)
    content = JsonResponse(build_signed_receipt(profile, shown)).content
    etag = quote_etag(hashlib.sha256(content).hexdigest())
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(content, content_type="application/json")
    response.headers["ETag"] = etag
    limit_caching(request, response, valid_until(profile, shown.avatar, now) if shown.avatar else None, now)
    return response


@public_media
@answers_outages
@follows_renames
def card(request: HttpRequest, handle: str) -> HttpResponse:
    """Answer with the picture that chats show for a link to a person's page."""
    profile = get_object_or_404(visible_profiles().select_related("avatar__image"), handle=handle.lower())
    now = timezone.now()
    shown = shown_picture(profile, now)
    drawn = card_of(profile, shown)
    try:
        response = _conditional(request, drawn.tag, OutputFormat.JPEG, lambda: drawn.draw(partial(_charge, request)))
    except ExpectedError as error:
        return _refused(error)
    limit_caching(request, response, valid_until(profile, shown.avatar, now) if shown.avatar else None, now)
    return response


@public_media
@answers_outages
def receipt_keys(request: HttpRequest) -> HttpResponse:
    """Return the public keys of receipts' signatures as a JWK set."""
    response = JsonResponse(public_keys(), content_type="application/jwk-set+json")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@public_media
@answers_outages
def content(request: HttpRequest, sha256: str, extension: str) -> HttpResponse:
    rendition = find_public_rendition(sha256, extension)
    if rendition is None:
        return _refused(ExpectedError("There is no picture with this hash, or no longer.", NoSuchAvatar.kind))
    fmt = OutputFormat(rendition.format)
    if store_url := public_url(rendition_key(sha256, extension)):
        return _redirect_to_store(store_url)
    response = _conditional(request, sha256, fmt, lambda: rendition_bytes(rendition, fmt))
    response.headers["Cache-Control"] = IMMUTABLE
    return response


def _moved(request: HttpRequest, wanted: AvatarRequest) -> HttpResponse | None:
    """Return the way to the picture of who left this handle lately, where nobody has the name."""
    identifier = wanted.identifier
    return redirect_renamed(request, identifier) if re.fullmatch(HANDLE_PATTERN, identifier.lower()) else None


def _redirect_to_store(address: str) -> HttpResponse:
    response = HttpResponseRedirect(address)
    response.headers["Cache-Control"] = f"public, max-age={settings.current().signed_seconds // 2}"
    return response


def _picture_of(request: HttpRequest, wanted: AvatarRequest, choice: Choice) -> HttpResponse:
    square, fmt = _square_of(wanted, choice), choice.format
    if square is None:
        return _default_picture(request, wanted, choice.view, fmt)
    charge = partial(_charge, request)
    if wanted.whole and choice.needs_whole and choice.view and (sha256 := find_master(choice.view.image_id)):
        size = wanted.size
        return _conditional(request, whole_tag(sha256, fmt, size), fmt, lambda: whole_bytes(sha256, fmt, size, charge))
    side = exact_side(wanted, square)
    return _conditional(
        request, picture_tag(square, fmt, side), fmt, lambda: rendition_bytes(square, fmt, charge, side)
    )


def _nearest_picture(request: HttpRequest, wanted: AvatarRequest, choice: Choice, error: TooMany) -> HttpResponse:
    """Return what costs nothing to somebody whose drawings are used up: a stored square, or a drawing for everybody."""
    square = choice.square
    if square is None:
        drawing = Drawing("", pick_size(wanted.size), FallbackStyle.SILHOUETTE, choice.format)
        response = _conditional(request, drawing.tag, choice.format, lambda: fallback_bytes(drawing))
    else:
        fmt = OutputFormat(square.format)
        response = _conditional(request, picture_tag(square, fmt), fmt, lambda: rendition_bytes(square, fmt))
    add_retry_after(response, error)
    return response


def _square_of(wanted: AvatarRequest, choice: Choice) -> Square | None:
    """Return the square to serve. One that is not stored yet is made now, or else the largest that is stored serves."""
    if choice.square is None or choice.view is None or not choice.is_too_small:
        return choice.square
    return make_for_reader(choice.view.image_id, wanted.size, still=choice.square.is_still) or choice.square


def _default_picture(
    request: HttpRequest, wanted: AvatarRequest, view: AvatarView | None, fmt: OutputFormat
) -> HttpResponse:
    if wanted.not_found:
        return _nobody()
    if wanted.default_url:
        return HttpResponseRedirect(wanted.default_url)
    style = wanted.default or (FallbackStyle.INITIALS if view else FallbackStyle.SHAPES)
    size = pick_size(wanted.size)
    side = wanted.size if wanted.is_exact and wanted.size < size else 0
    drawing = Drawing(_seed(wanted, view, style), size, style, fmt, side)
    return _conditional(request, drawing.tag, fmt, lambda: fallback_bytes(drawing, partial(_charge, request)))


def _seed(wanted: AvatarRequest, view: AvatarView | None, style: FallbackStyle) -> str:
    """Return what to draw from: blockies and jazzicon show the identifier itself, all else a person's name."""
    if style in {FallbackStyle.BLOCKIES, FallbackStyle.JAZZICON}:
        return wanted.identifier.lower().rpartition(":")[2]
    return view.name if view else wanted.identifier.lower()


def _charge(request: HttpRequest) -> None:
    """Count a picture that must be drawn or encoded. What is stored or cached costs nothing."""
    spend_in_networks("drawings", networks_of_request(request), settings.current().drawings_per_hour)


def _nobody() -> HttpResponse:
    return _refused(ExpectedError("Nobody with a picture has this name here.", NO_PICTURE))


def _conditional(request: HttpRequest, tag: str, fmt: OutputFormat, read: Callable[[], bytes]) -> HttpResponse:
    """Return 304 if the client has these bytes, without reading or drawing them, else the bytes."""
    etag = quote_etag(tag)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(read(), content_type=fmt.content_type)
    response.headers["ETag"] = etag
    return response


def _refused(error: ExpectedError) -> HttpResponse:
    """Return the problem. Caches may keep an answer about the request, never one about the moment."""
    return problem_response(public_error(error), headers=None if error.permanent else {"Cache-Control": "no-store"})
