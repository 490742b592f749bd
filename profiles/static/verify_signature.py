"""The signature of a receipt: Ed25519 (RFC 8032) over a detached JWS (RFC 7515)."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import urljoin

from verify_web import RECEIPT_BYTES, Web, origin_of
from verify_words import Json, Open, Wrong, canonical, q, read_json

# The same by its own name (RFC 9864), and by the one it had before (RFC 8037).
ALGORITHMS = ("Ed25519", "EdDSA")
KEYS_PATH = "/.well-known/avatarsite-receipt-keys.json"
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1)
Point = tuple[int, int]


def add(one: Point, other: Point) -> Point:
    """Add two points of the curve."""
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P)
    return x % P, y % P


def times(number: int, point: Point) -> Point:
    """Multiply a point by a number."""
    result = NEUTRAL
    while number:
        if number & 1:
            result = add(result, point)
        point, number = add(point, point), number >> 1
    return result


def read_point(data: bytes) -> Point:
    """Decode a point from 32 bytes. Raise `Wrong`."""
    number = int.from_bytes(data, "little")
    y, is_odd = number & ((1 << 255) - 1), number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if y >= P or (x * x - square) % P or (x == 0 and is_odd):
        raise Wrong("The key or the signature is no point of the curve.")
    return (P - x if x & 1 != is_odd else x), y


BASE = read_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether the Ed25519 signature over `message` is that of the key."""
    if len(public) != 32 or len(signature) != 64:
        return False
    scalar, key = int.from_bytes(signature[32:], "little"), read_point(public)
    if scalar >= ORDER or times(8, key) == NEUTRAL:  # such a key fits signatures that nobody made
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    return times(scalar, BASE) == add(read_point(signature[:32]), times(challenge, key))


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: object) -> bytes:
    """Decode base64url in the one form that a JWS allows. Raise `Wrong`."""
    if isinstance(text, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,4000}", text) and len(text) % 4 != 1:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if encode(data) == text:
            return data
    raise Wrong(f"{q(text, 40)} is not base64url.")


def check_signature(receipt: Json, site: str, keys: bytes | None, web: Web) -> str:
    """Check the signature. All `check_` functions return a sentence, or raise `Wrong`, `Open` or `Unclaimed`."""
    if receipt["signature"] is None:
        raise Open(f"The receipt is not signed: {q(receipt['unsigned'])}.")
    issuer, signature = receipt["issuer"], receipt["signature"]
    if site and origin_of(issuer or "") != origin_of(site):
        raise Wrong(f"It names {q(issuer)} as its issuer, not {q(site)}.")
    if keys is None and not site:
        raise Open(f"Name the site that issued it, if you know it: --site. It names {q(issuer)} itself.")
    if keys is None and signature["keys"] != urljoin(issuer, KEYS_PATH):
        raise Wrong(f"It names other keys than those of its issuer: {q(signature['keys'])}.")
    header = read_header(signature["protected"])
    key = find_key(web.fetch(urljoin(issuer, KEYS_PATH), RECEIPT_BYTES) if keys is None else keys, header["kid"])
    payload = canonical({name: value for name, value in receipt.items() if name != "signature"})
    message = f"{signature['protected']}.{encode(payload)}".encode()
    if not is_signed(key, message, decode(signature["signature"])):
        raise Wrong("The signature does not fit: the receipt was changed, or never signed by this key.")
    return f"signed by {q(issuer)} (key {q(header['kid'])})"


def read_header(protected: object) -> Json:
    """Return the JWS header. Raise `Wrong` for any other member: it could change what the signature means."""
    try:
        header = read_json(decode(protected))
    except ValueError as error:
        raise Wrong(f"The signature's header is no JSON. {error}") from error
    if not isinstance(header, dict) or set(header) != {"alg", "typ", "kid"} or not isinstance(header["kid"], str):
        raise Wrong("The signature's header has not the three members alg, kid and typ.")
    if header["alg"] not in ALGORITHMS or header["typ"] != "avatar-receipt":
        raise Wrong(f"The signature's header is of another kind: {q(header)}.")
    return header


def find_key(published: bytes, kid: str) -> bytes:
    """Return the public key with this thumbprint (RFC 7638) in a JWK set. Raise `Wrong` or `Open`."""
    try:
        listed = read_json(published)["keys"]
        found = [key for key in listed if key["kid"] == kid]
    except (ValueError, KeyError, TypeError) as error:
        raise Open("What should list the issuer's keys is no JWK set.") from error
    if len(found) != 1:
        raise Wrong(f"The key that signed it, {q(kid)}, is not published once by its issuer, but {len(found)} times.")
    kind = {name: found[0].get(name) for name in ("crv", "kty", "x")}
    if (kind["kty"], kind["crv"]) != ("OKP", "Ed25519") or found[0].get("alg", "Ed25519") not in ALGORITHMS:
        raise Wrong("The key is not for Ed25519.")
    if found[0].get("use", "sig") != "sig" or encode(hashlib.sha256(canonical(kind)).digest()) != kid:
        raise Wrong("The key is not for signatures, or its name is not its thumbprint.")
    return decode(kind["x"])
