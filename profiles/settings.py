"""How often programs may call, counted by the hour; each a setting of the host project with a default."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from profiles.images.limits import RENDITION_SIZES, ImageLimits
from profiles.images.picture import MIDDLE, Crop, DecodeRequest


def calls_per_hour() -> int:
    """Calls with one person's tokens, all of them together."""
    return int(getattr(settings, "AVATAR_API_CALLS_PER_HOUR", 3600))


def guest_calls_per_hour() -> int:
    """Calls without a token from one network."""
    return int(getattr(settings, "AVATAR_API_GUEST_CALLS_PER_HOUR", 3600))


def guesses_per_hour() -> int:
    """Calls with wrong tokens from one network. Guessing is hopeless; this spares the database."""
    return int(getattr(settings, "AVATAR_API_GUESSES_PER_HOUR", 600))


def new_tokens_per_hour() -> int:
    """Tokens one person may make in an hour, revoked ones too: each leaves a row for a while."""
    return int(getattr(settings, "AVATAR_API_NEW_TOKENS_PER_HOUR", 60))


# Our settings, each with a default, read when asked so that tests and host projects may change them.

#: How far the clocks of our machines may stand apart. A check from further in the future than this was made by a clock
#: that has been set right since, and says nothing of the present.
CLOCK_SKEW = timedelta(minutes=5)
#: Seconds by which a cache in front of us may overdraw an answer's time: it counts in whole ones, from when it has it.
CACHE_SLACK = 2


def _setting(name: str, default: Any) -> Any:
    return getattr(settings, name, default)


def mark_max_age() -> timedelta:
    """How old an attestation may be for the verified mark to be shown."""
    return timedelta(seconds=_setting("AVATAR_MARK_MAX_AGE", 3600))


def image_max_age() -> timedelta:
    """How old an attestation may be for the picture itself to be shown."""
    return timedelta(seconds=_setting("AVATAR_IMAGE_MAX_AGE", 86_400))


def on_loss() -> str:
    """What becomes of a picture whose right was lost, for who wishes nothing else: a value of standing.OnLoss."""
    return str(_setting("AVATAR_ON_LOSS", "revert"))


def on_loss_choices() -> list[str]:
    """What people may wish for instead."""
    return list(_setting("AVATAR_ON_LOSS_CHOICES", ["revert", "plain"]))


def loss_grace() -> timedelta:
    """How long a picture stays, without its mark, after its right was lost, before that is done."""
    return timedelta(seconds=_setting("AVATAR_LOSS_GRACE", 0))


def image_limits() -> ImageLimits:
    """The caps of the pure code, overridden by AVATAR_MAX_BYTES, _PIXELS, _SIDE, _FRAMES and _TOTAL_PIXELS."""
    names = [each.name for each in fields(ImageLimits)]
    return ImageLimits(**{name: int(_setting(f"AVATAR_{name.upper()}", getattr(ImageLimits, name))) for name in names})


def decode_request(*, svg_allowed: bool, crop: Crop | None = None) -> DecodeRequest:
    """Every rendition size, within our limits. SVG only from tokens, and only as pixels. The plain middle is no crop:
    the whole picture is kept, and another part of it can be chosen later."""
    return DecodeRequest(image_limits(), RENDITION_SIZES, None if crop == MIDDLE else crop, svg_allowed)


def upload_max_bytes() -> int:
    return image_limits().max_bytes


def uploads_per_hour() -> int:
    """Uploads one person may try in an hour, refused ones too: each costs a decoder its time."""
    return int(_setting("AVATAR_UPLOADS_PER_HOUR", 30))


def undo_time() -> timedelta:
    """How long a removed picture can be brought back; afterwards it is erased for good."""
    return timedelta(seconds=_setting("AVATAR_UNDO_SECONDS", 600))


def unused_image_age() -> timedelta:
    """How long a stored picture without any holder is kept: longer than any one request takes to give it a holder."""
    return timedelta(seconds=_setting("AVATAR_UNUSED_SECONDS", 600))


