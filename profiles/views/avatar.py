"""`/avatar/<id>`: the picture, its receipt, and the immutable bytes. No write, no session, two queries at most."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import quote_etag

from profiles import settings
from profiles.errors import ExpectedError
from profiles.images.fallback import FallbackStyle
from profiles.images.formats import OutputFormat
from profiles.images.limits import pick_size
from profiles.limits import network_of_request, spend
from profiles.pictures.changing import NO_PICTURE, NoSuchAvatar
from profiles.problems import STORAGE_UNAVAILABLE, problem_response
from profiles.serving.accept import read_preference
from profiles.serving.caching import IMMUTABLE, holds_until, public_media
from profiles.serving.content import Drawing, fallback_bytes, rendition_bytes
from profiles.serving.lookup import Face, find_face
from profiles.serving.receipt import signed_receipt
from profiles.serving.request import Wish, check_identifier, read_wish
from profiles.serving.showing import find_profile, good_until, shown_picture
from profiles.serving.signing import public_keys
from profiles.store.objects import StorageError, public_url, rendition_key
from profiles.store.renditions import find_public_rendition, pick_rendition

logger = logging.getLogger(__name__)


@public_media
def avatar(request: HttpRequest, identifier: str) -> HttpResponse:
    now = timezone.now()
    try:
        wish = read_wish(request, identifier)
        face = find_face(wish.identifier, now)
        response = _picture_of(request, wish, face)
    except StorageError as error:
        return _unreadable(error)
    except ExpectedError as error:
        return _refused(error)
    if wish.format is None:
        patch_vary_headers(response, ["Accept"])
    holds_until(request, response, face.good_until if face else None, now)
    return response


@public_media
def receipt(request: HttpRequest, identifier: str) -> HttpResponse:
    now = timezone.now()
    try:
        profile = find_profile(check_identifier(identifier))
    except ExpectedError as error:
        return _refused(error)
    if profile is None:
        return _nobody()
    shown = shown_picture(profile, now)
    content = JsonResponse(signed_receipt(profile, shown)).content
    etag = quote_etag(hashlib.sha256(content).hexdigest())
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(content, content_type="application/json")
    response.headers["ETag"] = etag
    holds_until(request, response, good_until(profile, shown.avatar, now) if shown.avatar else None, now)
    return response


@public_media
def receipt_keys(request: HttpRequest) -> HttpResponse:
    """The public keys of receipts' signatures, as a JWK set."""
    response = JsonResponse(public_keys(), content_type="application/jwk-set+json")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@public_media
def content(request: HttpRequest, sha256: str, extension: str) -> HttpResponse:
    rendition = find_public_rendition(sha256, extension)
    if rendition is None:
        return _refused(ExpectedError("There is no picture with this hash, or no longer.", NoSuchAvatar.kind))
    fmt = OutputFormat(rendition.format)
    try:
        if at_the_store := public_url(rendition_key(sha256, extension)):
            return _led_to(at_the_store)
        response = _conditional(request, sha256, fmt, lambda: rendition_bytes(rendition, fmt))
    except StorageError as error:
        return _unreadable(error)
    response.headers["Cache-Control"] = IMMUTABLE
    return response


def _led_to(address: str) -> HttpResponse:
    response = HttpResponseRedirect(address)
    response.headers["Cache-Control"] = f"public, max-age={settings.current().signed_seconds // 2}"
    return response


def _picture_of(request: HttpRequest, wish: Wish, face: Face | None) -> HttpResponse:
    fmt = wish.format or read_preference(request.META.get("HTTP_ACCEPT", "*/*")).format_for(
        face.source_format if face else ""
    )
    squares = face.squares if face and not wish.forced else ()
    square = pick_rendition(squares, wish.size, still=wish.still or fmt is not OutputFormat.WEBP)
    if square is None:
        return _stand_in(request, wish, face, fmt)
    pay = partial(_pay, request)
    return _conditional(request, f"{square.sha256}-{fmt.value}", fmt, lambda: rendition_bytes(square, fmt, pay))


def _stand_in(request: HttpRequest, wish: Wish, face: Face | None, fmt: OutputFormat) -> HttpResponse:
    if wish.not_found:
        return _nobody()
    if wish.elsewhere:
        return HttpResponseRedirect(wish.elsewhere)
    style = wish.default or (FallbackStyle.INITIALS if face else FallbackStyle.SHAPES)
    drawing = Drawing(_seed(wish, face, style), pick_size(wish.size), style, fmt)
    return _conditional(request, drawing.tag, fmt, lambda: fallback_bytes(drawing, partial(_pay, request)))


def _seed(wish: Wish, face: Face | None, style: FallbackStyle) -> str:
    """Wallets draw the account that is asked for, whoever holds it; all else is drawn from a person's name."""
    if style in {FallbackStyle.BLOCKIES, FallbackStyle.JAZZICON}:
        return wish.identifier.lower().rpartition(":")[2]
    return face.name if face else wish.identifier.lower()


def _pay(request: HttpRequest) -> None:
    """Count a picture that must be drawn or encoded. What is stored or cached costs nothing."""
    spend("drawings", network_of_request(request), settings.current().drawings_per_hour)


def _nobody() -> HttpResponse:
    return _refused(ExpectedError("Nobody with a picture has this name here.", NO_PICTURE))


def _conditional(request: HttpRequest, tag: str, fmt: OutputFormat, read: Callable[[], bytes]) -> HttpResponse:
    """304 without touching the store or drawing where the client has these bytes, else the bytes."""
    etag = quote_etag(tag)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(read(), content_type=fmt.content_type)
    response.headers["ETag"] = etag
    return response


def _unreadable(error: StorageError) -> HttpResponse:
    logger.error("A picture could not be read.", exc_info=error)
    sentence = "The picture can't be read at the moment. Please try again."
    return _refused(ExpectedError(sentence, STORAGE_UNAVAILABLE, retry_after=5))


def _refused(error: ExpectedError) -> HttpResponse:
    """Caches may keep an answer about the request, never one about the moment."""
    return problem_response(error, headers=None if error.permanent else {"Cache-Control": "no-store"})
