"""Sign-In with Ethereum (EIP-4361): the exact text we issue, and the check that it came back unchanged.

No parser ever runs on what a visitor posts: the posted text is compared with the issued one, byte for byte.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from nft.core.errors import CoreError
from nft.core.evm.address import to_checksum
from nft.core.evm.caip import check_chain_id
from nft.core.evm.errors import InvalidSignInRequest
from nft.core.evm.signatures import (
    MAX_SIGNATURE_BYTES,
    is_erc6492,
    message_hash,
    parse_signature,
    recover_address,
    unwrap_erc6492,
)

__all__ = [
    "MAX_SIGNATURE_BYTES",
    "MAX_TEXT_BYTES",
    "SignInRequest",
    "build_sign_in_text",
    "is_erc6492",
    "is_same_text",
    "message_hash",
    "parse_signature",
    "recover_address",
    "unwrap_erc6492",
]

MAX_TEXT_BYTES = 2048

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*(?::[1-9][0-9]{{0,4}})?")
_SCHEME = re.compile(r"https?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@/%-]*)?")
_NONCE = re.compile(r"[A-Za-z0-9]{22,96}")  # 22 letters and digits carry 128 bits
_STATEMENT = re.compile(r"[A-Za-z0-9 ._~:/?#\[\]@!$&'()*+,;=-]{1,300}")  # EIP-4361: reserved, unreserved, blank
_REQUEST_ID = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]{1,64}")


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """All that stands in the text. `domain` is host and port as in the settings, never from a request's headers.

    Times must carry a zone. `uri` is the origin itself or a path below it. The statement of a link names the user
    account, so that the signature cannot be used for another.
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
    """The EIP-4361 text, read back once by the `siwe` library to be sure that wallets understand it the same way.

    Raises `InvalidSignInRequest` for any field that may not stand in it.
    """
    _check_fields(request)
    text = _write(request)
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise InvalidSignInRequest(f"The sign-in text would be longer than {MAX_TEXT_BYTES:,} bytes.")
    _check_read_back(request, text)
    return text


def is_same_text(issued: str, posted: str) -> bool:
    """Whether the posted text is the issued one, in constant time."""
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
        raise InvalidSignInRequest(f"The URI of a sign-in text must lie below {origin}.")
    if request.issued_at.tzinfo is None or request.expires_at.tzinfo is None:
        raise InvalidSignInRequest("The times in a sign-in text need a time zone.")
    if request.expires_at <= request.issued_at:
        raise InvalidSignInRequest("A sign-in text must expire after it is issued.")
    try:
        check_chain_id(request.chain_id)
        to_checksum(request.address)
    except CoreError as error:
        raise InvalidSignInRequest(str(error)) from error


def _check(field: str, value: str, allowed: re.Pattern[str]) -> None:
    if not allowed.fullmatch(value):
        raise InvalidSignInRequest(f"“{value[:60]}” cannot be the {field} of a sign-in text.")


def _write(request: SignInRequest) -> str:
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
        f"Issued At: {_show_time(request.issued_at)}",
        f"Expiration Time: {_show_time(request.expires_at)}",
    ]
    if request.request_id:
        lines.append(f"Request ID: {request.request_id}")
    return "\n".join(lines)


def _show_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _check_read_back(request: SignInRequest, text: str) -> None:
    import siwe  # here, as it loads web3: only a process that writes sign-in texts pays for that

    try:
        message = siwe.SiweMessage.from_message(text, abnf=False)
    except ValueError as error:
        raise InvalidSignInRequest("The sign-in text is not valid EIP-4361.") from error
    written = (request.domain, request.scheme, request.uri, request.chain_id, request.nonce, request.statement)
    read = (message.domain, message.scheme, message.uri, message.chain_id, message.nonce, message.statement)
    if read != written or message.prepare_message() != text:
        raise InvalidSignInRequest("The sign-in text reads differently from what was asked for.")
