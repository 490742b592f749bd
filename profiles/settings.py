"""The settings of `profiles`, parsed once into one typed value. All have defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.module_loading import import_string

from profiles import setting_values as values
from profiles.images.limits import ImageLimits
from profiles.images.picture import UNCHANGED, DecodeRequest, Edit

# How far the clocks of our machines may stand apart. A check from further in the future was made by a clock that has
# been set right since, and says nothing about the present.
CLOCK_SKEW = timedelta(minutes=5)
# Seconds by which a cache in front of us may overdraw an answer's time: it counts whole ones, from when it has it.
CACHE_SLACK = 2

# The settings whose names are not AVATAR_ and the name of the field.
NAMES = {
    "undo_time": "AVATAR_UNDO_SECONDS",
    "unused_image_age": "AVATAR_UNUSED_SECONDS",
    "store_time": "AVATAR_STORE_SECONDS",
    "export_days": "ACCOUNT_EXPORT_DAYS",
    "delete_days": "ACCOUNT_DELETE_DAYS",
    "classifier_time": "AVATAR_CLASSIFIER_SECONDS",
    "grace_time": "AVATAR_GRACE_SECONDS",
    "avatar_max_age": "AVATAR_CACHE_SECONDS",
    "handle_kept_time": "AVATAR_HANDLE_KEPT_SECONDS",
    "handle_change_time": "AVATAR_HANDLE_CHANGE_SECONDS",
    "guest_reports": "REPORTS_FROM_GUESTS",
    "appeal_days": "REPORTS_APPEAL_DAYS",
    "report_days": "REPORTS_KEPT_DAYS",
    "webhook_endpoints": "WEBHOOK_ENDPOINTS",
    "webhook_time": "WEBHOOK_SECONDS",
    "webhook_kept_days": "WEBHOOK_KEPT_DAYS",
    "webhook_failing_days": "WEBHOOK_FAILING_DAYS",
    "site_name": "SITE_NAME",
    "site_origin": "SITE_ORIGIN",
    "trusted_proxies": "TRUSTED_PROXY_COUNT",
}
DEFAULT_LIMITS = ImageLimits()


@dataclass(frozen=True)
class AvatarSettings:
    """What the host project decides. Each field is a setting: see NAMES, else AVATAR_ and its name.

    Durations are set in seconds.
    """

    # How old an attestation may be for the verified mark to be shown.
    mark_max_age: timedelta = timedelta(hours=1)
    # How old an attestation may be for the picture itself to be shown.
    image_max_age: timedelta = timedelta(days=1)
    # Default policy when the right to a picture is lost (a value of OnLoss), and the policies people may choose.
    on_loss: str = "revert"
    on_loss_choices: tuple[str, ...] = ("revert", "plain")
    # How long a picture stays, without its mark, before the policy applies.
    loss_grace: timedelta = timedelta(0)

    # How long a removed picture can be restored. Afterwards it is erased for good.
    undo_time: timedelta = timedelta(minutes=10)
    # How many days a picture that the site's team took away can be brought back by them. Nobody else sees it meanwhile.
    moderated_days: int = 30
    # How long a stored picture that nobody uses is kept: longer than a request takes to use it.
    unused_image_age: timedelta = timedelta(minutes=10)
    # How long storing one picture, some ten objects, may take: a person is waiting.
    store_time: timedelta = timedelta(seconds=30)
    # The age from which the janitor may call an object or row an orphan.
    grace_time: timedelta = timedelta(minutes=15)
    # Percent of one core that the janitor may take for walking through the store, all workers together.
    scan_percent: int = 5

    # Whether browsers may send pictures straight to the store, if it can take them (S3).
    direct_upload: bool = False
    # Where browsers reach the S3 server; "" if it is where we reach it.
    browser_s3_endpoint: str = ""
    # "" to send renditions ourselves; "public" or "signed" to redirect browsers to the store.
    serve_from_store: str = ""
    # The public URL of the folder that holds `renditions/`.
    store_public_url: str = ""
    # How long a signed URL of a rendition works, in seconds.
    signed_seconds: int = 3600

    # Seconds an answer of `/avatar/<id>` may be cached: with CACHE_SLACK, a change is seen in less than 5.
    avatar_max_age: int = 3
    # Seconds more that a cache in front of us may show an answer while we are down, if its attestation lasts so long.
    outage_seconds: int = 60
    # host[:port] of the addresses to which `d=` may redirect. None by default: strangers write that address.
    default_url_hosts: frozenset[str] = frozenset[str]()

    # Uploads a person may try in an hour, refused ones too: each costs the decoder its time.
    uploads_per_hour: int = 30
    # Pictures one network may have drawn or encoded in an hour. What is stored or cached costs nothing.
    drawings_per_hour: int = 6000
    # API calls in an hour: with all tokens of a person, and without a token from one network.
    api_calls_per_hour: int = 3600
    api_guest_calls_per_hour: int = 3600
    # Calls with wrong tokens from one network in an hour. Guessing is hopeless; this spares the database.
    api_guesses_per_hour: int = 600
    # Tokens a person may make in an hour, revoked ones too: each leaves a row for a while.
    api_new_tokens_per_hour: int = 60
    # {what: (count, seconds)}: replaces single limits, also of other apps; see profiles.limits.
    rate_limits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    # Files of their own data that a person may ask for in a day, and the days for which each is kept.
    exports_per_day: int = 3
    export_days: int = 7
    # The days in which a person who asked to be deleted can undo that. They are hidden at once.
    delete_days: int = 14
    # Whether people may report something without an account.
    guest_reports: bool = True
    # The days in which a decision of staff can be appealed, and a picture that they removed is kept for that.
    appeal_days: int = 14
    # The days for which a report and its evidence are kept after it was decided.
    report_days: int = 180
    # The addresses to which a person may have events posted. 0: none.
    webhook_endpoints: int = 5
    # How long an answer to a webhook may take, from name look-up to its headers.
    webhook_time: timedelta = timedelta(seconds=15)
    # The days for which events and their deliveries are kept, and after which an address that always fails is stopped.
    webhook_kept_days: int = 30
    webhook_failing_days: int = 5
    # Bits of the networks that visitors' tries are counted for, narrowest first. IPv4: an address and its neighbors.
    # IPv6: what a household has, what a provider may give it instead, and what a company or a rented server has.
    ipv4_networks: tuple[int, ...] = (32, 24)
    ipv6_networks: tuple[int, ...] = (64, 56, 48)

    # The Ed25519 key that signs receipts, as PEM (PKCS #8); "" for none.
    receipt_signing_key: str = ""
    # More public keys to publish, in base64url: earlier ones, so that their receipts can still be checked, and coming.
    receipt_public_keys: tuple[str, ...] = ()

    # Dotted path of a function of a user that lists the e-mail addresses they proved to be theirs.
    verified_addresses: str = ""
    # Dotted path of a profiles.people.proof.Reauthentication.
    reauthentication: str = ""
    # What becomes of a new picture that looks like a blocked one: "hold" it until staff decide, or "refuse" it at once.
    blocked_similar: str = "hold"
    # How many of 64 bits of their hashes may differ for that. Pixels decide then, so a larger number costs time only.
    block_distance: int = 10
    # Dotted path of a function that judges new pictures (profiles.pictures.classifying); "" for none.
    classifier: str = ""
    # How long it may take, and what is shown until it has answered: "show" or "hold" the picture.
    classifier_time: timedelta = timedelta(seconds=20)
    classifier_unknown: str = "show"
    # Where people write to who think that a decision about their picture is wrong; "" to say nothing of that.
    appeal_url: str = ""

    # Handles nobody may take, besides profiles.people.handles.RESERVED and the site's name.
    reserved_handles: frozenset[str] = frozenset[str]()
    # How long a handle that a person left leads to their new one, and is given to nobody else.
    handle_kept_time: timedelta = timedelta(days=90)
    # How often a person may change their handle within `handle_change_time`: each change keeps a handle from others.
    handle_changes: int = 3
    handle_change_time: timedelta = timedelta(days=30)

    # The label of the app in this project, where another app has the default. It begins the names of tables, so choose
    # it before the first `migrate`.
    app_label: str = "profiles"
    # Shared with the rest of the project: its name, and scheme://host[:port] of links in JSON ("" keeps them relative).
    site_name: str = ""
    site_origin: str = ""
    # Our own proxies in front, each of which appends to X-Forwarded-For.
    trusted_proxies: int = 0

    # The caps of the decoder: AVATAR_MAX_BYTES, _PIXELS, _SIDE, _FRAMES and _TOTAL_PIXELS.
    image_limits: ImageLimits = DEFAULT_LIMITS

    def __post_init__(self) -> None:
        object.__setattr__(self, "store_public_url", self.store_public_url.rstrip("/"))

    @property
    def upload_max_bytes(self) -> int:
        return self.image_limits.max_bytes


_FIELDS = {each.name: getattr(AvatarSettings(), each.name) for each in fields(AvatarSettings)}
_CAPS = {each.name: getattr(DEFAULT_LIMITS, each.name) for each in fields(ImageLimits)}
_BY_TYPE: Mapping[type, Callable[[object], object]] = {
    bool: values.parse_flag,
    int: values.parse_whole_number,
    str: values.parse_text,
    timedelta: values.parse_seconds,
    frozenset: values.parse_names,
    tuple: values.parse_texts,
    dict: values.parse_rates,
}
_PARSERS: Mapping[str, Callable[[object], object]] = {
    "app_label": values.parse_label,
    "appeal_url": values.parse_contact,
    "browser_s3_endpoint": values.parse_optional_url,
    "default_url_hosts": values.parse_hosts,
    "ipv4_networks": values.parse_numbers,
    "ipv6_networks": values.parse_numbers,
    "scan_percent": values.parse_percent,
    "site_name": values.parse_line,
    "site_origin": values.parse_origin,
    "store_public_url": values.parse_optional_url,
}


def setting_name(field_name: str) -> str:
    """Return the name of the setting of a field."""
    return NAMES.get(field_name, f"AVATAR_{field_name.upper()}")


def setting_names() -> list[str]:
    return [setting_name(name) for name in [*_FIELDS, *_CAPS] if name != "image_limits"]


def parse(source: object) -> AvatarSettings:
    """Read the settings from the attributes of `source`. Raise ImproperlyConfigured for the first that is wrong."""
    given = {name: _read(source, name, default) for name, default in _FIELDS.items() if name != "image_limits"}
    caps = {name: _read(source, name, default) for name, default in _CAPS.items()}
    return AvatarSettings(**given, image_limits=ImageLimits(**caps))


def app_label() -> str:
    """Return the label of the app, which Django must know before it can check any other setting."""
    return str(_read(settings, "app_label", _FIELDS["app_label"]))


def setting_errors() -> list[str]:
    """Return a sentence for each wrong setting of the project."""
    found: list[str] = []
    for name, default in (_FIELDS | _CAPS).items():
        try:
            name != "image_limits" and _read(settings, name, default)
        except ImproperlyConfigured as error:
            found.append(str(error))
    return found


@lru_cache(maxsize=1)
def current() -> AvatarSettings:
    """Return the project's settings, parsed once. Django's `setting_changed` has them parsed again."""
    return parse(settings)


def _forget(**kwargs: object) -> None:
    current.cache_clear()


setting_changed.connect(_forget, dispatch_uid="profiles.settings")


def _read(source: object, name: str, default: Any) -> Any:  # of the field's type
    setting = setting_name(name)
    parse_value = _PARSERS.get(name) or _BY_TYPE[type(default)]
    try:
        return parse_value(getattr(source, setting, default))
    except (TypeError, ValueError) as error:  # the sentences of the parsers repeat no value that may be a secret
        raise ImproperlyConfigured(f"{setting}: {error}") from None


def decode_request(
    sizes: tuple[int, ...], *, svg_allowed: bool, edit: Edit = UNCHANGED, limits: ImageLimits | None = None
) -> DecodeRequest:
    """Build a request for squares of `sizes` within `limits`, by default those of the settings."""
    return DecodeRequest(limits or current().image_limits, sizes, edit.part, svg_allowed, edit.turn, edit.angle)


def is_own_url(url: str) -> bool:
    """Return whether a browser may be sent to `url`: it is a path, or under SITE_ORIGIN, whatever Host was asked."""
    origin = urlsplit(current().site_origin)
    return url_has_allowed_host_and_scheme(url, {origin.netloc}, require_https=origin.scheme == "https")


def knows_addresses() -> bool:
    """Return whether the host project says which e-mail addresses are proved."""
    return bool(current().verified_addresses)


def verified_addresses(user: object) -> list[str]:
    """Return the e-mail addresses this user proved to be theirs, as the host project says; none if it doesn't."""
    path = current().verified_addresses
    return list(import_string(path)(user)) if path else []
