"""Receipts checked by a stranger: with the script, against a node and a gateway that are not ours."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from web3.contract import Contract

from localstack.processes import free_port
from nft.claims.claiming import create_claim
from nft.claims.provenance import Provenance, asset_id, build_provenance
from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.core.evm.address import parse_address, to_checksum
from nft.core.tokens.metadata import build_metadata
from nft.models import TokenClaim
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from profiles.serving.receipt import VERIFIER
from tests.kit.verifier import STATIC, WORDS, load, verify_receipt
from tests.kit.world import World, claim_of, make_world, mint, person, picture, send
from tests.nft.tokens.test_resolvers import ART, PUNKS, SVG, address_word, place, resolve, text_answer
from tests.servers.helia_gateway import Gateway

pytestmark = pytest.mark.django_db(transaction=True)
Receipt = dict[str, Any]


@pytest.fixture
def live_server(uncollected_static_files: None, live_server: LiveServer) -> LiveServer:
    """Create the folder of static files first, or WhiteNoise would warn."""
    return live_server


@pytest.fixture(autouse=True)
def _site(live_server: LiveServer, settings: Settings) -> None:
    settings.SITE_ORIGIN = live_server.url
    settings.AVATAR_RECEIPT_SIGNING_KEY = a_key()


@pytest.fixture
def world(chain: Chain, helia: Gateway) -> World:
    world = make_world(chain, [helia.url])
    world.now = timezone.now()  # pages go by the real clock
    return world


def a_key() -> str:
    private = Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def token_uri(helia: Gateway, colour: str = "teal") -> str:
    image = helia.add(picture(colour))
    return f"ipfs://{helia.add(build_metadata('Blue hour', '', f'ipfs://{image}'))}"


def alice_shows(world: World, contract: Contract, uri: str, *, public: bool = True) -> TokenClaim:
    holder = world.chain.accounts[1]
    return claim_of(world, person("alice", holder, public=public), contract, mint(world.chain, contract, holder, uri))


def check(source: object, *options: str) -> tuple[int, dict[str, str]]:
    """The script's exit status, and for each step what it found, with the standard library only."""
    said = verify_receipt(source, *options)
    return said.code, {name: f"{word}: {sentence}" for word, name, sentence in said.lines if word in WORDS}


def words(found: dict[str, str]) -> dict[str, str]:
    return {name: said.partition(":")[0] for name, said in found.items()}


def asked_of(chain: Chain, helia: Gateway) -> list[str]:
    return ["--rpc", chain.url, "--gateway", helia.url]


def test_a_stranger_proves_a_receipt_from_signature_to_pixels(
    world: World, contract: Contract, helia: Gateway, live_server: LiveServer
) -> None:
    claim = alice_shows(world, contract, token_uri(helia))
    code, found = check(f"{live_server.url}/avatar/alice.json", *asked_of(world.chain, helia))
    steps = ["form", "unknown", "signature", "block", "owner", "collection", "proof", "mark"]
    steps += ["token URI", "metadata", "picture", "served"]
    expected = {**dict.fromkeys(steps, "proved"), "by the site alone": "stated"}
    assert (code, words(found)) == (0, expected), found
    assert world.chain.accounts[1] in found["owner"]
    assert f"block {claim.checked_block_number} " in found["block"]
    receipt = requests.get(f"{live_server.url}/avatar/alice.json", timeout=10).json()
    facts = receipt["provenance"]
    assert (facts["verdict"], facts["chain_id"], facts["standard"], receipt["mark"]) == (
        "owned",
        CHAIN_ID,
        "erc721",
        True,
    )
    assert facts["block_hash"] == claim.checked_block_hash


