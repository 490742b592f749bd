"""The fixtures of `nft` for pytest: wallets, a chain with tokens that move, and an IPFS gateway that lies on demand.

Nothing of the kit, of web3 or of Django's models is imported before a test asks for a fixture, as pytest loads this
module in every project in which the package is installed.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from profiles.testing.plugin import need

if TYPE_CHECKING:
    from nft.testing.browser import Browser
    from nft.testing.chain import Chain
    from nft.testing.ipfs import Ipfs
    from nft.testing.tokens import Token
    from nft.testing.wallets import ContractWallet, Wallet

NODE = "avatar_chain_node"


def pytest_addoption(parser: pytest.Parser) -> None:
    explained = "the test kit's chain: the path of anvil, or py-evm; by default the anvil on PATH, else py-evm"
    parser.addini(NODE, explained, default="")


@pytest.fixture
def wallet() -> Wallet:
    """A new wallet: an account with a key. It gets ether when it sends something on `chain`."""
    need("wallet", "eth_account")
    from nft.testing.wallets import Wallet

    return Wallet.create()


@pytest.fixture
def contract_wallet(chain: Chain, wallet: Wallet) -> ContractWallet:
    """A contract account on `chain` (ERC-1271), which `wallet` owns and signs for."""
    return chain.deploy_wallet(wallet)


@pytest.fixture
def wallet_browser(request: pytest.FixtureRequest, db: None, settings: Any) -> Browser:
    """A browser in which nobody is signed in. `wallet_browser.sign_in(wallet)` signs in; `.client` is Django's."""
    need("wallet_browser", "eth_account")
    from nft.testing.browser import Browser
    from nft.testing.genesis import CHAIN_ID
    from nft.testing.wallets import NOBODY, chains_at

    if "chain" in request.fixturenames:
        request.getfixturevalue("chain")
    chains = getattr(settings, "NFT_CHAINS", {})
    if CHAIN_ID not in {int(chain_id) for chain_id in chains}:
        settings.NFT_CHAINS = {**chains, **chains_at(NOBODY)}
    if not getattr(settings, "SITE_ORIGIN", ""):
        settings.SITE_ORIGIN = "http://testserver"
    return Browser()


@pytest.fixture
def wallet_client(wallet_browser: Browser, wallet: Wallet) -> Browser:
    """A browser in which the person of `wallet` is signed in, by a signed text as on the pages (EIP-4361)."""
    answer = wallet_browser.sign_in(wallet)
    assert answer.status_code == 200, answer.content
    return wallet_browser


@pytest.fixture(scope="session")
def chain_session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """The running chain, for fixtures of a wider scope. Tests ask for `chain`, which undoes what they do."""
    need("chain", "web3", "eth_account")
    with warnings.catch_warnings():  # web3 imports what websockets deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        from nft.testing.chain import PY_EVM, find_node, start

    node = request.config.getini(NODE) or find_node()
    if node == PY_EVM:
        need("chain", "eth_tester", "eth")
    chain = start(node, tmp_path_factory.mktemp("chain") / "log")
    yield chain
    chain.running.kill()


@pytest.fixture
def chain(chain_session: Chain, settings: Any) -> Iterator[Chain]:
    """A real chain (EVM) that the project reads as chain 31337. It mints, reorganizes and goes silent.

    What a test does to it is undone afterwards.
    """
    from nft.testing.chain import undone

    with undone(chain_session), chain_session.configured(settings):
        yield chain_session


@pytest.fixture
def token(chain: Chain, wallet: Wallet, avatar_picture: bytes) -> Token:
    """An NFT of `wallet`'s, whose picture is kept on the chain. It moves: `token.move(to)`, `token.burn()`."""
    return chain.mint(wallet, avatar_picture)


@pytest.fixture
def ipfs(settings: Any, tmp_path: Path) -> Iterator[Ipfs]:
    """The only IPFS gateway that the project asks. It lies on demand: `ipfs.lie(cid)`, `ipfs.goes_silent()`.

    The project's own blocks are kept in an empty folder.
    """
    from nft.testing.ipfs import ipfs_gateway
    from profiles.testing.stores import FileStore

    with ipfs_gateway() as gateway:
        settings.NFT_IPFS_GATEWAYS = [gateway.url]
        settings.STORAGES = settings.STORAGES | {"ipfs": FileStore(tmp_path / "ipfs").storage}
        yield gateway
