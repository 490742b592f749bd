"""The pages and JSON of tokens, mints and transfers, as a browser uses them."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from web3.contract import Contract

from nft.claims import claiming
from nft.claims.picture import fetch_picture
from nft.claims.sweeping import check_lane
from nft.minting.steps import follow_mint
from nft.models import MintRequest, TokenClaim
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from profiles.models import AuditEntry
from profiles.testing.jobs import run
from tests.kit.world import deploy_avatar_token, mint, person, picture, pinned_metadata

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract(chain: Chain, settings: Any) -> Contract:
    deployed = deploy_avatar_token(chain)
    chain.finalize()
    settings.NFT_CHAINS = {CHAIN_ID: settings.NFT_CHAINS[CHAIN_ID] | {"avatar_contract": deployed.address}}
    return deployed


def page(client: Client, name: str, *arguments: object) -> Any:
    return client.get(reverse(name, args=arguments))


def post_json(client: Client, url: str, content: object) -> Any:
    return client.post(url, json.dumps(content), content_type="application/json")


def claim_new_token(browser: Client, chain: Chain, contract: Contract) -> TokenClaim:
    """Mint a token for Alice, and claim it in her browser; return the claim after the worker's first check."""
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    browser.post(reverse("nft:claim_create"), {"reference": f"{contract.address} {token_id}"})
    run(check_lane, CHAIN_ID, "asked")
    return TokenClaim.objects.get()


def test_a_token_is_pasted_checked_and_shown(browser: Client, chain: Chain, contract: Contract) -> None:
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    answer: Any = browser.post(reverse("nft:claim_create"), {"reference": f"{contract.address}/{token_id}"})
    claim = TokenClaim.objects.get()
    assert answer.url == reverse("nft:claim_detail", args=[claim.pk])
    assert b"We are checking" in page(browser, "nft:claim_detail", claim.pk).content
    status = page(browser, "nft:claim_status", claim.pk).json()
    assert (status["state"], status["step"], status["done"]) == ("pending", "owner", False)

    run(check_lane, CHAIN_ID, "asked")
    assert page(browser, "nft:claim_status", claim.pk).json()["step"] == "metadata"
    run(fetch_picture, claim.pk)
    status = page(browser, "nft:claim_status", claim.pk).json()
    assert (status["state"], status["done"], status["redirect"]) == ("owned", True, answer.url)
    assert [step["state"] for step in status["steps"]] == ["done"] * 3
    shown = page(browser, "nft:claim_detail", claim.pk).content
    assert b"This is your picture now" in shown
    assert b"Blue hour" in page(browser, "nft:tokens").content


def test_what_cannot_be_read_says_so_beside_the_field(browser: Client) -> None:
    answer = browser.post(reverse("nft:claim_create"), {"reference": "hello"})
    assert answer.status_code == 422
    assert b"names no token" in answer.content


def test_the_sweep_of_the_worker_notices_a_transfer(browser: Client, chain: Chain, contract: Contract) -> None:
    claim = claim_new_token(browser, chain, contract)
    assert claim.state == "owned"
    chain.send(
        contract.functions.transferFrom(chain.accounts[1], chain.accounts[2], claim.token_id), sender=chain.accounts[1]
    )
    chain.finalize()
    browser.post(reverse("nft:claim_recheck", args=[claim.pk]))
    run(check_lane, CHAIN_ID, "asked")
    assert b" was sent to 0x" in page(browser, "nft:claim_detail", claim.pk).content
    browser.post(reverse("nft:claim_remove", args=[claim.pk]))
    assert page(browser, "nft:claim_detail", claim.pk).status_code == 404


