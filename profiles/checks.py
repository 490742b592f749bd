"""System checks of our settings. Ids are stable. Those of Django and its parts: `profiles.project_checks`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from profiles import settings as profiles_settings
from profiles.models.display import OnLoss

#: Other pictures are seldom closer than this: beyond, candidates are too many.
MOST_DISTANCE = 12
#: Webhooks are sent in runs that end before the lease of a delivery, two minutes, is over.
LONGEST_WEBHOOK = timedelta(seconds=15)
FEWEST_WEBHOOK_DAYS = 2


def check_settings(check: Callable[[], list[CheckMessage]]) -> Callable[..., list[CheckMessage]]:
    """Register a check of settings that are right each by itself. It has nothing to say while one of them is not."""

    def registered(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
        return [] if profiles_settings.setting_errors() else check()

    registered.__name__, registered.__doc__ = check.__name__, check.__doc__
    return register()(registered)


@register()
def check_each_setting(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Check each setting by itself."""
    hint = "docs/extend/django.md, Settings"
    return [Error(sentence, hint=hint, id="profiles.E016") for sentence in profiles_settings.setting_errors()]


@check_settings
def check_ages() -> list[CheckMessage]:
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


@check_settings
def check_on_loss() -> list[CheckMessage]:
    ours = profiles_settings.current()
    wrong = [policy for policy in (ours.on_loss, *ours.on_loss_choices) if policy not in OnLoss.values]
    if not wrong:
        return []
    hint = f"AVATAR_ON_LOSS is one of them, AVATAR_ON_LOSS_CHOICES some of them: {', '.join(OnLoss.values)}."
    return [
        Error(
            f"AVATAR_ON_LOSS, AVATAR_ON_LOSS_CHOICES: “{wrong[0]}” is nothing that can be done on a loss.",
            hint=hint,
            id="profiles.E010",
        )
    ]


@check_settings
def check_limits() -> list[CheckMessage]:
    limits = vars(profiles_settings.current().image_limits)
    bad = [f"AVATAR_{name.upper()}" for name, value in limits.items() if value < 1]
    return [Error(f"{name} must be at least 1.", id="profiles.E004") for name in bad]


@check_settings
def check_blocks() -> list[CheckMessage]:
    """Check how blocked pictures are found, and that the classifier can be loaded."""
    ours, found = profiles_settings.current(), list[CheckMessage]()
    if ours.blocked_similar not in {"hold", "refuse"}:
        found.append(Error("AVATAR_BLOCKED_SIMILAR is neither hold nor refuse.", id="profiles.E012"))
    if not 0 <= ours.block_distance <= MOST_DISTANCE:
        found.append(Error(f"AVATAR_BLOCK_DISTANCE is not from 0 to {MOST_DISTANCE}.", id="profiles.E012"))
    if ours.classifier_unknown not in {"show", "hold"}:
        found.append(Error("AVATAR_CLASSIFIER_UNKNOWN is neither show nor hold.", id="profiles.E013"))
    return found


@check_settings
def check_dotted_paths() -> list[CheckMessage]:
    """Check what settings name by a dotted path: otherwise it would be missed at its first use."""
    ours, found = profiles_settings.current(), list[CheckMessage]()
    for name, path, kind in [
        ("AVATAR_CLASSIFIER", ours.classifier, "a function that judges a picture"),
        ("AVATAR_VERIFIED_ADDRESSES", ours.verified_addresses, "a function of a user"),
        ("AVATAR_REAUTHENTICATION", ours.reauthentication, "a profiles.people.proof.Reauthentication"),
    ]:
        try:
            is_callable = not path or callable(import_string(path))
        except ImportError as error:
            found.append(Error(f"{name} can't be loaded: {error}", hint=f"It names {kind}.", id="profiles.E013"))
        else:
            if not is_callable:
                found.append(Error(f"{name} names what can't be called.", hint=f"It names {kind}.", id="profiles.E013"))
    return found


@check_settings
def check_appeals() -> list[CheckMessage]:
    """Check that a removed picture is still there when an appeal against its removal is upheld."""
    ours = profiles_settings.current()
    if ours.appeal_days <= ours.moderated_days:
        return []
    hint = "An appeal could no longer bring back a removed picture: shorten the one, or lengthen the other."
    return [Error("REPORTS_APPEAL_DAYS is more than AVATAR_MODERATED_DAYS.", hint=hint, id="profiles.E014")]


@check_settings
def check_webhooks() -> list[CheckMessage]:
    """Check that no lease of a delivery ends before its answer may come, and no event is deleted while it is tried."""
    ours = profiles_settings.current()
    if timedelta(0) < ours.webhook_time <= LONGEST_WEBHOOK and ours.webhook_kept_days >= FEWEST_WEBHOOK_DAYS:
        return []
    hint = f"WEBHOOK_SECONDS is a number from 1 to {LONGEST_WEBHOOK.seconds}; events are tried for up to two days."
    return [Error("WEBHOOK_SECONDS or WEBHOOK_KEPT_DAYS can't be so.", hint=hint, id="profiles.E025")]


@check_settings
def check_networks() -> list[CheckMessage]:
    ours = profiles_settings.current()
    given = {"AVATAR_IPV4_NETWORKS": (ours.ipv4_networks, 32), "AVATAR_IPV6_NETWORKS": (ours.ipv6_networks, 128)}
    return [
        Error(f"{name} needs numbers of bits from {bits} to 1, the largest first.", id="profiles.E011")
        for name, (widths, bits) in given.items()
        if not widths or list(widths) != sorted({each for each in widths if 1 <= each <= bits}, reverse=True)
    ]


@check_settings
def check_store() -> list[CheckMessage]:
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
