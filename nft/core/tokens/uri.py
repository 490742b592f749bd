"""Token and image URIs, in every shape that contracts are known to answer with.

Anything that carries a CID becomes an `IpfsUri`, whatever gateway it names: the bytes are proved, so it does not matter
who sends them. Nothing is opened here.
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from nft.core.ipfs.cid import Cid, parse_cid
from nft.core.ipfs.errors import InvalidCid
from nft.core.tokens.data_uri import MAX_DATA_BYTES, DataUri, parse_data_uri, parse_inline_document
from nft.core.tokens.errors import TokenUriRefused
from nft.core.tokens.refusals import UriRefusal

MAX_URI_CHARACTERS = 2048

_IPFS = re.compile(r"(?:(?:ipfs|dweb):/*|/)(?:ipfs/+)*(?P<rest>.+)", re.IGNORECASE | re.DOTALL)
_IPNS = re.compile(r"(?:ipns:/*|ipfs:/*ipns/|dweb:/*ipns/|/ipns/)(?P<name>[^/]+)(?P<path>/.*)?", re.IGNORECASE)
_ARWEAVE = re.compile(r"ar(?:weave)?:/*(?P<id>[A-Za-z0-9_-]{43})(?P<path>/.*)?", re.IGNORECASE)
_ARWEAVE_HOSTS = frozenset({"arweave.net", "www.arweave.net"})
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):")
_IPNS_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_BARE_GATEWAY = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}/ip[fn]s/.+", re.IGNORECASE)
_RPC_READS = frozenset({"/api/v0/cat", "/api/v0/block/get"})
_NOT_IN_A_URI = re.compile(r"[\x00-\x1f\x7f]")
_KEPT_IN_A_URL = "%/:=&?~+!$,;'@()*[]"


@dataclass(frozen=True, slots=True)
class IpfsUri:
    """A file under a CID. `path` is decoded, without a leading slash; empty for the CID itself."""

    cid: Cid
    path: str = ""

    def __str__(self) -> str:
        return f"ipfs://{self.cid}" + _shown_path(self.path)


@dataclass(frozen=True, slots=True)
class IpnsUri:
    """A file under a name whose owner may point it elsewhere at any time: never proof of anything."""

    name: str
    path: str = ""

    def __str__(self) -> str:
        return f"ipns://{self.name}" + _shown_path(self.path)


@dataclass(frozen=True, slots=True)
class ArUri:
    """A file of an Arweave transaction (43 base64url characters)."""

    transaction: str
    path: str = ""

    def __str__(self) -> str:
        return f"ar://{self.transaction}" + _shown_path(self.path)


@dataclass(frozen=True, slots=True)
class HttpUri:
    """A plain web address: mutable, and only for the guarded fetch client to open."""

    url: str

    def __str__(self) -> str:
        return self.url


TokenUri = IpfsUri | IpnsUri | ArUri | HttpUri | DataUri


def parse_token_uri(text: str, *, allow_http: bool = False, max_data_bytes: int = MAX_DATA_BYTES) -> TokenUri:
    """What `text` points to. Raises `TokenUriRefused` with a `UriRefusal`.

    As RFC 3986 has it, `#…` and `?…` are no part of an IPFS path; a name that contains them is percent-encoded.
    JSON or SVG standing where a URI should is taken as the document itself.
    """
    text = text.strip("\0 \t\r\n")
    if text[:1] == text[-1:] == '"':
        text = text[1:-1]
    if not text:
        raise TokenUriRefused(UriRefusal.EMPTY, "The URI is empty.")
    if text[:5].lower() == "data:":
        return parse_data_uri(text, max_data_bytes)
    if text[0] in "{<":
        return parse_inline_document(text, max_data_bytes)
    _check_text(text)
    if text.startswith("//"):
        text = "https:" + text
    elif _BARE_GATEWAY.fullmatch(text):
        text = "https://" + text
    elif text[:11].lower() == "ipfs://http":  # a gateway address behind a prefix that tools added blindly
        text = text[len("ipfs://") :]
    return _parse_by_scheme(text, allow_http)


def _check_text(text: str) -> None:
    if len(text) > MAX_URI_CHARACTERS:
        raise TokenUriRefused(UriRefusal.TOO_LONG, f"The URI is longer than {MAX_URI_CHARACTERS:,} characters.")
    if _NOT_IN_A_URI.search(text):
        raise TokenUriRefused(UriRefusal.CONTROL_CHARACTERS, "The URI contains control characters.")


def _parse_by_scheme(text: str, allow_http: bool) -> TokenUri:
    if match := _IPNS.fullmatch(text):
        return _ipns(match["name"], match["path"] or "")
    scheme = match["scheme"].lower() if (match := _SCHEME.match(text)) else ""
    if scheme in ("ipfs", "dweb") or (not scheme and text.lower().startswith(("/ipfs/", "ipfs/"))):
        return _parse_ipfs(text)
    if scheme in ("ar", "arweave"):
        return _parse_arweave(text)
    if scheme in ("http", "https"):
        return _parse_web(text, allow_http)
    if scheme:
        raise TokenUriRefused(UriRefusal.UNSUPPORTED_SCHEME, f"URIs of the kind “{scheme[:20]}:” are not followed.")
    return _parse_bare(text)


def _parse_ipfs(text: str) -> IpfsUri:
    match = _IPFS.fullmatch(text if text.lower().startswith(("ipfs:", "dweb:", "/")) else "/" + text)
    rest = match["rest"] if match else ""
    name, path = _split_path(rest)
    try:
        return IpfsUri(parse_cid(name), _decode_path(path))
    except InvalidCid as error:
        raise TokenUriRefused(UriRefusal.BAD_CID, f"The IPFS URI has no usable CID. {error}") from error


def _parse_bare(text: str) -> IpfsUri:
    name, path = _split_path(text)
    try:
        return IpfsUri(parse_cid(name), _decode_path(path))
    except InvalidCid as error:
        raise TokenUriRefused(UriRefusal.NOT_A_URI, f"“{text[:60]}” is neither a URI nor a CID.") from error


def _parse_arweave(text: str) -> ArUri:
    match = _ARWEAVE.fullmatch(_without_query(text))
    if not match:
        raise TokenUriRefused(UriRefusal.BAD_ARWEAVE_ID, "The ar: URI has no transaction id of 43 characters.")
    return ArUri(match["id"], _decode_path(match["path"] or ""))


def _parse_web(text: str, allow_http: bool) -> TokenUri:
    try:
        parts = urlsplit(text)
        host, has_userinfo = (parts.hostname or ""), "@" in parts.netloc
        _ = parts.port
    except ValueError as error:
        raise TokenUriRefused(UriRefusal.BAD_URL, "This is not a valid web address.") from error
    if found := _content_address(parts, host):
        return found
    if not host or "\\" in parts.netloc or " " in parts.netloc:
        raise TokenUriRefused(UriRefusal.BAD_URL, "The web address has no valid host.")
    if has_userinfo:
        raise TokenUriRefused(UriRefusal.USERINFO, "A web address with a user name in it is not opened.")
    if parts.scheme == "http" and not allow_http:
        raise TokenUriRefused(UriRefusal.HTTP_NOT_ALLOWED, "Only https web addresses are opened, not http.")
    return HttpUri(quote(text.partition("#")[0], safe=_KEPT_IN_A_URL))


def _content_address(parts: SplitResult, host: str) -> IpfsUri | IpnsUri | ArUri | None:
    """What a gateway address stands for: `/ipfs/<cid>` on any host, `<cid>.ipfs.<host>`, the same with ipns."""
    label, _, rest = host.partition(".")
    cid_labels = parts.netloc.rpartition("@")[2].partition(".")[0]
    if rest.startswith("ipfs.") and (cid := _cid_or_none(label) or _cid_or_none(cid_labels)):
        return IpfsUri(cid, _decode_path(parts.path))
    if rest.startswith("ipns.") and _IPNS_NAME.fullmatch(label):
        return IpnsUri(_without_inlining(label), _decode_path(parts.path))
    if host in _ARWEAVE_HOSTS and (match := _ARWEAVE.fullmatch("ar:" + parts.path)):
        return ArUri(match["id"], _decode_path(match["path"] or ""))
    place = unquote(parse_qs(parts.query).get("arg", [""])[0]) if parts.path in _RPC_READS else parts.path
    if parts.path in _RPC_READS and not place.startswith("/"):
        place = f"/ipfs/{place}"
    root, _, below = place.removeprefix("/").partition("/")
    while root in ("ipfs", "ipns") and below.startswith(("ipfs/", "ipns/")):
        root, _, below = below.partition("/")
    name, _, path = below.partition("/")
    if root == "ipfs" and (cid := _cid_or_none(name)):
        return IpfsUri(cid, _decode_path(path))
    if root == "ipns" and _IPNS_NAME.fullmatch(name):
        return IpnsUri(name, _decode_path(path))
    return None


def _ipns(name: str, path: str) -> IpnsUri:
    name = _without_query(name)
    if not _IPNS_NAME.fullmatch(name):
        raise TokenUriRefused(UriRefusal.BAD_IPNS_NAME, f"“{name[:60]}” is not an IPNS name.")
    return IpnsUri(name, _decode_path(_without_query(path)))


def _without_inlining(label: str) -> str:
    """A DNSLink name as one host label: `-` stands for `.`, and `--` for `-`."""
    return label.replace("--", "\0").replace("-", ".").replace("\0", "-")


def _cid_or_none(text: str) -> Cid | None:
    try:
        return parse_cid(text)
    except InvalidCid:
        return None


def _split_path(text: str) -> tuple[str, str]:
    name, _, path = _without_query(text).partition("/")
    return name, path


def _without_query(text: str) -> str:
    return text.partition("#")[0].partition("?")[0]


def _decode_path(path: str) -> str:
    """Percent-decoded once, then split: as gateways do it, `%2F` separates too."""
    try:
        decoded = unquote(path, errors="strict")
    except UnicodeDecodeError as error:
        raise TokenUriRefused(UriRefusal.BAD_ENCODING, "The path of the URI is not valid UTF-8.") from error
    if _NOT_IN_A_URI.search(decoded):
        raise TokenUriRefused(UriRefusal.CONTROL_CHARACTERS, "The path of the URI contains control characters.")
    names = [name for name in decoded.split("/") if name]
    if not {".", ".."}.isdisjoint(names):  # they would lead a request out of what the CID or name stands for
        raise TokenUriRefused(UriRefusal.DOT_SEGMENTS, "The path of the URI contains “.” or “..”.")
    return "/".join(names)


def _shown_path(path: str) -> str:
    return "/" + quote(path, errors="surrogatepass") if path else ""
