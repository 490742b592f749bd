"""`/avatar/<id>`: the picture, its receipt, and the immutable bytes. No write, no session, two queries at most."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import quote_etag

from profiles.images.fallback import FallbackStyle
from profiles.images.formats import OutputFormat
from profiles.images.limits import pick_size
from profiles.models import Profile, Rendition
from profiles.services.content import fallback_bytes, rendition_bytes
from profiles.services.problems import problem
from profiles.services.receipt import receipt_of
from profiles.services.renditions import find_public_rendition, pick_rendition
from profiles.services.showing import find_profile, shown_renditions
from profiles.storage import StorageError
from profiles.views.answers import IMMUTABLE, public_media
from profiles.views.wishes import BadWish, Wish, check_identifier, read_wish

logger = logging.getLogger(__name__)


@public_media
def avatar(request: HttpRequest, identifier: str) -> HttpResponse:
    try:
        wish = read_wish(request, identifier)
    except BadWish as error:
        return problem(400, error.slug, error.sentence)
    profile = find_profile(wish.identifier)
    renditions = list(shown_renditions(profile, timezone.now())) if profile and not wish.forced else []
    still = wish.still or wish.format not in {None, OutputFormat.WEBP}
    rendition = pick_rendition(renditions, wish.size, still=still)
    response = _stand_in(request, wish, profile) if rendition is None else _shown(request, wish, rendition)
    if wish.format is None:
        patch_vary_headers(response, ["Accept"])
    return response


@public_media
def receipt(request: HttpRequest, identifier: str) -> HttpResponse:
    try:
        profile = find_profile(check_identifier(identifier))
    except BadWish as error:
        return problem(400, error.slug, error.sentence)
    if profile is None:
        return _nobody()
    return JsonResponse(receipt_of(profile, timezone.now()))


@public_media
def content(request: HttpRequest, sha256: str, extension: str) -> HttpResponse:
    rendition = find_public_rendition(sha256, extension)
    if rendition is None:
        return problem(404, "no-such-picture", "There is no picture with this hash, or no longer.")
    fmt = OutputFormat(rendition.format)
    return _conditional(request, sha256, fmt, lambda: rendition_bytes(rendition, fmt), cache=IMMUTABLE)


def _shown(request: HttpRequest, wish: Wish, rendition: Rendition) -> HttpResponse:
    fmt = wish.format or _suitable(request, rendition.image.source_format)
    tag = f"{rendition.sha256}-{fmt.value}"
    return _conditional(request, tag, fmt, lambda: rendition_bytes(rendition, fmt))


def _stand_in(request: HttpRequest, wish: Wish, profile: Profile | None) -> HttpResponse:
    if wish.not_found:
        return _nobody()
    seed = profile.name if profile else wish.identifier.lower()
    style = wish.default or (FallbackStyle.INITIALS if profile else FallbackStyle.SHAPES)
    fmt = wish.format or _suitable(request, "")
    drawn = fallback_bytes(seed, pick_size(wish.size), style, fmt)
    return _conditional(request, hashlib.sha256(drawn).hexdigest(), fmt, lambda: drawn)


def _nobody() -> HttpResponse:
    return problem(404, "no-picture", "Nobody with a picture has this name here.")


def _suitable(request: HttpRequest, source_format: str) -> OutputFormat:
    """WebP for clients that name it (a bare */* may be an old mail program), else what the picture came as."""
    if any(str(accepted).startswith("image/webp") for accepted in request.accepted_types):
        return OutputFormat.WEBP
    return OutputFormat.JPEG if source_format == "jpeg" else OutputFormat.PNG


def _conditional(
    request: HttpRequest, tag: str, fmt: OutputFormat, read: Callable[[], bytes], cache: str = ""
) -> HttpResponse:
    """304 without touching the store where the client has these bytes, else the bytes."""
    etag = quote_etag(tag)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            response = HttpResponse(read(), content_type=fmt.content_type)
        except StorageError:
            logger.exception("A picture could not be read.")
            return _unavailable()
    response.headers["ETag"] = etag
    if cache:
        response.headers["Cache-Control"] = cache
    return response


def _unavailable() -> HttpResponse:
    response = problem(503, "storage-unavailable", "The picture can't be read at the moment. Please try again.")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Retry-After"] = "5"
    return response
