"""Every way a call can fail: stable kinds, each with what it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from profiles.blocks.matching import PictureBlocked
from profiles.errors import ExpectedError, Kind
from profiles.images.errors import REFUSALS, TOO_MANY_BYTES, DecoderUnavailable, PictureError
from profiles.limits import TooMany
from profiles.outages import CACHE, DATABASE
from profiles.people.api_tokens import TOKEN_EXPIRED, TOKEN_REVOKED, TOKEN_UNKNOWN
from profiles.pictures.changing import NO_PICTURE, AvatarNotShowable, NoSuchAvatar
from profiles.problems import METHOD_NOT_ALLOWED
from profiles.store.errors import StorageError

BAD_PARAMETER = Kind("bad-parameter", "A parameter is wrong")
MALFORMED_BODY = Kind("malformed-body", "The body can't be read")
TOKEN_MISSING = Kind("token-missing", "A token is needed", 401)
SCOPE_MISSING = Kind("scope-missing", "The token lacks a scope", 403)
NO_SUCH_ADDRESS = Kind("no-such-address", "No such address", 404)
NO_SUCH_PROFILE = Kind("no-such-profile", "No such profile", 404)
LENGTH_REQUIRED = Kind("length-required", "Length required", 411)
UNSUPPORTED_MEDIA_TYPE = Kind("unsupported-media-type", "Unsupported media type", 415)
BODY_INVALID = Kind("body-invalid", "The body is incomplete or wrong", 422)
INTERNAL_ERROR = Kind("internal-error", "Internal error", 500, permanent=False)

# Reasons of the decoder end in kinds under their own name; too many bytes are refused before it, with 413.
PICTURE_REASONS = tuple(slug for slug in REFUSALS if slug != TOO_MANY_BYTES.slug)


class Problem(NamedTuple):
    """A kind as it is documented."""

    kind: Kind
    meaning: str

    @property
    def status(self) -> int:
        return self.kind.status


_DOCUMENTED = (
    Problem(BAD_PARAMETER, "A parameter of the address is not of its form."),
    Problem(MALFORMED_BODY, "The body is not what its Content-Type says, or broke off."),
    Problem(TOKEN_MISSING, "There is no “Authorization: Bearer …” header."),
    Problem(TOKEN_UNKNOWN, "No such token, or its account is closed."),
    Problem(TOKEN_EXPIRED, "The token's time is over."),
    Problem(TOKEN_REVOKED, "The token was revoked."),
    Problem(SCOPE_MISSING, "The token may not do this; “scope” names what it lacks."),
    Problem(NO_SUCH_ADDRESS, "Nothing answers at this address."),
    Problem(NoSuchAvatar.kind, "The picture is not in your history, or no longer."),
    Problem(NO_PICTURE, "You have no picture."),
    Problem(NO_SUCH_PROFILE, "Nobody has this handle."),
    Problem(METHOD_NOT_ALLOWED, "The address answers other methods; “Allow” names them."),
    Problem(AvatarNotShowable.kind, "The picture was removed, or the right to show it was lost."),
    Problem(LENGTH_REQUIRED, "A body needs its Content-Length announced."),
    Problem(TOO_MANY_BYTES, "The body is over the limit; none of it was kept."),
    Problem(UNSUPPORTED_MEDIA_TYPE, "The body's Content-Type is not one that is read here."),
    Problem(BODY_INVALID, "The body was read, but does not hold what it must."),
    Problem(PictureError.kind, "The picture can't be used; “detail” says why."),
    Problem(PictureBlocked.kind, "This site has blocked the picture; “detail” says why, and where to appeal."),
    *(Problem(REFUSALS[slug], f"The picture was refused: {slug.replace('-', ' ')}.") for slug in PICTURE_REASONS),
    Problem(TooMany.kind, "Too many calls; “Retry-After” says when to come back."),
    Problem(INTERNAL_ERROR, "We failed; it is logged."),
    Problem(DecoderUnavailable.kind, "The picture could not be looked at now; the same bytes may pass later."),
    Problem(DATABASE, "Our database can't be used now; “detail” says why."),
    Problem(CACHE, "A part of ours that counts calls or keeps answers is down."),
    Problem(StorageError.kind, "Pictures can't be stored now; yours is as it was."),
)
PROBLEMS: Mapping[str, Problem] = {problem.kind.slug: problem for problem in _DOCUMENTED}


class CallRefused(ExpectedError):
    """A call that ends in a problem with `headers` and the further members `more`.

    `is_stranger`: the call came without a token of ours.
    """

    def __init__(
        self,
        sentence: str,
        kind: Kind,
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
        is_stranger: bool = False,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(sentence, kind, retry_after=retry_after)
        self.headers = headers or {}
        self.more = more or {}
        self.is_stranger = is_stranger
