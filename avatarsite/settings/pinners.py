"""Who keeps our IPFS files besides ourselves (NFT_PINNERS, and their tokens in NFT_PINNER_TOKENS)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from avatarsite.settings import env

KINDS = ("kubo", "service")


def read() -> list[dict[str, str]]:
    """Each with name, kind, url and token ("" where it needs none)."""
    given, tokens = env.parsed_json("NFT_PINNERS", []), env.parsed_json("NFT_PINNER_TOKENS", {})
    if not isinstance(given, list) or not isinstance(tokens, dict):
        raise ImproperlyConfigured("NFT_PINNERS is a JSON list, NFT_PINNER_TOKENS a JSON object: name to token.")
    pinners = [_checked(one) | {"token": ""} for one in given]
    names = [one["name"] for one in pinners]
    if len(set(names)) != len(names) or not set(tokens) <= set(names):
        raise ImproperlyConfigured("NFT_PINNERS: each needs a name of its own, and each of NFT_PINNER_TOKENS is there.")
    return [one | {"token": str(tokens.get(one["name"], ""))} for one in pinners]


def _checked(pinner: Any) -> dict[str, str]:
    if not isinstance(pinner, dict) or set(pinner) != {"name", "kind", "url"}:
        raise ImproperlyConfigured("NFT_PINNERS: each has name, kind and url, and nothing else.")
    if pinner["kind"] not in KINDS or not 1 <= len(str(pinner["name"])) <= 40:
        raise ImproperlyConfigured(
            f"NFT_PINNERS: the kind is one of {', '.join(KINDS)}; a name has 1 to 40 characters."
        )
    url = urlsplit(str(pinner["url"]))
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise ImproperlyConfigured(f"NFT_PINNERS: the url of {pinner['name']} is no http(s) address.")
    return {name: str(value) for name, value in pinner.items()}
