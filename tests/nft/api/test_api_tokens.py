"""Programs that list tokens, claim, mint and send them: by the use cases of the pages."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from web3.contract import Contract

from nft.models import HeldToken, MintRequest, ReceivedToken, TokenClaim
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from profiles.people.profiles import profile_of
from profiles.testing.api_client import Program, a_secret, problem_of
from tests.kit.mints import go_on, install
from tests.kit.world import World, mint, picture, pinned_metadata

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def contract(chain: Chain, settings: Any) -> Contract:
    """The site's own collection, in which anybody may mint. The site pays for nobody."""
    settings.NFT_SPONSOR_CHAINS = []
    return install(chain, settings)


@pytest.fixture
def program(alice: User) -> Program:
    return Program(a_secret(profile_of(alice)))


@pytest.fixture
def stranger(bob: User) -> Program:
    return Program(a_secret(profile_of(bob)))


def send(program: Program, method: str, path: str, content: object = None, **headers: str) -> Any:
    body = b"" if content is None else json.dumps(content).encode()
    return program.call(method, path, body, "application/json" if body else "", **headers)


def held_by(user: User, number: int) -> list[HeldToken]:
    """Return tokens that an account of theirs holds, the newest first."""
    account = user.nft_linked_accounts.get()
    return [
        HeldToken.objects.create(
            account=account, chain_id=CHAIN_ID, contract=b"\2" * 20, token_id=place, standard="erc721",
            name=f"Dawn {place}", first_seen_at=NOW - timedelta(minutes=place),
        )
        for place in range(number)
    ]  # fmt: skip


# --- tokens held ------------------------------------------------------------------------------------------------------
def test_tokens_come_in_pages_that_stay_put(program: Program, alice: User) -> None:
    held_by(alice, 5)
    first = program.get("/me/tokens?limit=2")
    assert first["Link"].startswith("</api/v1/me/tokens?limit=2&after=")
    assert first["Link"].endswith('>; rel="next"')
    HeldToken.objects.create(
        account=alice.nft_linked_accounts.get(), chain_id=CHAIN_ID, contract=b"\3" * 20, token_id=9,
        standard="erc721", first_seen_at=NOW,
    )  # fmt: skip
    second = program.get(f"/me/tokens?limit=2&after={first.json()['next']}")
    third = program.get(second["Link"].partition(">")[0].removeprefix("</api/v1"))
    names = [token["name"] for page in (first, second, third) for token in page.json()["tokens"]]
    assert names == [f"Dawn {place}" for place in range(5)]
    assert third.json()["next"] is None
    assert "Link" not in third


def test_tokens_are_found_and_put_on_shelves(program: Program, alice: User, stranger: Program) -> None:
    held_by(alice, 3)
    [found] = program.get("/me/tokens?q=Dawn+1").json()["tokens"]
    assert found["asset"] == f"eip155:{CHAIN_ID}/erc721:{found['contract']}/1"
    path = f"/me/tokens/{found['id']}"
    assert send(program, "PATCH", path, {"shelf": "hidden"}).json() == {"before": "automatic"}
    assert [each["id"] for each in program.get("/me/tokens?shelf=hidden").json()["tokens"]] == [found["id"]]
    assert problem_of(send(stranger, "PATCH", path, {"shelf": "main"})) == (404, "no-such-token")
    assert problem_of(program.get(f"{path}/picture")) == (404, "no-such-token")
    assert stranger.get("/me/tokens?shelf=hidden").json()["tokens"] == []


def test_a_search_is_begun_and_followed(program: Program) -> None:
    begun = program.call("POST", "/me/tokens/search")
    assert begun.status_code == 200
    assert (begun.json()["done"], begun.json()["found"]) == (False, 0)
    assert program.get("/me/tokens/search").json()["was_searched"]


@pytest.mark.parametrize("query", ["chain_id=0", "chain_id=99999999999999999999", "shelf=attic", "q=" + "x" * 101])
def test_odd_filters_are_refused(program: Program, query: str) -> None:
    assert problem_of(program.get(f"/me/tokens?{query}")) == (400, "bad-parameter")


