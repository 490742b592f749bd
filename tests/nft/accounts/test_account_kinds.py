"""Every kind of contract account that people have signs in, links and shows, before it is deployed and after."""

from __future__ import annotations

from typing import Any

import pytest

from nft.accounts import signatures
from nft.accounts.sessions import recheck_due
from nft.accounts.signatures import SignatureKind
from nft.clients.evm.batch_calls import call_many
from nft.clients.evm.chain import ChainClient, get_chain
from nft.models import LinkedAccount, WalletSession
from nft.testing.browser import Browser
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import chains_at
from tests.kit.account_kinds import KINDS
from tests.kit.contract_accounts import judge
from tests.kit.safes import Safes

# Bytes of the signature before the account is deployed and after.
LENGTHS = {
    "Safe 1-of-1": (832, 65),
    "Safe 2-of-2": (928, 130),
    "Safe 5-of-7": (1280, 325),
    "Safe+4337, passkey": (1664, 417),
    "Safe+4337, 2-of-3 with a passkey": (1792, 482),
    "Safe+4337, 3-of-3 with a passkey": (1856, 547),
    "MetaMask Hybrid, key": (1792, 65),
    "MetaMask Hybrid, passkey": (2400, 544),
    "MetaMask MultiSig 3-of-3": (1888, 195),
    "Coinbase Smart Wallet": (640, 224),
    "Coinbase Smart Wallet, passkey": (1088, 640),
    "Coinbase Smart Wallet, 10 passkeys": (2240, 640),
    "Coinbase Smart Wallet, 20 passkeys": (3520, 640),
    "Light Account": (384, 65),
    "Kernel 2": (608, 69),
    "Kernel 3": (704, 86),
    "Ambire": (4768, 66),
    "ERC-7739": (4704, 65),
}


@pytest.fixture
def client(chain: Chain) -> ChainClient:
    return ChainClient(CHAIN_ID, [chain.url], 0)


@pytest.fixture
def site(chain: Chain, settings: Any) -> Any:
    settings.NFT_CHAINS = chains_at(chain.url)
    return settings


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_signs_in_before_and_after_it_is_deployed_links_and_shows(chain: Chain, site: Any, kind: str) -> None:
    account, browser = KINDS[kind](chain), Browser()
    text = browser.text_for(account.address)
    undeployed = account.undeployed_signature(text)
    assert browser.verify(text, undeployed).status_code == 200
    first = browser.user
    account.deploy(chain)
    text = browser.text_for(account.address)
    deployed = account.signature(text)
    assert browser.verify(text, deployed).status_code == 200
    assert browser.user == first
    lengths = len(undeployed) // 2 - 1, len(deployed) // 2 - 1
    assert lengths == LENGTHS[kind]

    text = browser.text_for(account.address, purpose="link")
    assert browser.verify(text, account.signature(text)).status_code == 200
    linked = LinkedAccount.objects.get()
    assert (linked.is_contract_account, linked.address_text) == (True, account.address)
    page = browser.client.get("/settings/wallets/").content.decode()
    assert account.address in page
    assert "Contract account on Local chain" in page
    LinkedAccount.objects.update(is_public=True)
    assert first is not None
    assert account.address[-4:] in browser.client.get(f"/u/{first.avatar_profile.handle}/").content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_takes_nobody_elses_signature_and_no_other_text(chain: Chain, client: ChainClient, kind: str) -> None:
    account, other = KINDS[kind](chain), KINDS[kind](chain)
    wrong = {
        "another's": other.signature("hello"),
        "another text": account.signature("hello!"),
        "nothing": "0x",
    }
    account.deploy(chain)
    assert judge(client, account.address, account.signature("hello")) is SignatureKind.CONTRACT
    for name, signature in wrong.items():
        assert judge(client, account.address, signature) is SignatureKind.WRONG, name


@pytest.mark.django_db
@pytest.mark.parametrize("empty", ["0x", ""])
def test_a_safe_that_approved_on_chain_signs_in_without_a_signature(chain: Chain, site: Any, empty: str) -> None:
    safes, owner, browser = Safes(chain), chain.accounts[1], Browser()
    safe = safes.of_account(owner)
    text = browser.text_for(safe)
    refused = browser.verify(text, empty)
    assert refused.status_code == 403
    assert "has not approved the text on its chain" in refused.json()["detail"]
    text = browser.text_for(safe)
    safes.approve_on_chain(safe, owner, text)
    assert browser.verify(text, empty).status_code == 200
    assert LinkedAccount.objects.get().address_text == safe

    # The empty signature is asked about again like any other.
    session = WalletSession.objects.get()
    assert (bytes(session.signature), session.text) == (b"", text)
    assert session.due_at is not None
    assert recheck_due(get_chain, session.due_at, CHAIN_ID).ended == 0


def test_many_long_signatures_are_asked_about_in_batches_that_a_node_takes(
    chain: Chain, client: ChainClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = KINDS["Coinbase Smart Wallet"](chain)
    account.deploy(chain)
    padded = bytes.fromhex(account.signature("hello")[2:]) + bytes(16_384 - 224)
    one = signatures.Signed(bytes.fromhex(account.address[2:]), "hello", padded)
    sizes: list[int] = []

    def measure(view: Any, calls: Any, block: Any) -> Any:
        sizes.append(sum(len(call.data) for call in calls))
        return call_many(view, calls, block)

    monkeypatch.setattr(signatures, "call_many", measure)
    assert set(signatures.verify_many(client, [one] * 40)) == {SignatureKind.CONTRACT}
    assert len(sizes) == 3
    assert max(sizes) < 300_000
