"""Parse token and image URIs, in every form that contracts are known to use.

A URI with a CID becomes an `IpfsUri`, whatever gateway it names: the bytes are verified, so it does not matter who
sends them. Nothing is opened here. Every refusal is a `CoreError` with one of the kinds below or of `data_uri`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from nft.core.errors import CoreError, InvalidIdentifier
from nft.core.ipfs.cid import Cid, parse_cid
from nft.core.tokens.data_uri import MAX_DATA_BYTES, DataUri, parse_data_uri, parse_inline_document
from profiles.errors import Kind
from profiles.sentences import gettext, gettext_noop

MAX_URI_CHARACTERS = 2048

EMPTY = Kind("uri-empty", gettext_noop("The token's URI is empty"))
TOO_LONG = Kind("uri-too-long", gettext_noop("The token's URI is too long"))
CONTROL_CHARACTERS = Kind("uri-control-characters", gettext_noop("The token's URI holds control characters"))
BAD_ENCODING = Kind("uri-bad-encoding", gettext_noop("The token's URI is badly encoded"))
DOT_SEGMENTS = Kind("uri-dot-segments", gettext_noop("The token's URI climbs out of its folder"))
NOT_A_URI = Kind("not-a-uri", gettext_noop("The token names no address of its metadata"))
UNSUPPORTED_SCHEME = Kind("uri-unsupported-scheme", gettext_noop("The token's URI has an unknown scheme"))
BAD_CID = Kind("uri-bad-cid", gettext_noop("The CID of the token's metadata is malformed"))
BAD_IPNS_NAME = Kind("uri-bad-ipns-name", gettext_noop("The IPNS name is malformed"))
BAD_ARWEAVE_ID = Kind("uri-bad-arweave-id", gettext_noop("The Arweave id is malformed"))
BAD_URL = Kind("bad-url", gettext_noop("The token's web address is malformed"))
USERINFO = Kind("url-userinfo", gettext_noop("The token's web address carries a password"))
HTTP_NOT_ALLOWED = Kind("http-not-allowed", gettext_noop("The token names an http address"))

_IPFS = re.compile(r"(?:(?:ipfs|dweb):/*|/)(?:ipfs/+)*(?P<rest>.+)", re.IGNORECASE | re.DOTALL)
_IPNS = re.compile(r"(?:ipns:/*|ipfs:/*ipns/|dweb:/*ipns/|/ipns/)(?P<name>[^/]+)(?P<path>/.*)?", re.IGNORECASE)
_ARWEAVE = re.compile(r"ar(?:weave)?:/*(?P<id>[A-Za-z0-9_-]{43})(?P<path>/.*)?", re.IGNORECASE)
_ARWEAVE_HOSTS = frozenset({"arweave.net", "www.arweave.net"})
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):")
_IPNS_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_BARE_GATEWAY = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}/ip[fn]s/.+", re.IGNORECASE)
_RPC_READS = frozenset({"/api/v0/cat", "/api/v0/block/get"})
# Control and noncharacters, halves of surrogate pairs, and what turns the direction of text (RFC 3987, 2.2 and 4.1).
_NOT_IN_A_URI = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_KEPT_IN_A_URL = "%/:=&?~+!$,;'@()*[]"


@dataclass(frozen=True, slots=True)
class IpfsUri:
    """A file below a CID. `path` is decoded and has no leading slash; it is empty for the CID itself."""

    cid: Cid
    path: str = ""

    def __str__(self) -> str:
        return f"ipfs://{self.cid}" + _format_path(self.path)


@dataclass(frozen=True, slots=True)
class IpnsUri:
    """A file below an IPNS or DNSLink name. Its owner may change it at any time, so it proves nothing."""

    name: str
    path: str = ""

    def __str__(self) -> str:
        return f"ipns://{self.name}" + _format_path(self.path)


@dataclass(frozen=True, slots=True)
class ArUri:
    """A file in an Arweave transaction, whose id has 43 base64url characters."""

    transaction: str
    path: str = ""

    def __str__(self) -> str:
        return f"ar://{self.transaction}" + _format_path(self.path)


@dataclass(frozen=True, slots=True)
class HttpUri:
    """A web address. It is mutable, and only the guarded HTTP client may open it."""

    url: str

    def __str__(self) -> str:
        return self.url


TokenUri = IpfsUri | IpnsUri | ArUri | HttpUri | DataUri


def parse_token_uri(text: str, *, allow_http: bool = False, max_data_bytes: int = MAX_DATA_BYTES) -> TokenUri:
    """Parse a token or image URI. Raise `CoreError`.

    By RFC 3986, `#…` and `?…` are not part of an IPFS path; a name that contains them is percent-encoded. JSON or SVG
    in place of a URI is taken as the document itself.
    """
    text = text.strip("\0 \t\r\n")
    if text[:1] == text[-1:] == '"':
        text = text[1:-1]
    if not text:
        raise CoreError(gettext("The URI is empty."), EMPTY)
    if text[:5].lower() == "data:":
        return parse_data_uri(text, max_data_bytes)
    if text[0] in "{[<":
        return parse_inline_document(text, max_data_bytes)
    if len(text) > MAX_URI_CHARACTERS:
        raise CoreError(
            gettext("The URI is longer than %(uri_characters)s characters.", uri_characters=MAX_URI_CHARACTERS),
            TOO_LONG,
        )
    if _NOT_IN_A_URI.search(text):
        raise CoreError(gettext("The URI contains characters that no URI may have."), CONTROL_CHARACTERS)
    if text.startswith("//"):
        text = "https:" + text
    elif _BARE_GATEWAY.fullmatch(text):
        text = "https://" + text
    elif text[:11].lower() == "ipfs://http":  # a gateway address after a prefix that tools added blindly
        text = text[len("ipfs://") :]
    return _parse_by_scheme(text, allow_http)


def _parse_by_scheme(text: str, allow_http: bool) -> TokenUri:
    if match := _IPNS.fullmatch(text):
        return _parse_ipns(match["name"], match["path"] or "")
    scheme = match["scheme"].lower() if (match := _SCHEME.match(text)) else ""
    if scheme in ("ipfs", "dweb") or (not scheme and text.lower().startswith(("/ipfs/", "ipfs/"))):
        return _parse_ipfs(text)
    if scheme in ("ar", "arweave"):
        return _parse_arweave(text)
    if scheme in ("http", "https"):
        return _parse_web(text, allow_http)
    if scheme:
        raise CoreError(
            gettext("URIs of the kind “%(scheme)s:” are not followed.", scheme=scheme[:20]), UNSUPPORTED_SCHEME
        )
    try:
        return _parse_cid_and_path(text)
    except InvalidIdentifier as error:
        raise CoreError(gettext("“%(text)s” is neither a URI nor a CID.", text=text[:60]), NOT_A_URI) from error


def _parse_ipfs(text: str) -> IpfsUri:
    match = _IPFS.fullmatch(text if text.lower().startswith(("ipfs:", "dweb:", "/")) else "/" + text)
    try:
        return _parse_cid_and_path(match["rest"] if match else "")
    except InvalidIdentifier as error:
        raise CoreError(gettext("The IPFS URI has no usable CID. %(error)s", error=error.sentence), BAD_CID) from error


def _parse_cid_and_path(text: str) -> IpfsUri:
    name, _, path = _without_query(text).partition("/")
    return IpfsUri(parse_cid(name), _decode_path(path))


def _parse_arweave(text: str) -> ArUri:
    match = _ARWEAVE.fullmatch(_without_query(text))
    if not match:
        raise CoreError(gettext("The ar: URI has no transaction id of 43 characters."), BAD_ARWEAVE_ID)
    return ArUri(match["id"], _decode_path(match["path"] or ""))


def _parse_web(text: str, allow_http: bool) -> TokenUri:
    try:
        parts = urlsplit(text)
        host, has_userinfo = (parts.hostname or ""), "@" in parts.netloc
        _ = parts.port
    except ValueError as error:
        raise CoreError(gettext("This is not a valid web address."), BAD_URL) from error
    if found := _parse_gateway_address(parts, host):
        return found
    if not host or "\\" in parts.netloc or " " in parts.netloc:
        raise CoreError(gettext("The web address has no valid host."), BAD_URL)
    if has_userinfo:
        raise CoreError(gettext("A web address with a user name in it is not opened."), USERINFO)
    if parts.scheme == "http" and not allow_http:
        raise CoreError(gettext("Only https web addresses are opened, not http."), HTTP_NOT_ALLOWED)
    return HttpUri(quote(text.partition("#")[0], safe=_KEPT_IN_A_URL))


def _parse_gateway_address(parts: SplitResult, host: str) -> IpfsUri | IpnsUri | ArUri | None:
    """Return what a gateway address stands for: `/ipfs/<cid>` on any host, `<cid>.ipfs.<host>`, the same with ipns."""
    label, _, rest = host.partition(".")
    cid_labels = parts.netloc.rpartition("@")[2].partition(".")[0]
    if rest.startswith("ipfs.") and (cid := _parse_cid_or_none(label) or _parse_cid_or_none(cid_labels)):
        return IpfsUri(cid, _decode_path(parts.path))
    if rest.startswith("ipns.") and _IPNS_NAME.fullmatch(label):
        # In one host label, `-` stands for a dot of the DNSLink name, and `--` for `-`.
        name = label.replace("--", "\0").replace("-", ".").replace("\0", "-")
        return IpnsUri(name, _decode_path(parts.path))
    if host in _ARWEAVE_HOSTS and (match := _ARWEAVE.fullmatch("ar:" + parts.path)):
        return ArUri(match["id"], _decode_path(match["path"] or ""))
    place = unquote(parse_qs(parts.query).get("arg", [""])[0]) if parts.path in _RPC_READS else parts.path
    if parts.path in _RPC_READS and not place.startswith("/"):
        place = f"/ipfs/{place}"
    root, _, below = place.removeprefix("/").partition("/")
    while root in ("ipfs", "ipns") and below.startswith(("ipfs/", "ipns/")):
        root, _, below = below.partition("/")
    name, _, path = below.partition("/")
    if root == "ipfs" and (cid := _parse_cid_or_none(name)):
        return IpfsUri(cid, _decode_path(path))
    if root == "ipns" and _IPNS_NAME.fullmatch(name):
        return IpnsUri(name, _decode_path(path))
    return None


def _parse_ipns(name: str, path: str) -> IpnsUri:
    name = _without_query(name)
    if not _IPNS_NAME.fullmatch(name):
        raise CoreError(gettext("“%(name)s” is not an IPNS name.", name=name[:60]), BAD_IPNS_NAME)
    return IpnsUri(name, _decode_path(_without_query(path)))


def _parse_cid_or_none(text: str) -> Cid | None:
    try:
        return parse_cid(text)
    except InvalidIdentifier:
        return None


def _without_query(text: str) -> str:
    return text.partition("#")[0].partition("?")[0]


def _decode_path(path: str) -> str:
    """Percent-decode once, then split as gateways do: `%2F` separates too."""
    try:
        decoded = unquote(path, errors="strict")
    except UnicodeDecodeError as error:
        raise CoreError(gettext("The path of the URI is not valid UTF-8."), BAD_ENCODING) from error
    if _NOT_IN_A_URI.search(decoded):
        raise CoreError(gettext("The path of the URI contains characters that no URI may have."), CONTROL_CHARACTERS)
    names = [name for name in decoded.split("/") if name]
    if not {".", ".."}.isdisjoint(names):  # they would lead a request out of the CID or name
        raise CoreError(gettext("The path of the URI contains “.” or “..”."), DOT_SEGMENTS)
    return "/".join(names)


def _format_path(path: str) -> str:
    return "/" + quote(path, errors="surrogatepass") if path else ""
