"""A site with a collection of its own. Imports are inside functions: pytest loads this before Django is set up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from web3.contract import Contract

    from nft.testing.chain import Chain


@pytest.fixture
def contract(chain: Chain, settings: Any) -> Contract:
    """The site's own collection, in which anybody may mint."""
    from tests.kit.mints import install

    return install(chain, settings)


@pytest.fixture
def slow_chain(chain: Chain, contract: Contract) -> Iterator[Chain]:
    """Mine a block only when the test asks for it. Pending transactions are dropped afterwards."""
    chain.rpc("evm_setAutomine", False)
    yield chain
    chain.rpc("anvil_dropAllTransactions")
    chain.rpc("evm_setAutomine", True)
