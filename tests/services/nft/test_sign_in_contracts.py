"""Contract accounts on a real chain: deployed (ERC-1271), undeployed (ERC-6492), delegated (EIP-7702), hostile."""

from __future__ import annotations

from typing import Any

import pytest

from nft.clients.chain import ChainClient
from nft.core.abi import MULTICALL3
from nft.core.address import to_checksum
from nft.models import LinkedAccount
from nft.services import signatures
from nft.services.refusals import UndeployedAccount
from nft.services.signatures import SignatureKind
from tests.servers.chain import Chain, read_artifact
from tests.wallets import CHAIN_ID, NOBODY, Browser, Wallet, chains_at, undeployed

MAGIC = "1626ba7e"
ANYWHERE = "0x" + "77" * 20
SALT = b"\5" * 32


def returning(word: str) -> str:
    """Code that answers every call with one word."""
    return f"0x7f{word.ljust(64, '0')}60005260206000f3"


HOSTILE = {
    "another magic": returning("ffffffff"),
    "the magic on the wrong side": returning(MAGIC.rjust(64, "0")),
    "the magic with dirt after it": returning(MAGIC + "01"),
    "the number one": returning("1".rjust(64, "0")),
    "nothing": "0x00",
    "four bytes only": f"0x63{MAGIC}60e01b60005260046000f3",
    "two words": f"0x7f{MAGIC.ljust(64, '0')}60005260406000f3",
    "a revert": "0x60006000fd",
    "a revert with the magic": f"0x7f{MAGIC.ljust(64, '0')}60005260206000fd",
    "an endless loop": "0x5b600056",
    "all its gas": "0xfe",
    "two megabytes": "0x622000006000f3",
    "half a megabyte": "0x620800006000f3",
}


@pytest.fixture
def client(chain: Chain) -> ChainClient:
    return ChainClient(CHAIN_ID, [chain.url], 0)


@pytest.fixture
def owner() -> Wallet:
    return Wallet.create()


@pytest.fixture
def site(chain: Chain, settings: Any) -> Any:
    settings.NFT_CHAINS = chains_at(chain.url, 1)
    return settings


def judge(client: ChainClient, address: str, signature: str, text: str = "hello") -> SignatureKind:
    return signatures.verify(client, bytes.fromhex(address[2:]), text, bytes.fromhex(signature[2:]))


def put_multicall3(chain: Chain) -> None:
    chain.rpc("anvil_setCode", to_checksum(MULTICALL3), read_artifact("Aggregate3")["deployedBytecode"])


def deployment_of(factory: Any, owner: Wallet) -> bytes:
    return bytes.fromhex(factory.encode_abi("create", [owner.address, SALT])[2:])


class TestDeployedAccounts:
    def test_its_owners_signature_is_its_own(self, chain: Chain, client: ChainClient, owner: Wallet) -> None:
        account = chain.deploy("DemoWallet", owner.address)
        assert judge(client, account.address, owner.sign("hello")) is SignatureKind.CONTRACT

    def test_a_strangers_is_not(self, chain: Chain, client: ChainClient, owner: Wallet) -> None:
        account = chain.deploy("DemoWallet", owner.address)
        assert judge(client, account.address, Wallet.create().sign("hello")) is SignatureKind.WRONG
        assert judge(client, account.address, owner.sign("hello!")) is SignatureKind.WRONG

    def test_it_may_be_wrapped_as_if_undeployed(self, chain: Chain, client: ChainClient, owner: Wallet) -> None:
        account = chain.deploy("DemoWallet", owner.address)
        wrapped = undeployed(ANYWHERE, b"", owner.sign("hello"))
        assert judge(client, account.address, wrapped) is SignatureKind.CONTRACT

    @pytest.mark.parametrize("answer", HOSTILE)
    def test_any_other_answer_is_a_no(self, chain: Chain, client: ChainClient, owner: Wallet, answer: str) -> None:
        chain.rpc("anvil_setCode", ANYWHERE, HOSTILE[answer])
        assert judge(client, ANYWHERE, owner.sign("hello")) is SignatureKind.WRONG

    def test_the_right_answer_alone_is_a_yes(self, chain: Chain, client: ChainClient, owner: Wallet) -> None:
        chain.rpc("anvil_setCode", ANYWHERE, returning(MAGIC))
        assert judge(client, ANYWHERE, owner.sign("hello")) is SignatureKind.CONTRACT

    def test_a_key_account_that_delegates_to_code_signs_with_its_key(
        self, chain: Chain, client: ChainClient, owner: Wallet
    ) -> None:
        chain.rpc("anvil_setCode", ANYWHERE, returning("ffffffff"))
        chain.rpc("anvil_setCode", owner.address, "0xef0100" + ANYWHERE[2:])
        assert judge(client, owner.address, owner.sign("hello")) is SignatureKind.KEY
        assert judge(client, owner.address, Wallet.create().sign("hello")) is SignatureKind.WRONG


