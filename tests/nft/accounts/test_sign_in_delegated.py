"""Key accounts that delegate to code (EIP-7702) by real transactions: the key signs, and the code may answer too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from eth_abi.abi import encode

from nft.accounts.signatures import SignatureKind
from nft.clients.evm.chain import ChainClient
from nft.core.evm.signatures import message_hash
from nft.models import LinkedAccount
from nft.testing.browser import Browser
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import Wallet, chains_at, undeployed
from profiles.serving.showing import find_profile
from tests.kit.contract_accounts import ANSWERS_YES, ANYWHERE, HOSTILE, judge
from tests.kit.contract_calls import call_of, deploy_code, send_call
from tests.kit.passkeys import AUTHENTICATOR_DATA, Passkey
from tests.servers.chain import read_artifact

ASSERTION = ["bytes32", "bytes32", "uint256", "uint256", "bytes", "string"]  # as OpenZeppelin takes them
NOBODYS = "0x" + "00" * 20


@pytest.fixture
def client(chain: Chain) -> ChainClient:
    return ChainClient(CHAIN_ID, [chain.url], 0)


@pytest.fixture
def alice(chain: Chain) -> Wallet:
    """With some ether, to pay for her own transactions."""
    wallet = Wallet.create()
    chain.rpc("anvil_setBalance", wallet.address, hex(10**18))
    return wallet


def delegate(chain: Chain, wallet: Wallet, code_at: str) -> None:
    """A transaction of type 4 from the wallet itself; to the zero address takes a delegation back."""
    nonce = chain.w3.eth.get_transaction_count(wallet.account.address)
    authorization = wallet.account.sign_authorization({"chainId": CHAIN_ID, "address": code_at, "nonce": nonce + 1})
    transaction: dict[str, Any] = {
        "chainId": CHAIN_ID,
        "nonce": nonce,
        "to": wallet.address,
        "value": 0,
        "gas": 200_000,
        "maxFeePerGas": 10**11,
        "maxPriorityFeePerGas": 10**9,
        "authorizationList": [authorization],
    }
    signed = wallet.account.sign_transaction(transaction)
    chain.rpc("eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex())


def code_of(chain: Chain, wallet: Wallet) -> bytes:
    return bytes(chain.w3.eth.get_code(wallet.account.address))


def test_the_designator_is_as_the_standard_writes_it(chain: Chain, alice: Wallet) -> None:
    account = chain.deploy("DemoWallet", alice.address)
    delegate(chain, alice, account.address)
    assert code_of(chain, alice) == bytes.fromhex("ef0100" + account.address[2:])
    delegate(chain, alice, NOBODYS)
    assert code_of(chain, alice) == b""


@pytest.mark.parametrize("code", ["another magic", "a revert", "all its gas", "two megabytes"])
def test_the_key_signs_whatever_the_code_would_say(chain: Chain, client: ChainClient, alice: Wallet, code: str) -> None:
    chain.rpc("anvil_setCode", ANYWHERE, HOSTILE[code])
    delegate(chain, alice, ANYWHERE)
    assert judge(client, alice.address, alice.sign("hello")) is SignatureKind.KEY
    assert judge(client, alice.address, Wallet.create().sign("hello")) is SignatureKind.WRONG


def test_the_code_may_accept_another_key_for_as_long_as_it_is_delegated_to(
    chain: Chain, client: ChainClient, alice: Wallet
) -> None:
    session_key = Wallet.create()
    account = chain.deploy("DemoWallet", session_key.address)
    assert judge(client, alice.address, session_key.sign("hello")) is SignatureKind.WRONG
    delegate(chain, alice, account.address)
    assert judge(client, alice.address, session_key.sign("hello")) is SignatureKind.CONTRACT
    wrapped = undeployed(NOBODYS, b"", session_key.sign("hello"))
    assert judge(client, alice.address, wrapped) is SignatureKind.CONTRACT
    assert judge(client, alice.address, Wallet.create().sign("hello")) is SignatureKind.WRONG
    delegate(chain, alice, NOBODYS)
    assert judge(client, alice.address, session_key.sign("hello")) is SignatureKind.WRONG


def test_a_delegation_to_no_code_answers_nothing(chain: Chain, client: ChainClient, alice: Wallet) -> None:
    delegate(chain, alice, Wallet.create().address)
    assert judge(client, alice.address, Wallet.create().sign("hello")) is SignatureKind.WRONG
    assert judge(client, alice.address, alice.sign("hello")) is SignatureKind.KEY


@pytest.mark.django_db
class TestAPasskey:
    """Of an account that a key delegated to code. The passkey's code is OpenZeppelin's."""

    def test_signs_in_for_the_account(self, chain: Chain, alice: Wallet, settings: Any) -> None:
        settings.NFT_CHAINS = chains_at(chain.url)
        passkey, browser = Passkey.create(), Browser()
        code_at = deploy_code(chain, read_artifact("PasskeyDelegate")["bytecode"])
        delegate(chain, alice, code_at)
        chain.rpc("anvil_impersonateAccount", alice.address)
        send_call(
            chain, alice.address, call_of("setPasskey(bytes32,bytes32)", *map(word, passkey.point)), alice.address
        )

        text = browser.text_for(alice.address)
        made = passkey.sign(message_hash(text))
        at = made.client_data.index('"challenge"')
        parts = (word(made.r), word(made.s), at, 1, AUTHENTICATOR_DATA, made.client_data)
        signature = encode(ASSERTION, parts)
        assert len(signature) == 480
        assert browser.verify(text, "0x" + signature.hex()).status_code == 200
        assert LinkedAccount.objects.get().is_contract_account

        stranger = Passkey.create().sign(message_hash(text))
        parts = (word(stranger.r), word(stranger.s), at, 1, AUTHENTICATOR_DATA, stranger.client_data)
        forged = encode(ASSERTION, parts)
        client = ChainClient(CHAIN_ID, [chain.url], 0)
        assert judge(client, alice.address, "0x" + forged.hex(), text) is SignatureKind.WRONG


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.mark.django_db
class TestTheAccountsOfOneAddress:
    """By its key and by its code an address is two accounts: people are told when they make the second profile of it,
    and can bring the two together."""

    @pytest.fixture
    def by_code(self, chain: Chain, alice: Wallet, settings: Any) -> Callable[[Browser, str], Any]:
        settings.NFT_CHAINS = chains_at(chain.url)
        chain.rpc("anvil_setCode", ANYWHERE, ANSWERS_YES)
        delegate(chain, alice, ANYWHERE)

        def sign(browser: Browser, purpose: str) -> Any:
            text = browser.text_for(alice.address, purpose=purpose)
            return browser.verify(text, Wallet.create().sign(text))

        return sign

    def said_to(self, browser: Browser) -> str:
        return browser.client.get("/settings/wallets/").content.decode()

    def test_are_told_of_at_sign_up_by_the_code(self, alice: Wallet, by_code: Callable[..., Any]) -> None:
        key, code = Browser(), Browser()
        key.sign_in(alice)
        assert "also an account of another profile" not in self.said_to(key)
        by_code(code, "sign_in")
        assert "there it signs with its own key" in self.said_to(code)
        by_code(code, "sign_in")
        assert "also an account of another profile" not in self.said_to(code), "once is enough"

    def test_are_told_of_at_sign_up_by_the_key(self, alice: Wallet, by_code: Callable[..., Any]) -> None:
        key, code = Browser(), Browser()
        by_code(code, "sign_in")
        key.sign_in(alice)
        assert "here with its own key" in self.said_to(key)

    def test_are_brought_together_and_then_found_by_their_address(
        self, alice: Wallet, by_code: Callable[..., Any]
    ) -> None:
        key, code = Browser(), Browser()
        key.sign_in(alice)
        by_code(code, "sign_in")
        LinkedAccount.objects.update(is_public=True)
        for identifier in (alice.address, f"eip155:{CHAIN_ID}:{alice.address}"):
            assert find_profile(identifier) is None, "either could be meant"
        assert by_code(key, "move").status_code == 200
        assert set(LinkedAccount.objects.values_list("user", flat=True)) == {key.user.pk if key.user else None}
        for identifier in (alice.address, f"eip155:{CHAIN_ID}:{alice.address}"):
            found = find_profile(identifier)
            assert found is not None
            assert found.user == key.user

    def test_are_linked_to_one_profile_without_a_word(self, alice: Wallet, by_code: Callable[..., Any]) -> None:
        key = Browser()
        key.sign_in(alice)
        assert by_code(key, "link").status_code == 200
        assert "also an account of another profile" not in self.said_to(key)
        assert LinkedAccount.objects.count() == 2


@pytest.mark.django_db
def test_the_key_is_one_person_and_what_the_code_accepts_another(chain: Chain, alice: Wallet, settings: Any) -> None:
    """Who may sign for the code, on one chain, is not who holds the key, on all of them."""
    settings.NFT_CHAINS = chains_at(chain.url)
    chain.rpc("anvil_setCode", ANYWHERE, ANSWERS_YES)
    delegate(chain, alice, ANYWHERE)
    by_key, by_code = Browser(), Browser()
    by_key.sign_in(alice)
    text = by_code.text_for(alice.address)
    assert by_code.verify(text, Wallet.create().sign(text)).status_code == 200
    assert by_key.user not in {None, by_code.user}
    assert set(LinkedAccount.objects.values_list("is_contract_account", flat=True)) == {False, True}