# --- claims -----------------------------------------------------------------------------------------------------------
def test_a_token_is_claimed_followed_checked_and_dismissed(
    program: Program, stranger: Program, world: World, chain: Chain, contract: Contract
) -> None:
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    asked = {"reference": f"{contract.address} {token_id}"}
    begun = send(program, "POST", "/me/claims", asked, idempotency_key="of-a-claim")
    assert begun.status_code == 200
    path = f"/me/claims/{begun.json()['id']}"
    assert (begun.json()["state"], begun.json()["done"]) == ("pending", False)
    claim = world.verify_and_fetch(TokenClaim.objects.get())
    done = program.get(path).json()
    assert (done["state"], done["done"], done["name"]) == ("owned", True, "Blue hour")
    assert done["is_current"]
    assert done["picture_id"] == str(claim.avatar_id)
    assert send(program, "POST", "/me/claims", asked, idempotency_key="of-a-claim").content == begun.content
    assert [each["id"] for each in program.get("/me/claims").json()["claims"]] == [str(claim.pk)]
    assert program.call("POST", f"{path}/check").status_code == 200
    for answer in (stranger.get(path), stranger.delete(path), stranger.call("POST", f"{path}/check")):
        assert problem_of(answer) == (404, "no-such-claim")
    assert program.delete(path).json() == {"id": str(claim.pk)}
    assert program.get("/me/picture").json()["source"] is None
    assert problem_of(program.get(path)) == (404, "no-such-claim")


@pytest.mark.parametrize(
    ("reference", "slug"),
    [("nonsense", "reference-refused"), ("eip155:5/erc721:0x" + "12" * 20 + "/1", "reference-refused")],
)
def test_what_names_no_token_is_refused(program: Program, contract: Contract, reference: str, slug: str) -> None:
    assert problem_of(send(program, "POST", "/me/claims", {"reference": reference})) == (400, slug)


def test_a_token_that_arrived_is_accepted_or_declined(program: Program, alice: User, stranger: Program) -> None:
    offers = [
        ReceivedToken.objects.create(
            user=alice, chain_id=CHAIN_ID, contract=b"\2" * 20, token_id=place, standard="erc721", name="Dawn",
            sender=b"\5" * 20, block_number=place, seen_at=NOW,
        )
        for place in (1, 2)
    ]  # fmt: skip
    assert [each["id"] for each in program.get("/me/received").json()["received"]] == [offers[1].pk, offers[0].pk]
    assert problem_of(stranger.call("POST", f"/me/received/{offers[0].pk}/accept")) == (404, "not-yours")
    assert program.call("POST", f"/me/received/{offers[0].pk}/accept").json()["state"] == "pending"
    assert program.call("POST", f"/me/received/{offers[1].pk}/decline").json() == {"id": offers[1].pk}
    assert program.get("/me/received").json()["received"] == []


# --- mints ------------------------------------------------------------------------------------------------------------
def order(program: Program, *, key: str = "", **fields: Any) -> Any:
    content = {"image": SimpleUploadedFile("me.png", picture()), "name": "Dawn"} | fields
    headers = {"idempotency_key": key} if key else {}
    return program.call("POST", "/me/mints", encode_multipart(BOUNDARY, content), MULTIPART_CONTENT, **headers)


def test_a_mint_is_ordered_published_signed_and_followed(
    program: Program, stranger: Program, world: World, chain: Chain, contract: Contract
) -> None:
    draft = order(program, key="of-a-mint")
    assert (draft.status_code, draft.json()["state"], draft.json()["pays"]) == (200, "draft", "wallet")
    assert order(program, key="of-a-mint").json() == draft.json()
    assert MintRequest.objects.count() == 1
    path = f"/me/mints/{draft.json()['id']}"
    assert problem_of(stranger.get(path)) == (404, "not-yours")
    assert send(program, "POST", f"{path}/publish").json()["state"] == "storing"
    go_on(world, MintRequest.objects.get())
    waiting = program.get(path).json()
    assert waiting["state"] == "awaiting_signature"
    fields = {name: waiting["transaction"][name] for name in ("from", "to", "data", "value", "gas")}
    assert fields["from"] == waiting["owner"] == chain.accounts[1]
    tx_hash = chain.rpc("eth_sendTransaction", fields)
    assert send(program, "POST", f"{path}/sent", {"tx_hash": tx_hash}).json()["state"] == "submitted"
    assert problem_of(send(program, "DELETE", path)) == (409, "not-now")
    assert [each["id"] for each in program.get("/me/mints").json()["mints"]] == [draft.json()["id"]]
    assert program.get("/me/mints/offer").json() == {"left": 0, "sentence": ""}