def store_time() -> timedelta:
    """How long storing one picture, some twenty objects, may take before it is given up: a person is waiting."""
    return timedelta(seconds=_setting("AVATAR_STORE_SECONDS", 30))


def grace_time() -> timedelta:
    """How old an object or row must be before the janitor may find it has no counterpart."""
    return timedelta(seconds=_setting("AVATAR_GRACE_SECONDS", 900))


def direct_upload() -> bool:
    """Whether browsers may send pictures straight to the store, if it can take them (S3)."""
    return bool(_setting("AVATAR_DIRECT_UPLOAD", False))


def browsers_s3_endpoint() -> str:
    """Where browsers reach the S3 server, "" where it is where we reach it."""
    return str(_setting("AVATAR_BROWSER_S3_ENDPOINT", ""))


def serve_from_store() -> str:
    """Nothing to send renditions ourselves; "public" or "signed" to lead browsers to the store."""
    return str(_setting("AVATAR_SERVE_FROM_STORE", ""))


def store_public_url() -> str:
    """The public address of the folder that holds `renditions/`, without a slash at the end."""
    return str(_setting("AVATAR_STORE_PUBLIC_URL", "")).rstrip("/")


def signed_seconds() -> int:
    """How long a signed address of a rendition works."""
    return int(_setting("AVATAR_SIGNED_SECONDS", 3600))


def avatar_max_age() -> int:
    """Seconds an answer of `/avatar/<id>` may be kept: with CACHE_SLACK, a changed picture is seen in less than 5."""
    return int(_setting("AVATAR_CACHE_SECONDS", 3))


def outage_seconds() -> int:
    """How much longer a cache in front of us may show an answer while we are down, if its attestation lasts so long."""
    return int(_setting("AVATAR_OUTAGE_SECONDS", 60))


def drawings_per_hour() -> int:
    """Pictures one network may have drawn or encoded anew in an hour; what is stored or remembered costs nothing."""
    return int(_setting("AVATAR_DRAWINGS_PER_HOUR", 6000))


def default_url_hosts() -> frozenset[str]:
    """host[:port] of the addresses that `d=` may send people on to. None by default: strangers write that address."""
    return frozenset(str(host).lower() for host in _setting("AVATAR_DEFAULT_URL_HOSTS", []))


def trusted_proxies() -> int:
    """Proxies of ours in front, each of which appends to X-Forwarded-For."""
    return int(_setting("TRUSTED_PROXY_COUNT", 0))


def receipt_signing_key() -> str:
    """The Ed25519 key that signs receipts, as PEM (PKCS #8); "" where none does."""
    return str(_setting("AVATAR_RECEIPT_SIGNING_KEY", ""))


def receipt_public_keys() -> list[str]:
    """More public keys to publish, in base64url: earlier ones, whose receipts shall stay checkable, and coming ones."""
    return list(_setting("AVATAR_RECEIPT_PUBLIC_KEYS", []))


def knows_addresses() -> bool:
    return bool(_setting("AVATAR_VERIFIED_ADDRESSES", ""))


def verified_addresses(user: Any) -> list[str]:
    """The e-mail addresses this user proved to be theirs, from the host project: AVATAR_VERIFIED_ADDRESSES names a
    function of a user that lists them. None without it."""
    path = _setting("AVATAR_VERIFIED_ADDRESSES", "")
    return list(import_string(path)(user)) if path else []


def reserved_handles() -> frozenset[str]:
    """Handles nobody may take, beside those that are reserved everywhere (services.people.RESERVED)."""
    site = str(_setting("SITE_NAME", "")).lower()
    return frozenset({site, *_setting("AVATAR_RESERVED_HANDLES", [])} - {""})


def site_origin() -> str:
    """scheme://host[:port] of links in JSON; without it they stay relative."""
    return str(_setting("SITE_ORIGIN", ""))
