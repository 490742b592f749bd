"""Sign-In with Ethereum (EIP-4361): build the exact text we issue, and check that it came back unchanged.

What a visitor posts is never parsed: it is compared with the issued text, byte for byte.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from nft.core.errors import CoreError
from nft.core.evm.address import to_checksum
from nft.core.evm.caip import check_chain_id
from profiles.sentences import gettext as _

MAX_TEXT_BYTES = 2048

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*(?::[1-9][0-9]{{0,4}})?")
_SCHEME = re.compile(r"https?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@/%-]*)?")
# 22 letters and digits carry 128 bits.
_NONCE = re.compile(r"[A-Za-z0-9]{22,96}")
# EIP-4361 allows reserved and unreserved characters (RFC 3986) and spaces.
_STATEMENT = re.compile(r"[A-Za-z0-9 ._~:/?#\[\]@!$&'()*+,;=-]{1,300}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]{1,64}")


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """The fields of the text.

    `domain` is host and port from the settings, never from request headers. `uri` is the origin or a path below it.
    Times must have a time zone. The statement for linking an account names the user account, so that the signature
    can't be used for another one.
    """

    domain: str
    scheme: str
    uri: str
    chain_id: int
    address: bytes
    nonce: str
    issued_at: datetime
    expires_at: datetime
    statement: str
    request_id: str = ""


def build_sign_in_text(request: SignInRequest) -> str:
    """Build the EIP-4361 text. Raise `CoreError` for a field with a value that is not allowed.

    No allowed value can end its line or look like another field, so every reader of the standard reads what was given.
    """
    _check_fields(request)
    text = _format(request)
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise CoreError(_("The sign-in text would be longer than %(text_bytes)s bytes.", text_bytes=MAX_TEXT_BYTES))
    return text


def is_same_text(issued: str, posted: str) -> bool:
    """Return whether the posted text is the issued one, in constant time."""
    return hmac.compare_digest(issued.encode("utf-8", "surrogatepass"), posted.encode("utf-8", "surrogatepass"))


def _check_fields(request: SignInRequest) -> None:
    _check("domain", request.domain, _DOMAIN)
    _check("scheme", request.scheme, _SCHEME)
    _check("nonce", request.nonce, _NONCE)
    _check("statement", request.statement, _STATEMENT)
    if request.request_id:
        _check("request id", request.request_id, _REQUEST_ID)
    origin = f"{request.scheme}://{request.domain}"
    if not request.uri.startswith(origin) or not _PATH.fullmatch(request.uri.removeprefix(origin)):
        raise CoreError(_("The URI of a sign-in text must lie below %(origin)s.", origin=origin))
    if request.issued_at.tzinfo is None or request.expires_at.tzinfo is None:
        raise CoreError(_("The times in a sign-in text need a time zone."))
    if request.expires_at <= request.issued_at:
        raise CoreError(_("A sign-in text must expire after it is issued."))
    check_chain_id(request.chain_id)
    to_checksum(request.address)


def _check(field: str, value: str, allowed: re.Pattern[str]) -> None:
    if not allowed.fullmatch(value):
        raise CoreError(_("“%(value)s” cannot be the %(field)s of a sign-in text.", value=value[:60], field=field))


def _format(request: SignInRequest) -> str:
    lines = [
        f"{request.scheme}://{request.domain} wants you to sign in with your Ethereum account:",
        to_checksum(request.address),
        "",
        request.statement,
        "",
        f"URI: {request.uri}",
        "Version: 1",
        f"Chain ID: {request.chain_id}",
        f"Nonce: {request.nonce}",
        f"Issued At: {_format_time(request.issued_at)}",
        f"Expiration Time: {_format_time(request.expires_at)}",
    ]
    if request.request_id:
        lines.append(f"Request ID: {request.request_id}")
    return "\n".join(lines)


def _format_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def check_read_back(request: SignInRequest, text: str) -> None:
    """Raise `CoreError` unless the `siwe` library reads the same fields out of the text.

    For checks before a release and for tests. The library loads web3, which takes more than a second and 22 MiB.
    """
    import siwe

    try:
        message = siwe.SiweMessage.from_message(text)
    except ValueError as error:
        raise CoreError(_("The sign-in text is not valid EIP-4361.")) from error
    written = (request.domain, request.scheme, request.uri, request.chain_id, request.nonce, request.statement)
    read = (message.domain, message.scheme, message.uri, message.chain_id, message.nonce, message.statement)
    if read != written or message.prepare_message() != text:
        raise CoreError(_("The sign-in text reads differently from what was asked for."))
