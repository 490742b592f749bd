"""Mixtures of settings that each make sense and together do not."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from profiles.serving import signing

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
# Earlier names of settings and environment variables, with the names that replaced them.
RENAMED = {
    "NFT_MARK_MAX_AGE": "AVATAR_MARK_MAX_AGE",
    "NFT_IMAGE_MAX_AGE": "AVATAR_IMAGE_MAX_AGE",
    "NFT_ON_LOSS": "AVATAR_ON_LOSS",
    "NFT_ON_LOSS_CHOICES": "AVATAR_ON_LOSS_CHOICES",
    "NFT_LOSS_GRACE": "AVATAR_LOSS_GRACE",
    "NFT_RATE_LIMITS": "AVATAR_RATE_LIMITS",
    "AVATAR_MISSING_PROOF": "AVATAR_REAUTHENTICATION",
    "NFT_REAUTHENTICATION": "AVATAR_REAUTHENTICATION",
    "RECEIPT_SIGNING_KEY": "AVATAR_RECEIPT_SIGNING_KEY",
    "RECEIPT_SIGNING_KEY_FILE": "AVATAR_RECEIPT_SIGNING_KEY_FILE",
    "RECEIPT_PUBLIC_KEYS": "AVATAR_RECEIPT_PUBLIC_KEYS",
}


@register()
def check_renamed(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report settings that still carry an earlier name: they have no effect."""
    stale = [name for name in RENAMED if name in os.environ or hasattr(settings, name)]
    return [Error(f"{name} has no effect: it is now {RENAMED[name]}.", id="avatarsite.E010") for name in stale]


@register()
def check_local_stack(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """LOCAL_STACK brings a known SECRET_KEY and a wallet without a lock: never where others can reach it."""
    if not settings.LOCAL_STACK or urlsplit(settings.SITE_ORIGIN).hostname in LOOPBACK:
        return []
    return [
        Error(
            f"LOCAL_STACK=1 with SITE_ORIGIN={settings.SITE_ORIGIN}.",
            hint="The local stack has known secrets. Unset LOCAL_STACK, or use a loopback SITE_ORIGIN.",
            id="avatarsite.E001",
        )
    ]


@register()
def check_debug(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    if not settings.DEBUG or settings.LOCAL_STACK:
        return []
    return [Error("DEBUG=1 outside the local stack shows secrets to visitors.", id="avatarsite.E002")]


@register()
def check_origin(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Sign-in messages name SITE_ORIGIN; a browser would refuse a passkey or wallet on plain http elsewhere."""
    site = urlsplit(settings.SITE_ORIGIN)
    found: list[CheckMessage] = []
    if site.scheme not in {"http", "https"} or not site.hostname or site.path or site.query:
        found.append(
            Error(
                f"SITE_ORIGIN={settings.SITE_ORIGIN} is not an origin.",
                hint="Write scheme://host[:port], nothing more.",
                id="avatarsite.E003",
            )
        )
    if site.scheme == "http" and site.hostname not in LOOPBACK:
        found.append(
            Error(
                f"SITE_ORIGIN={settings.SITE_ORIGIN} is plain http: sessions and signatures could be taken.",
                hint="Put TLS in front and write https://.",
                id="avatarsite.E004",
            )
        )
    return found


@register()
def check_ages(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """A sweep slower than the mark's age would make every mark blink."""
    if settings.NFT_SWEEP_PERIOD < settings.AVATAR_MARK_MAX_AGE <= settings.AVATAR_IMAGE_MAX_AGE:
        return []
    return [
        Error(
            "NFT_SWEEP_PERIOD < AVATAR_MARK_MAX_AGE <= AVATAR_IMAGE_MAX_AGE does not hold: "
            f"{settings.NFT_SWEEP_PERIOD}, {settings.AVATAR_MARK_MAX_AGE}, {settings.AVATAR_IMAGE_MAX_AGE} s.",
            id="avatarsite.E005",
        )
    ]


@register()
def check_gateways(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    if settings.LOCAL_STACK or not settings.NFT_ENABLED or len(settings.NFT_IPFS_GATEWAYS) >= 2:
        return []
    return [
        Warning(
            f"NFT_IPFS_GATEWAYS names {len(settings.NFT_IPFS_GATEWAYS)} gateway(s).",
            hint="Name at least two trustless gateways, so that one outage does not stop new pictures.",
            id="avatarsite.W001",
        )
    ]


@register()
def check_default_chain(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    if not settings.NFT_ENABLED or settings.NFT_DEFAULT_CHAIN_ID in settings.NFT_CHAINS:
        return []
    return [
        Error(
            f"NFT_DEFAULT_CHAIN_ID={settings.NFT_DEFAULT_CHAIN_ID} is not one of NFT_CHAINS.",
            hint=f"Configured: {', '.join(map(str, settings.NFT_CHAINS)) or 'none'}. Or set NFT_ENABLED=0.",
            id="avatarsite.E006",
        )
    ]


@register()
def check_admin_by_wallet(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """A wallet opens the admin together with a second factor only, so there must be one to set up."""
    if not settings.ADMIN_WALLET_SIGN_IN:
        return []
    if not settings.NFT_ENABLED or not {"totp", "webauthn"} & set(settings.MFA_SUPPORTED_TYPES):
        return [
            Error(
                "ADMIN_WALLET_SIGN_IN=1 where nobody can sign in by wallet with a second factor.",
                hint="It needs NFT_ENABLED=1, and “totp” or “webauthn” in MFA_SUPPORTED_TYPES. Or set it to 0.",
                id="avatarsite.E007",
            )
        ]
    return []


@register()
def check_receipt_keys(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    try:
        keys = signing.public_keys()["keys"]
    except signing.BadSigningKey as error:
        return [Error(str(error), hint="Make one: openssl genpkey -algorithm ed25519", id="avatarsite.E009")]
    if settings.LOCAL_STACK or (keys and settings.AVATAR_RECEIPT_SIGNING_KEY):
        return []
    return [
        Warning(
            "AVATAR_RECEIPT_SIGNING_KEY is not set: receipts are not signed, and say so.",
            hint="Make one: openssl genpkey -algorithm ed25519 -out key.pem; AVATAR_RECEIPT_SIGNING_KEY_FILE=key.pem",
            id="avatarsite.W002",
        )
    ]


@register()
def check_session_ages(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Otherwise every session of a contract account would end before its contract is asked."""
    if settings.NFT_SESSION_RECHECK < settings.NFT_SESSION_UNCHECKED_MAX:
        return []
    return [
        Error(
            "NFT_SESSION_RECHECK < NFT_SESSION_UNCHECKED_MAX does not hold: "
            f"{settings.NFT_SESSION_RECHECK}, {settings.NFT_SESSION_UNCHECKED_MAX} s.",
            id="avatarsite.E008",
        )
    ]
