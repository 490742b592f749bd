"""Services that the operator chose: who lists tokens (NFT_INDEXERS), who keeps our IPFS files too (NFT_PINNERS)."""

from __future__ import annotations

from dataclasses import asdict

from django.core.exceptions import ImproperlyConfigured

from avatarsite.settings import env


def read_indexers() -> object:
    """Return NFT_INDEXERS. Raises ImproperlyConfigured."""
    from nft.settings.services import parse_indexers  # a site without nft imports none of it

    indexers = env.parsed_json("NFT_INDEXERS", [])
    try:
        parse_indexers(indexers)
    except (TypeError, ValueError) as error:
        raise ImproperlyConfigured(f"NFT_INDEXERS: {error}") from None
    return indexers


def read_pinners() -> list[dict[str, str]]:
    """Return NFT_PINNERS, each with its token of NFT_PINNER_TOKENS. Raises ImproperlyConfigured."""
    from nft.settings.services import parse_pinners

    tokens = env.parsed_json("NFT_PINNER_TOKENS", {})
    try:
        pinners = parse_pinners(env.parsed_json("NFT_PINNERS", []))
    except (TypeError, ValueError) as error:
        raise ImproperlyConfigured(f"NFT_PINNERS: {error}") from None
    if not isinstance(tokens, dict) or not set(tokens) <= {pinner.name for pinner in pinners}:
        raise ImproperlyConfigured("NFT_PINNER_TOKENS is a JSON object of tokens, each by the name of a pinner.")
    return [asdict(pinner) | {"token": str(tokens.get(pinner.name, ""))} for pinner in pinners]
