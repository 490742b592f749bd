"""Every way a call can fail: stable types, each with its status and what it means."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from django.http import HttpResponse, JsonResponse

from profiles.images.errors import REFUSALS, TOO_MANY_BYTES, ImageRefused, PictureError
from profiles.limits import TooMany
from profiles.pictures.changing import AvatarError, AvatarNotShowable, NoSuchAvatar
from profiles.store.objects import StorageError

#: Seconds after which a store or decoder that failed is worth another try.
SOON = 30


class Kind(NamedTuple):
    status: int
    meaning: str


#: Reasons of the decoder end in types under their own name; too many bytes are refused before it, with 413.
PICTURE_REASONS = tuple(slug for slug in REFUSALS if slug != TOO_MANY_BYTES.slug)

PROBLEMS: Mapping[str, Kind] = {
    "bad-parameter": Kind(400, "A parameter of the address is not of its form."),
    "malformed-body": Kind(400, "The body is not what its Content-Type says, or broke off."),
    "token-missing": Kind(401, "There is no “Authorization: Bearer …” header."),
    "token-unknown": Kind(401, "No such token, or its account is closed."),
    "token-expired": Kind(401, "The token's time is over."),
    "token-revoked": Kind(401, "The token was revoked."),
    "scope-missing": Kind(403, "The token may not do this; “scope” names what it lacks."),
    "no-such-address": Kind(404, "Nothing answers at this address."),
    "no-such-picture": Kind(404, "The picture is not in your history, or no longer."),
    "no-picture": Kind(404, "You have no picture."),
    "no-such-profile": Kind(404, "Nobody has this handle."),
    "method-not-allowed": Kind(405, "The address answers other methods; “Allow” names them."),
    "picture-not-showable": Kind(409, "The picture was removed, or the right to show it was lost."),
    "length-required": Kind(411, "A body needs its Content-Length announced."),
    "too-many-bytes": Kind(413, "The body is over the limit; none of it was kept."),
    "unsupported-media-type": Kind(415, "The body's Content-Type is not one that is read here."),
    "body-invalid": Kind(422, "The body was read, but does not hold what it must."),
    "picture-refused": Kind(422, "The picture can't be used; “detail” says why."),
    **{slug: Kind(422, f"The picture was refused: {slug.replace('-', ' ')}.") for slug in PICTURE_REASONS},
    "rate-limited": Kind(429, "Too many calls; “Retry-After” says when to come back."),
    "internal-error": Kind(500, "We failed; it is logged."),
    "decoder-unavailable": Kind(503, "The picture could not be looked at now; the same bytes may pass later."),
    "storage-unavailable": Kind(503, "Pictures can't be stored now; yours is as it was."),
}


class Refused(Exception):
    """A call that ends in a problem. `more` adds members to it. `is_stranger`: no token of ours came with it."""

    def __init__(
        self,
        slug: str,
        sentence: str,
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
        is_stranger: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.slug = slug
        self.sentence = sentence
        self.headers = headers or {}
        self.more = more or {}
        self.is_stranger = is_stranger

    def response(self) -> HttpResponse:
        answer = problem(PROBLEMS[self.slug].status, self.slug, self.sentence, **self.more)
        for name, value in self.headers.items():
            answer.headers[name] = value
        return answer


def refused(error: PictureError | AvatarError | StorageError | TooMany) -> Refused:
    """What a service raised, as this API says it."""
    if isinstance(error, TooMany):
        return Refused("rate-limited", error.sentence, headers={"Retry-After": str(error.retry_after)})
    if isinstance(error, NoSuchAvatar):
        return Refused("no-such-picture", error.sentence)
    if isinstance(error, AvatarNotShowable):
        return Refused("picture-not-showable", error.sentence)
    return _of(refusal_of(error))


def _of(refusal: Refusal) -> Refused:
    if refusal.status < 500:
        return Refused(refusal.slug if refusal.slug in PROBLEMS else "picture-refused", refusal.sentence)
    slug = refusal.slug if refusal.slug == "storage-unavailable" else "decoder-unavailable"
    return Refused(slug, refusal.sentence, headers={"Retry-After": str(SOON)})


# Errors in JSON, as RFC 9457 has them: type, title, status, detail.

CONTENT_TYPE = "application/problem+json"


def problem(status: int, slug: str, detail: str, **more: object) -> JsonResponse:
    """`slug` is the reason's stable name and ends in `type`; `detail` is a sentence that names the limit it hit."""
    body = {"type": f"/problems/{slug}", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JsonResponse(body | more, status=status, content_type=CONTENT_TYPE)


# One answer for each way an upload can fail.

logger = logging.getLogger(__name__)

CAUGHT = (PictureError, AvatarError, StorageError, TooMany)


class Refusal(NamedTuple):
    """Status and stable slug for clients, a sentence for people."""

    status: int
    slug: str
    sentence: str


def refusal_of(error: PictureError | AvatarError | StorageError | TooMany) -> Refusal:
    if isinstance(error, TooMany):
        return Refusal(429, "rate-limited", error.sentence)
    if isinstance(error, StorageError):
        logger.error("An upload could not be stored: %s", error)
        return Refusal(
            503,
            "storage-unavailable",
            "Pictures can't be stored at the moment. Your picture is as it was; please try again in a few minutes.",
        )
    if isinstance(error, ImageRefused):
        return Refusal(422, error.slug, error.sentence)
    return Refusal(422 if error.permanent else 503, "picture-refused", error.sentence)
