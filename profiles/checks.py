"""System checks of the settings. Ids are stable."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.module_loading import import_string

from profiles import settings as profiles_settings
from profiles.models.display import OnLoss

#: Other pictures are seldom closer than this: beyond, candidates are too many.
MOST_DISTANCE = 12
MIDDLEWARE = "profiles.middleware.CookielessMedia"
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
KEYS_PATH = ".well-known/avatarsite-receipt-keys.json"
SECURITY = "django.middleware.security.SecurityMiddleware"


@register()
def check_storage(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    if "avatars" in settings.STORAGES:
        return []
    return [
        Error(
            'STORAGES has no "avatars".',
            hint="Pictures are kept there: name any django-storages backend.",
            id="profiles.E001",
        )
    ]


@register()
def check_ages(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Check that no mark outlives its picture, and no purge overtakes the request that stores an image."""
    found: list[CheckMessage] = []
    ours = profiles_settings.current()
    if not timedelta(0) < ours.mark_max_age <= ours.image_max_age:
        found.append(Error("0 < AVATAR_MARK_MAX_AGE <= AVATAR_IMAGE_MAX_AGE does not hold.", id="profiles.E002"))
    if ours.unused_image_age < timedelta(minutes=1):
        found.append(
            Error(
                "AVATAR_UNUSED_SECONDS is less than 60.",
                hint="A picture is stored before it is shown; a purge in between would refuse slow uploads.",
                id="profiles.E003",
            )
        )
    return found


@register()
def check_on_loss(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    ours = profiles_settings.current()
    wrong = [policy for policy in (ours.on_loss, *ours.on_loss_choices) if policy not in OnLoss.values]
    if not wrong:
        return []
    hint = f"AVATAR_ON_LOSS is one of them, AVATAR_ON_LOSS_CHOICES some of them: {', '.join(OnLoss.values)}."
    return [Error(f"“{wrong[0]}” is nothing that can be done on a loss.", hint=hint, id="profiles.E010")]


@register()
def check_limits(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    limits = vars(profiles_settings.current().image_limits)
    bad = [f"AVATAR_{name.upper()}" for name, value in limits.items() if value < 1]
    return [Error(f"{name} must be at least 1.", id="profiles.E004") for name in bad]


@register()
def check_blocks(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Check how blocked pictures are found, and that the classifier can be loaded."""
    ours, found = profiles_settings.current(), list[CheckMessage]()
    if ours.blocked_similar not in {"hold", "refuse"} or not 0 <= ours.block_distance <= MOST_DISTANCE:
        hint = f"AVATAR_BLOCKED_SIMILAR is hold or refuse, AVATAR_BLOCK_DISTANCE a number from 0 to {MOST_DISTANCE}."
        found.append(Error("How similar pictures are blocked is not clear.", hint=hint, id="profiles.E012"))
    if ours.classifier_unknown not in {"show", "hold"}:
        found.append(Error("AVATAR_CLASSIFIER_UNKNOWN is neither show nor hold.", id="profiles.E013"))
    if ours.classifier:
        try:
            import_string(ours.classifier)
        except ImportError as error:
            found.append(Error(f"AVATAR_CLASSIFIER can't be loaded: {error}", id="profiles.E013"))
    return found


@register()
def check_appeals(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Check that a removed picture is still there when an appeal against its removal is upheld."""
    ours = profiles_settings.current()
    if ours.appeal_days <= ours.moderated_days:
        return []
    hint = "An appeal could no longer bring back a removed picture: shorten the one, or lengthen the other."
    return [Error("REPORTS_APPEAL_DAYS is more than AVATAR_MODERATED_DAYS.", hint=hint, id="profiles.E014")]


@register()
def check_networks(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    ours = profiles_settings.current()
    given = {"AVATAR_IPV4_NETWORKS": (ours.ipv4_networks, 32), "AVATAR_IPV6_NETWORKS": (ours.ipv6_networks, 128)}
    return [
        Error(f"{name} needs numbers of bits from {bits} to 1, the largest first.", id="profiles.E011")
        for name, (widths, bits) in given.items()
        if not widths or list(widths) != sorted({each for each in widths if 1 <= each <= bits}, reverse=True)
    ]


@register()
def check_store(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    ours = profiles_settings.current()
    mode, public = ours.serve_from_store, ours.store_public_url
    if mode not in {"", "public", "signed"}:
        return [Error(f"AVATAR_SERVE_FROM_STORE is {mode!r}: leave it empty, or public or signed.", id="profiles.E005")]
    if mode == "public" and not public.startswith(("https://", "http://")):
        return [
            Error(
                "AVATAR_SERVE_FROM_STORE=public needs AVATAR_STORE_PUBLIC_URL.",
                hint="The address that renditions/… hangs under, e.g. https://cdn.example/avatars.",
                id="profiles.E006",
            )
        ]
    return []


@register()
def check_receipt_keys(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Check that whoever reads a signed receipt finds the key where RFC 8615 has it."""
    if not profiles_settings.current().receipt_signing_key:
        return []
    try:
        is_at_root = reverse("profiles_well_known:receipt_keys") == get_script_prefix() + KEYS_PATH
    except NoReverseMatch:
        is_at_root = False
    if is_at_root:
        return []
    hint = 'Add path("", include("profiles.well_known_urls")) to the URL configuration.'
    text = f"AVATAR_RECEIPT_SIGNING_KEY is set, but /{KEYS_PATH} is no address of ours: receipts are not signed."
    return [Error(text, hint=hint, id="profiles.E015")]


@register()
def check_cache(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn where rate limits can't count: per process, or not at all."""
    backend = str(settings.CACHES.get("default", {}).get("BACKEND", ""))
    if not backend.endswith(("LocMemCache", "DummyCache")):
        return []
    return [
        Warning(
            f"The default cache is {backend.rpartition('.')[2]}: rate limits are counted per process, or not at all.",
            hint="Name a cache that all processes share, such as Redis.",
            id="profiles.W003",
        )
    ]


@register()
def check_cookieless(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    order = list(settings.MIDDLEWARE)
    found: list[CheckMessage] = []
    if SESSIONS in order and not _stands_before(MIDDLEWARE, SESSIONS):
        found.append(
            Warning(
                f"{MIDDLEWARE} does not stand before sessions in MIDDLEWARE.",
                hint="Without it every picture on a page costs a signed-in visitor a session and its user.",
                id="profiles.W001",
            )
        )
    if {SECURITY, MIDDLEWARE} <= set(order) and not _stands_before(SECURITY, MIDDLEWARE):
        found.append(
            Warning(
                f"{SECURITY} does not stand before {MIDDLEWARE} in MIDDLEWARE.",
                hint="Pictures are answered there and then, without the headers that it would add.",
                id="profiles.W002",
            )
        )
    return found


def _stands_before(first: str, second: str) -> bool:
    order = list(settings.MIDDLEWARE)
    return first in order and order.index(first) < order.index(second)
