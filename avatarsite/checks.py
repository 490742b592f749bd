"""System checks: settings that each make sense and together do not."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection
from django.urls import URLResolver
from django.utils.module_loading import import_string

from avatarsite.ops.connections import connections_problem, read_connections

YEAR = 31_536_000
ADMIN_PATH = re.compile(r"[\w-]+(/[\w-]+)*", re.ASCII)
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
def check_renamed(app_configs: object, **_: object) -> list[CheckMessage]:
    """Report settings that still carry an earlier name: they have no effect."""
    stale = [name for name in RENAMED if name in os.environ or hasattr(settings, name)]
    return [Error(f"{name} has no effect: it is now {RENAMED[name]}.", id="avatarsite.E010") for name in stale]


@register()
def check_local_stack(app_configs: object, **_: object) -> list[CheckMessage]:
    """Check that others can't reach a local stack: its SECRET_KEY is known, and its wallet has no lock."""
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
def check_debug(app_configs: object, **_: object) -> list[CheckMessage]:
    if not settings.DEBUG or settings.LOCAL_STACK:
        return []
    return [Error("DEBUG=1 outside the local stack shows secrets to visitors.", id="avatarsite.E002")]


@register()
def check_origin(app_configs: object, **_: object) -> list[CheckMessage]:
    """Check SITE_ORIGIN. Sign-in texts name it, and browsers refuse passkeys and wallets on plain http elsewhere."""
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
def check_admin_by_wallet(app_configs: object, **_: object) -> list[CheckMessage]:
    """Check that there is a second factor to set up: without one, no wallet opens the admin."""
    if not settings.ADMIN_WALLET_SIGN_IN:
        return []
    if settings.NFT_ENABLED and {"totp", "webauthn"} & set(settings.MFA_SUPPORTED_TYPES):
        return []
    return [
        Error(
            "ADMIN_WALLET_SIGN_IN=1 where nobody can sign in by wallet with a second factor.",
            hint="It needs NFT_ENABLED=1, and “totp” or “webauthn” in MFA_SUPPORTED_TYPES. Or set it to 0.",
            id="avatarsite.E007",
        )
    ]


@register()
def check_second_factor(app_configs: object, **_: object) -> list[CheckMessage]:
    """Check that a password alone does not open the admin, and that staff can set up what opens it."""
    if not settings.STAFF_NEED_SECOND_FACTOR:
        if settings.LOCAL_STACK:
            return []
        hint = "A stolen password opens it. Set STAFF_NEED_SECOND_FACTOR to 1, unless something in front asks for more."
        return [Warning("STAFF_NEED_SECOND_FACTOR=0: a password opens the admin.", hint=hint, id="avatarsite.W003")]
    if {"totp", "webauthn"} & set(settings.MFA_SUPPORTED_TYPES):
        return []
    hint = "Put “totp” or “webauthn” into MFA_SUPPORTED_TYPES."
    return [Error("STAFF_NEED_SECOND_FACTOR=1, and there is none to set up.", hint=hint, id="avatarsite.E013")]


@register()
def check_admin_path(app_configs: object, **_: object) -> list[CheckMessage]:
    """Check that the admin hides no page of the site, and no page hides the admin."""
    path = settings.ADMIN_PATH
    if ADMIN_PATH.fullmatch(path) and path.partition("/")[0] not in _first_segments():
        return []
    hint = (
        "Write one or more words of letters, digits, - and _, such as admin or staff/admin, that no page begins with."
    )
    return [Error(f"ADMIN_PATH={path} can't be used.", hint=hint, id="avatarsite.E011")]


def _first_segments() -> set[str]:
    """Return what the addresses of all pages but the admin's begin with."""
    found, waiting = {"static"}, list(import_string(f"{settings.ROOT_URLCONF}.urlpatterns"))
    while waiting:
        each = waiting.pop()
        route = str(each.pattern)
        if isinstance(each, URLResolver) and (not route or each.app_name == "admin"):
            waiting += each.url_patterns if not route else []
        else:
            found.add(route.partition("/")[0])
    return found


@register()
def check_preload(app_configs: object, **_: object) -> list[CheckMessage]:
    """Check what browsers' makers require of who asks for preloading: a domain stays on their lists for months."""
    if not settings.SECURE_HSTS_PRELOAD:
        return []
    if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS and settings.SECURE_HSTS_SECONDS >= YEAR:
        return []
    hint = f"It needs HSTS_INCLUDE_SUBDOMAINS=1 and HSTS_SECONDS of {YEAR} or more. Or set it to 0."
    return [Error("HSTS_PRELOAD=1 without what it requires.", hint=hint, id="avatarsite.E012")]


@register()
def check_receipt_keys(app_configs: object, **_: object) -> list[CheckMessage]:
    if settings.LOCAL_STACK or settings.AVATAR_RECEIPT_SIGNING_KEY:
        return []
    return [
        Warning(
            "AVATAR_RECEIPT_SIGNING_KEY is not set: receipts are not signed, and say so.",
            hint="Make one: openssl genpkey -algorithm ed25519 -out key.pem; AVATAR_RECEIPT_SIGNING_KEY_FILE=key.pem",
            id="avatarsite.W002",
        )
    ]


@register()
def check_operator(app_configs: object, **_: object) -> list[CheckMessage]:
    """Check that the pages on privacy and contact say who runs the site."""
    if settings.LOCAL_STACK or settings.OPERATOR.is_named:
        return []
    hint = "Set OPERATOR_NAME, OPERATOR_ADDRESS and OPERATOR_EMAIL. Most countries' law asks for them."
    return [Warning("/privacy/ and /contact/ do not say who runs the site.", hint=hint, id="avatarsite.W006")]


@register(Tags.database)
def check_connections(app_configs: object, databases: object = None, **_: object) -> list[CheckMessage]:
    """Check that PostgreSQL allows as many connections as the site's processes may open.

    It connects, so it runs only with `migrate` and `check --database default`.
    """
    problem = connections_problem(read_connections()) if databases else None
    return [Warning(problem, id="avatarsite.W004")] if problem else []


@register(Tags.database)
def check_database_log(app_configs: object, databases: Sequence[str] | None = None, **_: object) -> list[CheckMessage]:
    """Check that PostgreSQL's log leaves out the rows that it refuses. Runs with `check --database default` only."""
    if "default" not in (databases or ()) or connection.vendor != "postgresql" or settings.LOCAL_STACK:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SHOW log_error_verbosity")
        if cursor.fetchone() == ("terse",):
            return []
    return [
        Warning(
            "PostgreSQL writes the rows that it refuses to its log, with addresses and mail addresses in them.",
            hint="As its superuser: ALTER ROLE <the role of DATABASE_URL> SET log_error_verbosity = 'terse';",
            id="avatarsite.W005",
        )
    ]
