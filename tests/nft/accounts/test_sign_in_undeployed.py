"""Accounts that can't answer yet (ERC-6492), on a real chain without any helper contract; and hostile wrappers."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from nft.accounts.signatures import SignatureKind
from nft.clients.evm.chain import ChainClient
from nft.models import LinkedAccount
from nft.testing.browser import Browser
from nft.testing.chain import Chain
from nft.testing.fake_node import fake_node
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import Wallet, chains_at, undeployed
from tests.kit.contract_accounts import ANSWERS_YES, ANYWHERE, HOSTILE, judge

SALT = b"\5" * 32


@pytest.fixture
def client(chain: Chain) -> ChainClient:
    return ChainClient(CHAIN_ID, [chain.url], 0)


@pytest.fixture
def factory(chain: Chain) -> Any:
    return chain.deploy("DemoWalletFactory")


def address_of(factory: Any, owner: Wallet) -> str:
    return str(factory.functions.addressOf(owner.address, SALT).call())


def deployment_of(factory: Any, owner: Wallet) -> bytes:
    return bytes.fromhex(factory.encode_abi("create", [owner.address, SALT])[2:])


def copying_the_rest(size: int, begin: int) -> str:
    """Code that copies `size` bytes of its own, from `begin`, to the start of memory."""
    return f"60{size:02x}60{begin:02x}600039"


class TestStillToBeDeployed:
    def test_its_signature_is_tried_on_a_deployment_that_never_happens(
        self, chain: Chain, client: ChainClient, owner: Wallet, factory: Any
    ) -> None:
        address, before = address_of(factory, owner), chain.head
        wrapped = undeployed(factory.address, deployment_of(factory, owner), owner.sign("hello"))
        assert judge(client, address, wrapped) is SignatureKind.CONTRACT
        assert judge(client, address, wrapped, "hello!") is SignatureKind.WRONG
        assert chain.w3.eth.get_code(chain.w3.to_checksum_address(address)) == b""
        assert chain.head == before

    def test_without_a_wrapper_nobody_answers_for_it(
        self, chain: Chain, client: ChainClient, owner: Wallet, factory: Any
    ) -> None:
        assert judge(client, address_of(factory, owner), owner.sign("hello")) is SignatureKind.WRONG

    def test_a_stranger_can_not_pass_as_the_owner(
        self, chain: Chain, client: ChainClient, owner: Wallet, factory: Any
    ) -> None:
        stranger, address = Wallet.create(), address_of(factory, owner)
        for deployed_for in (owner, stranger):
            wrapped = undeployed(factory.address, deployment_of(factory, deployed_for), stranger.sign("hello"))
            assert judge(client, address, wrapped) is SignatureKind.WRONG

    @pytest.mark.django_db
    def test_it_signs_in_on_a_chain_that_has_no_helper(
        self, chain: Chain, owner: Wallet, factory: Any, settings: Any
    ) -> None:
        settings.NFT_CHAINS = chains_at(chain.url)
        browser, address = Browser(), address_of(factory, owner)
        text = browser.text_for(address)
        wrapped = undeployed(factory.address, deployment_of(factory, owner), owner.sign(text))
        assert browser.verify(text, wrapped).status_code == 200
        linked = LinkedAccount.objects.get()
        assert (linked.is_contract_account, linked.chain_id, linked.user) == (True, CHAIN_ID, browser.user)

    @pytest.mark.django_db
    def test_a_long_one_fits_into_a_request(self, chain: Chain, owner: Wallet, factory: Any, settings: Any) -> None:
        """1,600 bytes: passkeys and modules make factories' calls long. What follows the arguments is not read."""
        settings.NFT_CHAINS = chains_at(chain.url)
        browser, call = Browser(), deployment_of(factory, owner)
        text = browser.text_for(address_of(factory, owner))
        short = undeployed(factory.address, call, owner.sign(text))
        long = undeployed(factory.address, call + bytes(1600 - len(short) // 2), owner.sign(text))
        assert len(long) // 2 >= 1600
        assert browser.verify(text, long).status_code == 200


class TestDeployedAlready:
    def test_the_wrapper_may_stay_on(self, chain: Chain, client: ChainClient, owner: Wallet, factory: Any) -> None:
        address = address_of(factory, owner)
        wrapped = undeployed(factory.address, deployment_of(factory, owner), owner.sign("hello"))
        chain.send(factory.functions.create(owner.address, SALT))
        assert judge(client, address, wrapped) is SignatureKind.CONTRACT

    @pytest.mark.parametrize("factory_does", ["a revert", "all its gas", "nothing"])
    def test_the_factory_is_not_even_needed(
        self, chain: Chain, client: ChainClient, owner: Wallet, factory_does: str
    ) -> None:
        account = chain.deploy("DemoWallet", owner.address)
        chain.rpc("anvil_setCode", ANYWHERE, HOSTILE[factory_does])
        wrapped = undeployed(ANYWHERE, b"", owner.sign("hello"))
        assert judge(client, account.address, wrapped) is SignatureKind.CONTRACT

    def test_an_account_that_must_be_prepared_answers_after_its_call(
        self, chain: Chain, client: ChainClient, owner: Wallet
    ) -> None:
        account, stranger = chain.deploy("LateWallet", owner.address), Wallet.create()
        prepare = bytes.fromhex(account.encode_abi("prepare", [])[2:])
        assert judge(client, account.address, owner.sign("hello")) is SignatureKind.WRONG
        assert judge(client, account.address, undeployed(account.address, b"", owner.sign("hello"))) is (
            SignatureKind.WRONG
        )
        prepared = undeployed(account.address, prepare, owner.sign("hello"))
        assert judge(client, account.address, prepared) is SignatureKind.CONTRACT
        forged = undeployed(account.address, prepare, stranger.sign("hello"))
        assert judge(client, account.address, forged) is SignatureKind.WRONG
        assert int(account.functions.owner().call(), 16) == 0, "the preparation stayed"


class TestHostileWrappers:
    @pytest.mark.parametrize("factory", [*HOSTILE, "the right answer"])
    def test_a_hostile_factory_proves_nothing(
        self, chain: Chain, client: ChainClient, owner: Wallet, factory: str
    ) -> None:
        chain.rpc("anvil_setCode", ANYWHERE, HOSTILE.get(factory, ANSWERS_YES))
        for call in (b"", b"deploy!", b"\xff" * 2000):
            wrapped = undeployed(ANYWHERE, call, owner.sign("hello"))
            assert judge(client, Wallet.create().address, wrapped) is SignatureKind.WRONG
            assert judge(client, owner.address, wrapped) is SignatureKind.WRONG

    @pytest.mark.parametrize("account", HOSTILE)
    def test_a_hostile_account_is_no_better_for_its_wrapper(
        self, chain: Chain, client: ChainClient, owner: Wallet, account: str
    ) -> None:
        chain.rpc("anvil_setCode", ANYWHERE, HOSTILE[account])
        assert judge(client, ANYWHERE, undeployed(ANYWHERE, b"", owner.sign("hello"))) is SignatureKind.WRONG

    def test_a_factory_speaks_for_its_own_accounts_only(
        self, chain: Chain, client: ChainClient, owner: Wallet, factory: Any
    ) -> None:
        """This one makes accounts that say yes to everything, at addresses that follow from its own."""
        creation = f"{copying_the_rest(0x29, 0x0C)}60296000f3{ANSWERS_YES[2:]}"
        chain.rpc("anvil_setCode", ANYWHERE, f"0x{copying_the_rest(0x35, 0x0F)}603560006000f000{creation}")
        first_made = keccak(bytes.fromhex(f"d694{ANYWHERE[2:]}80"))[12:]  # CREATE with nonce 0
        wrapped = undeployed(ANYWHERE, b"", owner.sign("hello"))
        assert judge(client, "0x" + first_made.hex(), wrapped) is SignatureKind.CONTRACT
        for address in (address_of(factory, owner), owner.address, ANYWHERE):
            assert judge(client, address, wrapped) is SignatureKind.WRONG

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        "words",
        [
            [0, 2**256 - 1, 2**256 - 1],
            [0, 2**255, 96],
            [0, 96, 2**64],
            [2**160, 96, 96],
            [0, 96, 128, 2**256 - 1],
            [0, 96, 96, 16 * 1024 + 1],
            [0, 96, 96, 64],
        ],
    )
    def test_a_wrapper_that_points_anywhere_is_malformed(self, chain: Chain, settings: Any, words: list[int]) -> None:
        settings.NFT_CHAINS = chains_at(chain.url)
        browser = Browser()
        text = browser.text_for(ANYWHERE)
        body = encode(["uint256"] * len(words), words).hex()
        response = browser.verify(text, "0x" + body + "6492" * 16)
        assert (response.status_code, response.json()["type"]) == (400, "/problems/signature-malformed")
        assert browser.user is None

    def test_a_wrapper_in_a_wrapper_is_asked_about_as_it_is(
        self, chain: Chain, client: ChainClient, owner: Wallet, factory: Any
    ) -> None:
        once = undeployed(factory.address, deployment_of(factory, owner), owner.sign("hello"))
        twice = undeployed(factory.address, deployment_of(factory, owner), once)
        assert judge(client, address_of(factory, owner), twice) is SignatureKind.WRONG


class TestNodes:
    @pytest.mark.parametrize("answer", ["0x", "0x01", "0x" + "00" * 31 + "02", "0x" + "00" * 63 + "01", None, 1, {}])
    def test_one_that_can_not_run_the_trial_is_no_answer(self, owner: Wallet, answer: Any) -> None:
        def reply(method: str, params: list[Any]) -> Any:
            return hex(CHAIN_ID) if method == "eth_chainId" else answer

        with fake_node(reply) as node:
            client = ChainClient(CHAIN_ID, [node.url], 0)
            wrapped = undeployed(ANYWHERE, b"", owner.sign("hello"))
            assert judge(client, ANYWHERE, wrapped) is SignatureKind.UNKNOWN

    def test_a_wrapped_signature_costs_one_question(self, owner: Wallet) -> None:
        with fake_node(lambda method, params: hex(CHAIN_ID) if method == "eth_chainId" else "0x" + "00" * 32) as node:
            client = ChainClient(CHAIN_ID, [node.url], 0)
            assert judge(client, ANYWHERE, undeployed(ANYWHERE, b"", owner.sign("hello"))) is SignatureKind.WRONG
            assert node.asked == ["eth_chainId", "eth_call"]
