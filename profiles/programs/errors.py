"""How calls of programs are refused."""

from __future__ import annotations

from collections.abc import Mapping

from profiles.errors import ExpectedError, Kind

BAD_PARAMETER = Kind("bad-parameter", "A parameter is wrong")
MALFORMED_BODY = Kind("malformed-body", "The body can't be read")
TOKEN_MISSING = Kind("token-missing", "A token is needed", 401)
SCOPE_MISSING = Kind("scope-missing", "The token lacks a scope", 403)
CONFIRM_ON_SITE = Kind("confirm-on-site", "A person must confirm this on the site", 403)
NO_SUCH_ADDRESS = Kind("no-such-address", "No such address", 404)
NO_SUCH_PROFILE = Kind("no-such-profile", "No such profile", 404)
NO_SUCH_NOTICE = Kind("no-such-notice", "No such notice", 404)
KEY_IN_USE = Kind("idempotency-key-in-use", "The first call with this key is not answered yet", 409, permanent=False)
LENGTH_REQUIRED = Kind("length-required", "Length required", 411)
UNSUPPORTED_MEDIA_TYPE = Kind("unsupported-media-type", "Unsupported media type", 415)
BODY_INVALID = Kind("body-invalid", "The body is incomplete or wrong", 422)
KEY_REUSED = Kind("idempotency-key-reused", "The key belongs to another call", 422)
INTERNAL_ERROR = Kind("internal-error", "Internal error", 500, permanent=False)


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


def confirm_on_site(sentence: str, url: str) -> CallRefused:
    """Return the refusal of a step that no token may take: a person proves their identity at `url` and takes it."""
    return CallRefused(sentence, CONFIRM_ON_SITE, more={"confirm_at": url})
