"""What the privacy page says of this very site: how long things are kept, cookies, and who else learns something."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.utils.translation import gettext as _

from profiles import settings as profiles_settings
from profiles.notices.recording import KEPT as NOTICES_KEPT
from profiles.people.api_tokens import KEPT_AFTER_END
from profiles.people.handles import RETIRED_FOR
from users.sign_in_log import KEPT as SIGN_INS_KEPT

DAY = 86_400  # seconds


@dataclass(frozen=True)
class Periods:
    """For how long things are kept, in days; `removed_minutes` for pictures that a person removed."""

    session: int = settings.SESSION_COOKIE_AGE // DAY
    sign_ins: int = SIGN_INS_KEPT.days
    notices: int = NOTICES_KEPT.days
    tokens: int = KEPT_AFTER_END.days
    handle: int = RETIRED_FOR.days
    delete: int = 0
    export: int = 0
    reports: int = 0
    webhooks: int = 0
    removed_minutes: int = 0


@dataclass(frozen=True)
class ThirdParties:
    """Who else our servers, or with `relay` the visitor's browser, talk to. Names of domains, never whole URLs."""

    chains: tuple[tuple[str, str], ...] = ()
    gateways: str = ""
    indexers: str = ""
    pinners: str = ""
    relay: str = ""
    errors: str = ""
    store: str = ""


def read_periods() -> Periods:
    ours = profiles_settings.current()
    minutes = int(ours.undo_time.total_seconds() // 60)
    return Periods(
        delete=ours.delete_days,
        export=ours.export_days,
        reports=ours.report_days,
        webhooks=ours.webhook_kept_days,
        removed_minutes=minutes,
    )


def read_third_parties() -> ThirdParties:
    errors, store = _names([settings.SENTRY_DSN]), _names([settings.AVATAR_BROWSER_S3_ENDPOINT])
    if not apps.is_installed("nft"):
        return ThirdParties(errors=errors, store=store)
    from nft.settings import conf  # a site without nft imports none of it
    from nft.settings.chains import chains

    nft = conf()
    relay = settings.WALLETCONNECT["relay_url"] if settings.WALLETCONNECT else ""
    return ThirdParties(
        chains=tuple((chain.name, _names(chain.rpc_urls)) for chain in chains().values()),
        gateways=_names(nft.ipfs_gateways),
        indexers=", ".join(sorted({each.shown_name for each in nft.indexers})),
        pinners=", ".join(each.name for each in nft.pinners),
        relay=_names([relay]),
        errors=errors,
        store=store,
    )


def _names(urls: Iterable[str]) -> str:
    """Return the providers' domains. The parts in front are left out: some providers put a customer's key there."""
    return ", ".join(dict.fromkeys(domain_of(url) for url in urls if url))


def domain_of(url: str) -> str:
    """Return the last two labels of a URL's host; for an address or a bare name, that it is a server of ours."""
    host = urlsplit(url).hostname or ""
    labels = host.split(".")
    try:
        ip_address(host)
    except ValueError:
        if len(labels) > 1:
            return ".".join(labels[-2:])
    return _("our own server")
