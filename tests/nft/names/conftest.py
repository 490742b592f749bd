"""Fixtures for a site with an ENS registry. Imports are local, since this file is read before Django is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from nft.testing.chain import Chain
    from tests.servers.names import Names


@pytest.fixture
def site_with_names(names: Names, settings: Any) -> Names:
    from nft.testing.genesis import CHAIN_ID

    ours = settings.NFT_CHAINS[CHAIN_ID] | {"ens_registry": names.registry.address}
    settings.NFT_CHAINS = {CHAIN_ID: ours}
    return names


@pytest.fixture
def alice(db: None, chain: Chain, site_with_names: Names) -> User:
    """Return Alice, whose account is hidden and has the primary name alice.eth."""
    from tests.kit.world import person

    site_with_names.give_whole("alice.eth", chain.accounts[1])
    return person("alice", chain.accounts[1])
