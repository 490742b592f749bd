"""What the pages of `nft` need of their templates: accounts that people show, and what wallets must know."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin

from django import template
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils import timezone

from nft import middleware
from nft.accounts import public
from nft.accounts.public import PublicAccount
from nft.app_labels import NFT
from nft.settings import conf, is_local_stack
from nft.settings.chains import Chain, chains
from profiles import settings as profiles_settings
from profiles.models import Profile

register = template.Library()
_READ = "_nft_public_accounts"


@register.simple_tag(takes_context=True)
def public_accounts(context: Mapping[str, HttpRequest], profile: Profile) -> list[PublicAccount]:
    """Return the accounts that this person shows, with their ENS names: read once for a page."""
    request = context["request"]
    read: dict[int, list[PublicAccount]] = request.__dict__.setdefault(_READ, {})
    if profile.user_id not in read:
        read[profile.user_id] = public.public_accounts(profile.user_id, timezone.now())
    return read[profile.user_id]


@register.simple_tag(takes_context=True)
def mark_wallet_page(context: Mapping[str, HttpRequest]) -> str:
    """Let wallets open windows of their own from this page. Return nothing to show."""
    middleware.mark_wallet_page(context["request"])
    return ""


@register.filter
def nft_admin(page: str) -> str:
    """Return the URL name of a page of the admin about a model of `nft`, such as "tokenclaim_change"."""
    return f"admin:{NFT}_{page}"


@register.simple_tag
def local_stack() -> bool:
    """Tell whether pages may offer play money and the demo wallet."""
    return is_local_stack()


@register.simple_tag
def wallet_chains() -> list[dict[str, str | int]]:
    """Return the chains as page scripts know them."""
    return [_public_chain(chain) for chain in chains().values()]


def _public_chain(chain: Chain) -> dict[str, str | int]:
    return {
        "id": chain.id,
        "name": chain.name,
        "explorer_url": chain.explorer_url,
        "currency": chain.currency,
        # A node's URL often holds its key, so pages see ours only if it is the local one.
        "rpc_url": chain.rpc_urls[0] if is_local_stack() else chain.wallet_rpc_url,
    }


@register.simple_tag
def walletconnect() -> dict[str, str] | None:
    """Return how to reach the relay, and how the site presents itself to the wallet (nft/js/walletconnect.js)."""
    given, site = conf(), profiles_settings.current()
    if not given.walletconnect_project_id:
        return None
    return {
        "projectId": given.walletconnect_project_id,
        "relayUrl": given.walletconnect_relay_url,
        "name": site.site_name,
        "icon": urljoin(site.site_origin, static(given.walletconnect_icon)) if given.walletconnect_icon else "",
    }
