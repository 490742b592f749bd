"""Build the receipt of a picture: what is shown, and what proves the right to show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict
from urllib.parse import urljoin, urlsplit

from django.conf import settings as django_settings
from django.urls import NoReverseMatch, reverse

from profiles import settings
from profiles.images.formats import OutputFormat
from profiles.models import Profile, Rendition
from profiles.serving.showing import ShownPicture
from profiles.serving.signing import Signature, sign, signing_key
from profiles.store.objects import public_url, rendition_key
from profiles.store.renditions import content_url

VERSION = 1
# The files of the program that checks receipts. verify_receipt.py loads the others from its folder.
VERIFIER = tuple(
    f"verify_{part}.py"
    for part in (
        *("receipt", "car", "evm", "form", "inline", "names", "node", "proof"),
        *("readings", "served", "signature", "token", "web", "words"),
    )
)


class Size(TypedDict):
    """One square; `url` is immutable."""

    size: int
    type: str
    animated: bool
    bytes: int
    sha256: str
    url: str


class Receipt(TypedDict):
    """What is shown of a person. The picture's members are None if there is none.

    `sha256` names the picture as it is stored.
    """

    handle: str
    name: str
    profile: str
    url: str
    alt: str
    mark: bool
    provenance: Mapping[str, object] | None
    source: str | None
    sha256: str | None
    type: str | None
    width: int | None
    height: int | None
    frames: int | None
    sizes: list[Size]


class VouchedReceipt(Receipt):
    """A receipt with its issuer and the time until which the mark holds without another check."""

    version: int
    issuer: str | None
    mark_until: str | None


class SignedReceipt(VouchedReceipt, total=False):
    """`unsigned` is the reason why `signature` is None."""

    signature: Signature | None
    unsigned: str


class ReceiptFacts(TypedDict):
    """What the page about a receipt shows."""

    receipt: Receipt
    key_id: str
    keys_url: str
    receipt_url: str
    verifier: tuple[str, ...]
    download_command: str
    verify_command: str


def build_signed_receipt(profile: Profile, shown: ShownPicture) -> SignedReceipt:
    """Build the receipt with its issuer, the end of the mark, and the site's signature."""
    vouched: VouchedReceipt = {
        **build_receipt(profile, shown),
        "version": VERSION,
        "issuer": settings.current().site_origin or None,
        "mark_until": _mark_until(shown),
    }
    signed: SignedReceipt = {**vouched, **sign(vouched, keys_url())}
    return signed


def receipt_page_facts(profile: Profile, shown: ShownPicture) -> ReceiptFacts:
    """Return the receipt for people to read, with the id of the signing key and the URLs."""
    key = signing_key()
    receipt_url = _absolute(reverse("profiles:avatar_json", args=[profile.handle]))
    return {
        "receipt": build_receipt(profile, shown),
        "key_id": key.key_id if key else "",
        "keys_url": keys_url(),
        "receipt_url": receipt_url,
        "verifier": VERIFIER,
        "download_command": f"curl --remote-name-all '{_absolute(django_settings.STATIC_URL)}{{{','.join(VERIFIER)}}}'",
        "verify_command": f"python3 verify_receipt.py {receipt_url}{_verifier_options(shown)}",
    }


def _verifier_options(shown: ShownPicture) -> str:
    """Return what the verifier must be allowed to open: a node, a gateway, and the store that redirects lead to."""
    options = " --rpc <node> --gateway <gateway>" if shown.provenance else ""
    store = public_url(rendition_key("0" * 64, "webp")) if shown.avatar else None
    parts = urlsplit(store) if store else None
    return f"{options} --allow {parts.scheme}://{parts.netloc}" if parts else options


def keys_url() -> str:
    """Return where the public keys are, "" if the host project does not have `profiles.well_known_urls`."""
    try:
        return _absolute(reverse("profiles_well_known:receipt_keys"))
    except NoReverseMatch:
        return ""


def build_receipt(profile: Profile, shown: ShownPicture) -> Receipt:
    avatar = shown.avatar
    image = avatar.image if avatar else None
    return {
        "handle": profile.handle,
        "name": profile.name,
        "profile": _absolute(profile.get_absolute_url()),
        "url": _absolute(reverse("profiles:avatar", args=[profile.handle])),
        "alt": shown.alt_text,
        "mark": shown.mark,
        "provenance": shown.provenance,
        "source": avatar.source if avatar else None,
        "sha256": image.sha256 if image else None,
        "type": image.mime if image else None,
        "width": image.width if image else None,
        "height": image.height if image else None,
        "frames": image.frames if image else None,
        "sizes": [_size(each) for each in image.renditions.order_by("size", "-is_still")] if image else [],
    }


def _mark_until(shown: ShownPicture) -> str | None:
    if not shown.mark or shown.avatar is None or shown.avatar.attested_at is None:
        return None
    return (shown.avatar.attested_at + settings.current().mark_max_age).isoformat()


def _size(rendition: Rendition) -> Size:
    return {
        "size": rendition.size,
        "type": OutputFormat(rendition.format).content_type,
        "animated": not rendition.is_still,
        "bytes": rendition.byte_count,
        "sha256": rendition.sha256,
        "url": _absolute(content_url(rendition)),
    }


def _absolute(path: str) -> str:
    """Return the URL under SITE_ORIGIN, never under the Host header."""
    return urljoin(settings.current().site_origin, path)