class TestAccountsStillToBeDeployed:
    def test_their_signature_is_tried_on_a_deployment_that_never_happens(
        self, chain: Chain, client: ChainClient, owner: Wallet
    ) -> None:
        put_multicall3(chain)
        factory = chain.deploy("DemoWalletFactory")
        address = factory.functions.addressOf(owner.address, SALT).call()
        wrapped = undeployed(factory.address, deployment_of(factory, owner), owner.sign("hello"))
        assert judge(client, address, wrapped) is SignatureKind.CONTRACT
        assert chain.w3.eth.get_code(address) == b""

    def test_a_stranger_can_not_pass_as_the_owner(self, chain: Chain, client: ChainClient, owner: Wallet) -> None:
        put_multicall3(chain)
        factory, stranger = chain.deploy("DemoWalletFactory"), Wallet.create()
        address = factory.functions.addressOf(owner.address, SALT).call()
        for deployed_for in (owner, stranger):
            wrapped = undeployed(factory.address, deployment_of(factory, deployed_for), stranger.sign("hello"))
            assert judge(client, address, wrapped) is SignatureKind.WRONG

    @pytest.mark.parametrize("factory", [*HOSTILE, "the right answer"])
    def test_a_hostile_factory_proves_nothing(
        self, chain: Chain, client: ChainClient, owner: Wallet, factory: str
    ) -> None:
        put_multicall3(chain)
        chain.rpc("anvil_setCode", ANYWHERE, HOSTILE.get(factory, returning(MAGIC)))
        wrapped = undeployed(ANYWHERE, b"deploy!", owner.sign("hello"))
        assert judge(client, Wallet.create().address, wrapped) is SignatureKind.WRONG

    def test_the_batch_contract_itself_can_not_be_made_to_speak(
        self, chain: Chain, client: ChainClient, owner: Wallet
    ) -> None:
        put_multicall3(chain)
        wrapped = undeployed(to_checksum(MULTICALL3), b"", owner.sign("hello"))
        assert judge(client, to_checksum(MULTICALL3), wrapped) is SignatureKind.WRONG

    def test_without_the_batch_contract_the_person_is_told_so(
        self, chain: Chain, client: ChainClient, owner: Wallet
    ) -> None:
        factory = chain.deploy("DemoWalletFactory")
        address = factory.functions.addressOf(owner.address, SALT).call()
        with pytest.raises(UndeployedAccount, match="not deployed yet"):
            judge(client, address, undeployed(factory.address, deployment_of(factory, owner), owner.sign("hello")))


class TestOutages:
    def test_silence_is_no_answer(self, owner: Wallet) -> None:
        silent = ChainClient(CHAIN_ID, [NOBODY], 0)
        assert judge(silent, ANYWHERE, owner.sign("hello")) is SignatureKind.UNKNOWN
        assert judge(silent, owner.address, owner.sign("hello")) is SignatureKind.KEY

    def test_a_node_of_another_chain_is_no_answer(self, chain: Chain, owner: Wallet) -> None:
        account = chain.deploy("DemoWallet", owner.address)
        wrong = ChainClient(1, [chain.url], 0)
        assert judge(wrong, account.address, owner.sign("hello")) is SignatureKind.UNKNOWN


@pytest.mark.django_db
class TestSigningIn:
    def test_a_contract_account_signs_in_like_any_other(self, chain: Chain, site: Any, owner: Wallet) -> None:
        account, browser = chain.deploy("DemoWallet", owner.address), Browser()
        text = browser.text_for(account.address)
        assert browser.verify(text, owner.sign(text)).status_code == 200
        linked = LinkedAccount.objects.get()
        assert (linked.is_contract_account, linked.chain_id, linked.user) == (True, CHAIN_ID, browser.user)

    def test_the_owners_key_is_another_account(self, chain: Chain, site: Any, owner: Wallet) -> None:
        account, browser, other = chain.deploy("DemoWallet", owner.address), Browser(), Browser()
        text = browser.text_for(account.address)
        browser.verify(text, owner.sign(text))
        other.sign_in(owner)
        assert other.user not in {None, browser.user}

    def test_on_another_chain_it_is_another_account(self, chain: Chain, site: Any, owner: Wallet) -> None:
        account = chain.deploy("DemoWallet", owner.address)
        LinkedAccount.objects.create(
            user=_somebody(),
            address=bytes.fromhex(account.address[2:]),
            chain_id=1,
            is_contract_account=True,
            linked_at="2026-01-01T00:00Z",
            last_used_at="2026-01-01T00:00Z",
        )
        browser = Browser()
        text = browser.text_for(account.address)
        assert browser.verify(text, owner.sign(text)).status_code == 200
        assert browser.user != _somebody()

    def test_another_accounts_signature_is_told_apart_and_both_are_named(
        self, chain: Chain, site: Any, owner: Wallet
    ) -> None:
        browser, stranger = Browser(), Wallet.create()
        text = browser.text_for(owner.address)
        response = browser.verify(text, stranger.sign(text))
        assert response.status_code == 403
        assert response.json()["type"] == "/problems/signature-mismatch"
        assert owner.address in response.json()["detail"]
        assert stranger.address in response.json()["detail"]
        assert browser.user is None

    def test_while_the_chain_is_down_it_is_told_so_and_the_text_is_used_up(self, site: Any, owner: Wallet) -> None:
        site.NFT_CHAINS = chains_at(NOBODY)
        browser = Browser()
        text = browser.text_for(ANYWHERE)
        assert browser.verify(text, owner.sign(text)).json()["type"] == "/problems/chain-unavailable"
        assert browser.verify(text, owner.sign(text)).json()["type"] == "/problems/challenge-used"


def _somebody() -> Any:
    from django.contrib.auth.models import User

    return User.objects.get_or_create(username="somebody")[0]