def test_a_token_is_minted_in_the_browser(browser: Client, chain: Chain, contract: Contract, alice: User) -> None:
    form = {
        "image": SimpleUploadedFile("a.png", picture("teal"), "image/png"),
        "name": "Dawn",
        "description": "",
        "account": str(alice.nft_linked_accounts.get().pk),
        "key": str(uuid4()),
    }
    assert page(browser, "nft:mint").status_code == 200
    answer: Any = browser.post(reverse("nft:mint"), form)
    request = MintRequest.objects.get()
    detail, status = reverse("nft:mint_detail", args=[request.pk]), reverse("nft:mint_status", args=[request.pk])
    assert answer.url == detail
    assert browser.get(status).json()["state"] == "draft"
    draft = browser.get(detail).text
    assert "It cannot be undone." in draft
    assert "from your wallet." in draft
    own_picture = browser.get(reverse("nft:mint_picture", args=[request.pk]))
    assert own_picture["Content-Type"] == "image/webp"
    assert reverse("nft:mint_picture", args=[request.pk]) in draft

    published: Any = browser.post(reverse("nft:mint_publish", args=[request.pk]))
    assert published.url == detail
    assert browser.get(status).json()["step"] == "store"
    assert '<meta http-equiv="refresh"' in browser.get(detail).text, "without scripts"
    run(follow_mint, request.pk)
    assert browser.get(reverse("nft:mint_picture", args=[request.pk])).content == own_picture.content
    ready = browser.get(status).json()
    assert (ready["state"], ready["step"]) == ("awaiting_signature", "sign")
    assert ready["transaction"]["data"].encode() in browser.get(detail).content
    wallet = {name: ready["transaction"][name] for name in ("from", "to", "data", "value", "gas")}
    tx_hash = chain.rpc("eth_sendTransaction", wallet)
    sent = post_json(browser, reverse("nft:mint_sent", args=[request.pk]), {"tx_hash": tx_hash})
    assert sent.json() == {"redirect": detail}

    chain.finalize()
    run(follow_mint, request.pk)
    done = browser.get(status).json()
    assert (done["state"], done["done"], done["redirect"]) == ("confirmed", True, detail)
    request.refresh_from_db()
    assert request.metadata_uri.encode() in browser.get(detail).content
    used: Any = browser.post(reverse("nft:mint_use", args=[request.pk]))
    assert used.url == reverse("nft:claim_detail", args=[TokenClaim.objects.get().pk])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"image": SimpleUploadedFile("a.png", b"no picture", "image/png")}, b""),
        ({"name": "x\u202ey"}, b"can&#x27;t be seen"),
        ({"name": "x" * 101}, b"100 characters"),
        ({"account": str(uuid4())}, b"not one of the available choices"),
    ],
    ids=["no picture", "hidden characters", "long name", "foreign account"],
)
def test_bad_input_for_a_mint_is_said_beside_its_field(
    browser: Client, contract: Contract, alice: User, changes: dict[str, Any], sentence: bytes
) -> None:
    form = {
        "image": SimpleUploadedFile("a.png", picture("teal"), "image/png"),
        "name": "Dawn",
        "account": str(alice.nft_linked_accounts.get().pk),
        "key": str(uuid4()),
    }
    answer = browser.post(reverse("nft:mint"), form | changes)
    assert answer.status_code == 422
    assert sentence in answer.content
    assert not MintRequest.objects.exclude(name="", state="draft").exists()


def test_a_body_too_large_for_a_picture_is_refused_unread(browser: Client, contract: Contract, settings: Any) -> None:
    settings.AVATAR_MAX_BYTES = 10_000
    image = SimpleUploadedFile("a.png", bytes(200_000), "image/png")
    answer = browser.post(reverse("nft:mint"), {"image": image, "name": "Dawn"})
    assert answer.status_code == 413
    assert b"larger than the limit" in answer.content


def test_a_transfer_is_built_and_its_hash_kept(browser: Client, chain: Chain, contract: Contract) -> None:
    claim = claim_new_token(browser, chain, contract)
    transfer = reverse("nft:transfer", args=[claim.pk])
    assert browser.get(transfer).status_code == 200
    assert b"own contract" in browser.post(transfer, {"to": contract.address}).content
    answer = browser.post(transfer, {"to": chain.accounts[2]})
    assert answer.context["transaction"]["to"] == contract.address
    sent = post_json(browser, reverse("nft:transfer_sent", args=[claim.pk]), {"tx_hash": "0x" + "ab" * 32})
    assert sent.json() == {"redirect": transfer + "?sent"}
    assert b"0x" + b"ab" * 32 in browser.get(transfer + "?sent").content


