"""WalletConnect: wallets on a phone, reached over a relay. Offered only if the site has a project id."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from avatarsite.settings import env

RELAY = "wss://relay.walletconnect.org"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def read() -> dict[str, str] | None:
    """Return the relay and our id there. Without an id, return None: no page offers, loads or may connect to it."""
    project_id = env.text("WALLETCONNECT_PROJECT_ID", "")
    relay_url = env.text("WALLETCONNECT_RELAY_URL", RELAY).rstrip("/")
    if not project_id:
        return None
    _check(relay_url)
    return {"project_id": project_id, "relay_url": relay_url}


def origin(relay: dict[str, str]) -> str:
    """Return the relay's origin, for the Content-Security-Policy."""
    place = urlsplit(relay["relay_url"])
    return f"{place.scheme}://{place.netloc}"


def _check(relay_url: str) -> None:
    place = urlsplit(relay_url)
    if place.scheme == "wss" and place.hostname:
        return
    if place.scheme == "ws" and place.hostname in LOOPBACK:
        return
    raise ImproperlyConfigured(f"WALLETCONNECT_RELAY_URL is {relay_url!r}: write wss://host, or ws:// on this machine.")