def test_the_files_that_the_page_names_are_enough(
    world: World, contract: Contract, helia: Gateway, live_server: LiveServer, tmp_path: Path
) -> None:
    alice_shows(world, contract, token_uri(helia))
    page = requests.get(f"{live_server.url}/u/alice/receipt/", timeout=10).text
    names = set(re.findall(r'download="(verify_\w+\.py)"', page))
    assert names == {path.name for path in STATIC.glob("verify_*.py")}
    assert f"{{{','.join(VERIFIER)}}}" in html.unescape(page)
    for name in names:
        (tmp_path / name).write_bytes(requests.get(f"{live_server.url}/static/{name}", timeout=10).content)
    command = [sys.executable, "-I", "-S", str(tmp_path / "verify_receipt.py"), f"{live_server.url}/avatar/alice.json"]
    done = subprocess.run([*command, *asked_of(world.chain, helia)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_command_is_the_same_script(
    world: World, contract: Contract, helia: Gateway, live_server: LiveServer, capfd: pytest.CaptureFixture[str]
) -> None:
    alice_shows(world, contract, token_uri(helia))
    call_command("verify_receipt", f"{live_server.url}/avatar/alice.json", rpc=world.chain.url, gateway=[helia.url])
    assert capfd.readouterr().out.count("proved      ") == 13, "the proof, and the owner by it, too"
    with pytest.raises(SystemExit) as ended:
        call_command("verify_receipt", f"{live_server.url}/avatar/alice.json")
    assert ended.value.code == 3


def test_a_receipt_stays_true_of_its_block_after_the_token_went_on(
    world: World, contract: Contract, helia: Gateway, live_server: LiveServer, tmp_path: Path
) -> None:
    claim = alice_shows(world, contract, token_uri(helia))
    kept = tmp_path / "kept.json"
    kept.write_text(requests.get(f"{live_server.url}/avatar/alice.json", timeout=10).text)
    send(world.chain, contract, claim.token_id, 1, 2)
    world.verify(claim)
    assert requests.get(f"{live_server.url}/avatar/alice.json", timeout=10).json()["source"] is None
    _, found = check(kept, "--site", live_server.url, *asked_of(world.chain, helia))
    assert words(found)["owner"] == "proved"
    assert words(found)["signature"] == "proved"


OTHER_METADATA = "ipfs://bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
Change = Callable[[Receipt, Chain], None]
CHANGES: list[tuple[Change, str]] = [
    (lambda receipt, chain: receipt["provenance"].update(account=chain.accounts[2]), "owner"),
    (lambda receipt, _: receipt["provenance"].update(block_hash="0x" + "ab" * 32), "block"),
    (lambda receipt, _: receipt["provenance"].update(token_uri=OTHER_METADATA), "token URI"),
    (lambda receipt, _: receipt["provenance"].update(token_uri="data:application/json"), "token URI"),
    (lambda receipt, _: receipt["provenance"].update(sha256="0" * 64), "picture"),
    (lambda receipt, _: receipt["sizes"][0].update(sha256="0" * 64), "served"),
]


@pytest.mark.parametrize(("change", "step"), CHANGES)
def test_every_change_of_a_receipt_is_found_twice(
    change: Change,
    step: str,
    world: World,
    contract: Contract,
    helia: Gateway,
    live_server: LiveServer,
    tmp_path: Path,
) -> None:
    """By the signature, and by asking."""
    alice_shows(world, contract, token_uri(helia))
    receipt = requests.get(f"{live_server.url}/avatar/alice.json", timeout=10).json()
    change(receipt, world.chain)
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(receipt))
    code, found = check(forged, "--site", live_server.url, *asked_of(world.chain, helia))
    assert code == 1
    assert words(found)["signature"] == words(found)[step] == "NOT PROVED"


def test_an_outage_is_never_a_no(world: World, contract: Contract, helia: Gateway, live_server: LiveServer) -> None:
    alice_shows(world, contract, token_uri(helia))
    url, nowhere = f"{live_server.url}/avatar/alice.json", f"http://127.0.0.1:{free_port()}"
    for options in (["--rpc", nowhere, "--gateway", nowhere], []):
        code, found = check(url, *options)
        assert code == 3
        assert "NOT PROVED" not in words(found).values()
        assert words(found)["owner" if not options else "block"] == "not checked"
    assert check(nowhere)[0] == 2


def test_a_hidden_account_is_in_no_receipt_but_can_be_checked_by_who_knows_it(
    world: World, contract: Contract, helia: Gateway, live_server: LiveServer
) -> None:
    alice_shows(world, contract, token_uri(helia), public=False)
    url, asked = f"{live_server.url}/avatar/alice.json", asked_of(world.chain, helia)
    assert world.chain.accounts[1].lower() not in requests.get(url, timeout=10).text.lower()
    code, found = check(url, *asked)
    assert (code, words(found)["owner"]) == (3, "not checked")
    assert words(check(url, *asked, "--account", world.chain.accounts[1])[1])["owner"] == "proved"
    assert words(check(url, *asked, "--account", world.chain.accounts[2])[1])["owner"] == "NOT PROVED"


def test_a_vault_s_delegation_is_asked_for_at_the_same_block(
    world: World, contract: Contract, helia: Gateway, live_server: LiveServer, settings: Settings
) -> None:
    chain, vault = world.chain, world.chain.accounts[2]
    registry = chain.deploy("DemoDelegateRegistry")
    client = ChainClient(CHAIN_ID, [chain.url], "finalized", delegate_registry=parse_address(registry.address))
    world.clients = Clients(lambda _: client, world.clients.ipfs, world.clients.http)
    settings.NFT_CHAINS = {CHAIN_ID: {**settings.NFT_CHAINS[CHAIN_ID], "delegate_registry": registry.address}}
    chain.send(registry.functions.delegateAll(chain.accounts[1], bytes(32), True), sender=vault)
    token_id = mint(chain, contract, vault, token_uri(helia))
    claim_of(world, person("alice", chain.accounts[1], public=True), contract, token_id)
    url, asked = f"{live_server.url}/avatar/alice.json", asked_of(chain, helia)
    code, found = check(url, *asked)
    assert (code, words(found)["owner"]) == (3, "not checked"), "a registry of the site's own proves nothing by itself"
    code, found = check(url, *asked, "--registry", registry.address)
    assert code == 0, found
    assert "delegated it to" in found["owner"]


def test_a_contract_with_a_resolver_is_not_reported_as_a_contradiction(
    world: World, live_server: LiveServer, settings: Settings
) -> None:
    chain = world.chain
    rule = {"owner_call": "punkIndexToAddress(uint256)", "uri_call": "punkImageSvg(uint16)", "uri_contract": ART}
    place(chain, PUNKS, {"punkIndexToAddress(uint256)": address_word(chain.accounts[1])})
    place(chain, ART, {"punkImageSvg(uint16)": text_answer("data:image/svg+xml;utf8," + SVG)})
    resolve(settings, rule)
    alice = person("alice", chain.accounts[1], public=True)
    claim = world.verify_and_fetch(create_claim(alice, f"{to_checksum(parse_address(PUNKS))} 7", world.now))
    assert claim.state == "owned"
    code, found = check(f"{live_server.url}/avatar/alice.json", "--rpc", chain.url)
    assert (code, words(found)["owner"], words(found)["token URI"]) == (3, "not checked", "not checked")
    assert "punkIndexToAddress(uint256)" in found["owner"]


def inline_metadata() -> str:
    image = "data:image/png;base64," + base64.b64encode(picture("coral")).decode()
    metadata = json.dumps({"name": "Inline", "image": image}).encode()
    return "data:application/json;base64," + base64.b64encode(metadata).decode()


def test_a_picture_within_the_token_is_proved_by_the_chain_alone(
    world: World, contract: Contract, live_server: LiveServer
) -> None:
    alice_shows(world, contract, inline_metadata())
    code, found = check(f"{live_server.url}/avatar/alice.json", "--rpc", world.chain.url)
    assert code == 0, found
    assert words(found)["picture"] == "proved"


def test_a_new_key_signs_and_receipts_of_the_earlier_one_stay_valid(
    world: World, contract: Contract, helia: Gateway, live_server: LiveServer, settings: Settings, tmp_path: Path
) -> None:
    alice_shows(world, contract, token_uri(helia))
    kept = tmp_path / "kept.json"
    kept.write_text(requests.get(f"{live_server.url}/avatar/alice.json", timeout=10).text)
    keys_url = f"{live_server.url}/.well-known/avatarsite-receipt-keys.json"
    earlier = requests.get(keys_url, timeout=10).json()["keys"][0]
    settings.AVATAR_RECEIPT_SIGNING_KEY = a_key()
    assert words(check(kept, "--site", live_server.url)[1])["signature"] == "NOT PROVED"
    settings.AVATAR_RECEIPT_PUBLIC_KEYS = [earlier["x"]]
    assert words(check(kept, "--site", live_server.url)[1])["signature"] == "proved"
    assert [key["kid"] == earlier["kid"] for key in requests.get(keys_url, timeout=10).json()["keys"]] == [False, True]


def test_a_receipt_is_built_from_the_claim_by_one_query_and_nothing_of_it_is_stored_twice(
    world: World, contract: Contract, helia: Gateway, django_assert_num_queries: Any
) -> None:
    claim = alice_shows(world, contract, token_uri(helia))
    avatar = claim.avatar
    assert avatar is not None
    assert avatar.provenance == {"asset_id": asset_id(claim), "by_delegation": False, "collection": "Avatars"}
    with django_assert_num_queries(1):
        facts = build_provenance(avatar)
    assert facts is not None
    optional = {"metadata_changed_at", "resolver", "delegate_registry"}
    assert set(facts) == set(Provenance.__annotations__) - optional
    shown = (facts["token_name"], facts["image_cid"], facts["sha256"])
    assert shown == (claim.picture.name, claim.picture.image_cid, claim.picture.sha256)

    claim.delete()
    kept = build_provenance(avatar)
    assert kept is not None
    assert (kept["asset_id"], kept["verdict"], kept["account"]) == (facts["asset_id"], "unknown", "")


def test_the_owner_is_computed_offline_from_the_proof_that_the_receipt_names(
    world: World, contract: Contract, live_server: LiveServer, tmp_path: Path
) -> None:
    claim = alice_shows(world, contract, inline_metadata())
    site = f"{live_server.url}/avatar/alice"
    receipt = requests.get(f"{site}.json", timeout=10)
    answer = requests.get(f"{site}/proof.json", timeout=10)
    named = receipt.json()["provenance"]["ownership_proof"]
    assert (answer.status_code, hashlib.sha256(answer.content).hexdigest()) == (200, named["sha256"])
    assert answer.headers["ETag"] == f'"{named["sha256"]}"'
    kept, proof = tmp_path / "kept.json", tmp_path / "proof.json"
    kept.write_bytes(receipt.content)
    proof.write_bytes(answer.content)

    keys = tmp_path / "keys.json"
    keys.write_bytes(requests.get(f"{live_server.url}/.well-known/avatarsite-receipt-keys.json", timeout=10).content)
    said = verify_receipt(kept, "--keys", keys, "--proof", proof, has_packages=True, offline=True)
    proved = [said.verdicts.get(step) for step in ("form", "signature", "proof", "owner by proof")]
    assert proved == ["proved"] * 4, (said.out, said.error)
    assert (said.code, said.error) == (3, ""), "the pictures that the site serves were not looked at"
    page = html.unescape(requests.get(f"{live_server.url}/prove/alice/", timeout=10).text).replace("’", "'")
    script = load("verify_proof")
    for words_of_page in ("That the chain has this block", script.AUTHORITIES["one_node"], *script.LIMITS):
        assert words_of_page in page
        assert words_of_page in said.sentences["proof"]
    assert claim.account is not None
    assert claim.account.address_text in said.sentences["owner by proof"]
    assert said.verdicts["owner"] == "not checked", "no node was named"
    found = check(kept, "--proof", str(proof))[1]
    assert (words(found)["proof"], words(found)["owner by proof"]) == ("proved", "not checked")
    assert "pip install ethereum-execution" in found["owner by proof"]
    found = check(f"{site}.json", "--rpc", world.chain.url)[1]
    assert "Your node has this block, too." in found["proof"]
    assert "owner by proof" not in found, "the node proved it, and the package is not there"

    document = json.loads(answer.content)
    lies: list[dict[str, Any]] = [
        document | {"header": document["header"][:-2] + "00"},
        document | {"nodes": document["nodes"][1:]},
        document | {"codes": [document["codes"][0][:-2] + "00"]},
        document | {"reads": [read | {"slots": dict.fromkeys(read["slots"], "0x7")} for read in document["reads"]]},
        document | {"reads": []},
        document | {"calls": [document["calls"][0] | {"result": "0x" + "11" * 32}]},
        document | {"calls": [document["calls"][0] | {"data": document["calls"][0]["data"][:-1] + "f"}]},
        document | {"calls": []},
        document | {"chain_id": 1},
        document | {"block_number": 1, "version": 2},
    ]
    for lie in lies:
        written = json.dumps(lie, sort_keys=True, separators=(",", ":")).encode()
        proof.write_bytes(written)
        told = receipt.json()
        told["provenance"]["ownership_proof"]["sha256"] = hashlib.sha256(written).hexdigest()
        kept.write_text(json.dumps(told))
        said = verify_receipt(kept, "--proof", proof, has_packages=True)
        assert "NOT PROVED" in (said.verdicts["proof"], said.verdicts.get("owner by proof")), lie
    account = claim.account
    account.is_public = False
    account.save()
    assert requests.get(f"{site}/proof.json", timeout=10).status_code == 404
    assert "ownership_proof" not in requests.get(f"{site}.json", timeout=10).json()["provenance"]
