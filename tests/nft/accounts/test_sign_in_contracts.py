"""Contract accounts (ERC-1271) on real chains: whose signature is good, on which chain, and what hostile ones get."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from localstack.processes import free_port
from nft.accounts import signatures
from nft.accounts.signatures import GAS, SENDER, SignatureKind
from nft.clients.evm.chain import ChainClient
from nft.models import LinkedAccount
from nft.testing.browser import Browser
from nft.testing.chain import Chain
from nft.testing.fake_node import fake_node
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import NOBODY, Wallet, chains_at, undeployed
from tests.kit.contract_accounts import ANSWERS_YES, ANYWHERE, HOSTILE, MAGIC, judge
from tests.servers.chain import start_chain
from tests.servers.places import Places

OTHER_ID = 31338


@pytest.fixture
def client(chain: Chain) -> ChainClient:
    return ChainClient(CHAIN_ID, [chain.url], 0)


@pytest.fixture
def site(chain: Chain, settings: Any) -> Any:
    settings.NFT_CHAINS = chains_at(chain.url, 1)
    return settings


@pytest.fixture
def other_chain(places: Places) -> Iterator[Chain]:
    """A second chain, of another id. The same first transactions make the same addresses on it."""
    other = start_chain(places, free_port(), chain_id=OTHER_ID)
    yield other
    other.running.kill()


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
        chain.rpc("anvil_setCode", ANYWHERE, ANSWERS_YES)
        assert judge(client, ANYWHERE, owner.sign("hello")) is SignatureKind.CONTRACT

    def test_the_right_answer_is_asked_for_by_the_same_caller_with_little_gas(
        self, chain: Chain, client: ChainClient, owner: Wallet
    ) -> None:
        from_us, little_gas = f"73{SENDER.hex()}3314", f"62{GAS:06x}5a10"
        code = f"0x{from_us}{little_gas}027f{MAGIC.ljust(64, '0')}0260005260206000f3"
        chain.rpc("anvil_setCode", ANYWHERE, code)
        assert judge(client, ANYWHERE, owner.sign("hello")) is SignatureKind.CONTRACT

    @pytest.mark.parametrize("number", range(1, 11))
    def test_nobody_is_a_precompiled_contract(self, chain: Chain, client: ChainClient, number: int) -> None:
        address = "0x" + number.to_bytes(20, "big").hex()
        for signature in ("0x", Wallet.create().sign("hello"), undeployed(address, b"", "0x")):
            assert judge(client, address, signature) is SignatureKind.WRONG


class TestOutages:
    def test_silence_is_no_answer(self, owner: Wallet) -> None:
        silent = ChainClient(CHAIN_ID, [NOBODY], 0)
        assert judge(silent, ANYWHERE, owner.sign("hello")) is SignatureKind.UNKNOWN
        assert judge(silent, owner.address, owner.sign("hello")) is SignatureKind.KEY

    def test_an_answer_that_takes_too_long_is_no_answer(self, owner: Wallet, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(signatures, "SECONDS", 0.3)

        def take_long(method: str, params: list[Any]) -> Any:
            time.sleep(1)
            return hex(CHAIN_ID)

        with fake_node(take_long) as node:
            client = ChainClient(CHAIN_ID, [node.url], 0)
            for signature in (owner.sign("hello"), undeployed(ANYWHERE, b"", owner.sign("hello"))):
                assert judge(client, ANYWHERE, signature) is SignatureKind.UNKNOWN

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

    def test_only_the_chain_that_the_text_names_is_asked(
        self, chain: Chain, other_chain: Chain, site: Any, owner: Wallet
    ) -> None:
        site.NFT_CHAINS = chains_at(chain.url) | {OTHER_ID: chains_at(other_chain.url)[CHAIN_ID]}
        stranger = Wallet.create()
        account = chain.deploy("DemoWallet", owner.address)
        other_chain.rpc("anvil_setCode", account.address, _code_of(other_chain, stranger))
        tries = {(CHAIN_ID, owner): 200, (CHAIN_ID, stranger): 403, (OTHER_ID, owner): 403, (OTHER_ID, stranger): 200}
        for (chain_id, signer), status in tries.items():
            browser = Browser()
            text = browser.text_for(account.address, chain_id=chain_id)
            assert browser.verify(text, signer.sign(text)).status_code == status, (chain_id, signer)
        here, there = LinkedAccount.objects.order_by("chain_id")
        assert (here.chain_id, there.chain_id) == (CHAIN_ID, OTHER_ID)
        assert here.user != there.user

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

    @pytest.mark.parametrize("v", [2, 35, 38, 255])
    def test_a_last_byte_that_no_wallet_writes_is_named(self, chain: Chain, site: Any, owner: Wallet, v: int) -> None:
        browser = Browser()
        text = browser.text_for(owner.address)
        response = browser.verify(text, f"{owner.sign(text)[:-2]}{v:02x}")
        assert response.status_code == 403
        assert f"last byte is {v}; 0, 1, 27 or 28 is expected" in response.json()["detail"]

    def test_while_the_chain_is_down_it_is_told_so_and_the_text_is_used_up(self, site: Any, owner: Wallet) -> None:
        site.NFT_CHAINS = chains_at(NOBODY)
        browser = Browser()
        text = browser.text_for(ANYWHERE)
        assert browser.verify(text, owner.sign(text)).json()["type"] == "/problems/chain-unavailable"
        assert browser.verify(text, owner.sign(text)).json()["type"] == "/problems/challenge-used"


def _code_of(chain: Chain, owner: Wallet) -> str:
    """The code of a contract account of `owner`."""
    return "0x" + chain.w3.eth.get_code(chain.deploy("DemoWallet", owner.address).address).hex().removeprefix("0x")


def _somebody() -> Any:
    from django.contrib.auth.models import User

    return User.objects.get_or_create(username="somebody")[0]
