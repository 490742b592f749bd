"""The context of every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.functional import SimpleLazyObject

from profiles.notices.recording import get_asking
from profiles.people.signed_in import own_profile

if TYPE_CHECKING:
    from nft.settings.chains import Chain


def site(request: HttpRequest) -> dict[str, object]:
    return {
        "site_name": settings.SITE_NAME,
        "site_notice": settings.SITE_NOTICE,
        "site_origin": settings.SITE_ORIGIN,
        "operator": settings.OPERATOR,
        "local_stack": settings.LOCAL_STACK,
        "features": {"nft": apps.is_installed("nft")},
        "chains": _public_chains() if apps.is_installed("nft") else [],
        "walletconnect": settings.WALLETCONNECT and _walletconnect(settings.WALLETCONNECT),
        "my_notices": SimpleLazyObject(lambda: get_asking(own_profile(request))),
        "my_profile": SimpleLazyObject(lambda: own_profile(request) if request.user.is_authenticated else None),
    }


def _walletconnect(relay: dict[str, str]) -> dict[str, str]:
    """Return how to reach the relay, and how the site presents itself to the wallet (nft/static/nft/js/walletconnect.js)."""
    return {
        "projectId": relay["project_id"],
        "relayUrl": relay["relay_url"],
        "name": settings.SITE_NAME,
        "icon": settings.SITE_ORIGIN + static("img/icon.svg"),
    }


def _public_chains() -> list[dict[str, str | int]]:
    from nft.settings.chains import chains  # a site without nft imports none of it

    return [_public_chain(chain) for chain in chains().values()]


def _public_chain(chain: Chain) -> dict[str, str | int]:
    return {
        "id": chain.id,
        "name": chain.name,
        "explorer_url": chain.explorer_url,
        "currency": chain.currency,
        # A node's URL often holds its key, so pages see ours only if it is the local one.
        "rpc_url": chain.rpc_urls[0] if settings.LOCAL_STACK else chain.wallet_rpc_url,
    }