@pytest.mark.parametrize("content", [{"tx_hash": "0x12"}, {"tx_hash": 5}, {}, [], "text"])
def test_a_bad_hash_is_a_problem_never_an_error(
    browser: Client, chain: Chain, contract: Contract, content: object
) -> None:
    browser.post(reverse("nft:claim_create"), {"reference": f"{contract.address} 1"})
    url = reverse("nft:transfer_sent", args=[TokenClaim.objects.get().pk])
    answer = post_json(browser, url, content)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


PAGES = ["claim_detail", "claim_status", "transfer", "transfer_status", "mint_detail", "mint_status"]
POSTS = ["claim_recheck", "claim_remove", "transfer", "mint_use"]
JSON_POSTS = ["transfer_sent", "mint_sent"]


def test_strangers_and_guests_reach_nothing_of_others(browser: Client, chain: Chain, contract: Contract) -> None:
    browser.post(reverse("nft:claim_create"), {"reference": f"{contract.address} 1"})
    claim = TokenClaim.objects.get()
    stranger = Client()
    stranger.force_login(person("mallory"), "django.contrib.auth.backends.ModelBackend")
    for client, expected in ((stranger, {404}), (Client(), {302})):
        assert {page(client, f"nft:{name}", claim.pk).status_code for name in PAGES} == expected
        posts = [client.post(reverse(f"nft:{name}", args=[claim.pk])).status_code for name in POSTS]
        assert set(posts) == expected
    assert TokenClaim.objects.filter(pk=claim.pk).exists()
    body = {"tx_hash": "0x" + "11" * 32}
    for client, expected in ((stranger, {404}), (Client(), {403})):
        answers = [post_json(client, reverse(f"nft:{name}", args=[claim.pk]), body) for name in JSON_POSTS]
        assert {answer.status_code for answer in answers} == expected


def test_every_post_wants_its_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    urls = [reverse(f"nft:{name}", args=[uuid4()]) for name in [*POSTS, *JSON_POSTS]]
    urls += [reverse("nft:claim_create"), reverse("nft:mint")]
    assert {client.post(url, "{}", content_type="application/json").status_code for url in urls} == {403}


def test_a_used_up_limit_tells_a_program_when_to_come_back(
    browser: Client, chain: Chain, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = claim_new_token(browser, chain, contract)
    monkeypatch.setattr(claiming, "CHECKS_PER_HOUR", 1)  # spent on the claim itself
    url = reverse("nft:transfer_sent", args=[claim.pk])
    answer = post_json(browser, url, {"tx_hash": "0x" + "ab" * 32})
    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/rate-limited")
    assert 0 < int(answer["Retry-After"]) <= 3600


def test_staff_see_claims_and_look_again_with_a_reason(
    browser: Client, admin_client: Client, chain: Chain, contract: Contract
) -> None:
    token_id = mint(chain, contract, chain.accounts[1], pinned_metadata())
    browser.post(reverse("nft:claim_create"), {"reference": f"{contract.address} {token_id}"})
    claim = TokenClaim.objects.get()
    run(check_lane, CHAIN_ID, "asked")
    run(fetch_picture, claim.pk)
    for model in ("tokenclaim", "mintrequest", "cachedobject", "ipfsblock"):
        assert admin_client.get(reverse(f"admin:nft_{model}_changelist")).status_code == 200
    changelist = reverse("admin:nft_tokenclaim_changelist")
    assert b"<img" in admin_client.get(changelist).content
    assert admin_client.get(reverse("admin:nft_tokenclaim_change", args=[claim.pk])).status_code == 200

    action = {"action": "look_again", "_selected_action": [str(claim.pk)]}
    admin_client.post(changelist, action)
    assert not AuditEntry.objects.filter(action="claim.recheck").exists()
    admin_client.post(changelist, {**action, "reason": "A visitor complained"})
    assert AuditEntry.objects.get(action="claim.recheck").detail["reason"] == "A visitor complained"