def test_a_draft_is_canceled(program: Program, contract: Contract) -> None:
    path = f"/me/mints/{order(program).json()['id']}"
    assert program.delete(path).status_code == 200
    assert problem_of(program.get(path)) == (404, "not-yours")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": ""}, (422, "body-invalid")),
        ({"name": "a\u202eb"}, (400, "text-refused")),
        ({"description": "x" * 501}, (422, "body-invalid")),
        ({"pays": "nobody"}, (422, "body-invalid")),
        ({"pays": "site"}, (429, "not-sponsored")),
        ({"account_id": str(uuid4())}, (404, "not-yours")),
        ({"account_id": "mine"}, (422, "body-invalid")),
        ({"image": SimpleUploadedFile("me.png", b"no picture")}, (422, "not-an-image")),
        ({"image": "no file"}, (422, "body-invalid")),
        ({"else": "1"}, (422, "body-invalid")),
    ],
)
def test_orders_that_can_not_be_are_refused(
    program: Program, contract: Contract, fields: dict[str, Any], problem: tuple[int, str]
) -> None:
    assert problem_of(order(program, **fields)) == problem
    assert not MintRequest.objects.exists()


# --- transfers --------------------------------------------------------------------------------------------------------
def test_a_transfer_is_prepared_signed_and_followed(
    program: Program, stranger: Program, claim: TokenClaim, chain: Chain
) -> None:
    path = f"/me/claims/{claim.pk}/transfer"
    assert program.get(path).json()["stage"] == "none"
    prepared = send(program, "POST", path, {"to": chain.accounts[2]}).json()
    assert prepared["receiver"]["address"] == chain.accounts[2]
    assert prepared["transaction"]["from"] == chain.accounts[1]
    assert prepared["transaction"]["to"] == claim.contract_text
    fields = {name: prepared["transaction"][name] for name in ("from", "to", "data", "value", "gas")}
    tx_hash = chain.rpc("eth_sendTransaction", fields)
    sent = send(program, "POST", f"{path}/sent", {"tx_hash": tx_hash}).json()
    assert (sent["stage"], sent["tx_hash"], sent["done"]) == ("sent", tx_hash, False)
    for answer in (stranger.get(path), send(stranger, "POST", path, {"to": chain.accounts[2]})):
        assert problem_of(answer) == (404, "no-such-claim")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"to": "0x" + "00" * 20}, (400, "receiver-refused")),
        ({"to": "nobody-here"}, (400, "receiver-refused")),
        ({"to": ""}, (422, "body-invalid")),
        ({"to": "0x" + "12" * 20, "amount": 2}, (422, "body-invalid")),
        ({"to": "0x" + "12" * 20, "amount": 2**60}, (422, "body-invalid")),
        ({"to": 1}, (422, "body-invalid")),
    ],
)
def test_transfers_that_would_lose_the_token_are_refused(
    program: Program, claim: TokenClaim, content: dict[str, Any], problem: tuple[int, str]
) -> None:
    assert problem_of(send(program, "POST", f"/me/claims/{claim.pk}/transfer", content)) == problem


@pytest.mark.parametrize("tx_hash", ["", "0x", "0x" + "g" * 64, "0x" + "1" * 65])
def test_what_is_no_hash_is_refused(program: Program, claim: TokenClaim, tx_hash: str) -> None:
    answer = send(program, "POST", f"/me/claims/{claim.pk}/transfer/sent", {"tx_hash": tx_hash})
    assert problem_of(answer) in {(400, "bad-transaction-hash"), (422, "body-invalid")}
