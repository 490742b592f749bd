"""From token to picture: every shape of metadata, and the reasons given if there is no picture to show."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.core.cache.backends.locmem import LocMemCache

from nft.claims.pages import claim_status, get_sentence
from nft.claims.picture import fetch_picture
from nft.clients.ipfs.gateways import Gateways
from nft.clients.web.fetch import GuardedHttp, guarded_http
from nft.clients.web.pace import Budget, Pace
from nft.core.tokens.metadata import build_metadata
from nft.files.store import pin_directory, pin_file
from nft.testing.chain import Chain
from tests.kit.hostile_server import body, serving
from tests.kit.world import LOOPBACK, World, claim_of, deploy_avatar_token, mint, person, picture, pinned_metadata
from tests.servers.helia_gateway import Gateway

pytestmark = pytest.mark.django_db


# --- other tokens ------------------------------------------------------------------------------------------------


def test_an_erc1155_token_of_a_directory_by_hexadecimal_id(world: World, chain: Chain, alice: User) -> None:
    token_id = 10063
    image = pin_file(picture("navy"), "image/png", world.now)
    name = f"{token_id:064x}.json"
    folder = pin_directory({name: (build_metadata("Edition", "", image.uri), "application/json")}, world.now)
    editions = chain.deploy("DemoEditions", folder.uri + "/{id}.json")
    chain.send(editions.functions.mint(chain.accounts[1], token_id, 2))
    chain.finalize()
    claim = claim_of(world, alice, editions, token_id)
    assert (claim.state, claim.standard, claim.name, claim.collection) == (
        "owned",
        "erc1155",
        "Edition",
        "Demo Editions",
    )
    assert claim.picture.token_uri == f"{folder.uri}/{name}"


def test_an_on_chain_drawing_becomes_pixels(world: World, chain: Chain, alice: User) -> None:
    shapes = chain.deploy("OnchainShapes")
    chain.send(shapes.functions.mint(chain.accounts[1]))
    chain.finalize()
    claim = claim_of(world, alice, shapes, 1)
    assert (claim.state, claim.step, claim.picture.proof) == ("owned", "done", "inline"), get_sentence(claim)
    assert claim.avatar is not None
    assert claim.avatar.image.source_format == "svg"


def test_a_token_with_two_accounts_is_found_whichever_holds_it(world: World, chain: Chain) -> None:
    user = person("alice", chain.accounts[3], chain.accounts[1])
    contract = deploy_avatar_token(chain)
    claim = claim_of(world, user, contract, mint(chain, contract, chain.accounts[1], pinned_metadata()))
    assert claim.account is not None
    assert claim.account.address_text == chain.accounts[1]


# --- pictures that can't be had ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("data:application/json,{}", "names no picture"),
        ("data:application/json,nonsense", "not valid JSON"),
        ("data:text/html,<h1>hi</h1>", "not valid JSON"),
        ("data:text/html,<!doctype html><title>A page</title>", "a web page instead of metadata"),
        ('data:application/json,{"image":"data:image/png;base64,AAAA"}', "can't be shown"),
        ('data:application/json,{"image":"ftp://x/y.png"}', "ftp"),
    ],
)
def test_a_token_without_a_usable_picture_says_why_and_stays_verified(
    world: World, chain: Chain, alice: User, uri: str, sentence: str
) -> None:
    contract = deploy_avatar_token(chain)
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], uri))
    assert (claim.state, claim.picture.state, claim.picture.due_at) == ("owned", "failed", None)
    assert claim_status(claim)["reason"] == "media_failed"
    assert sentence in get_sentence(claim)
    assert claim_status(claim)["done"] is True


def test_a_metadata_address_inside_our_network_is_refused(world: World, chain: Chain, alice: User) -> None:
    world.clients = replace(world.clients, http=guarded_http())
    with serving(body(b"{}")) as server:
        contract = deploy_avatar_token(chain)
        url = f"https://localhost:{server.port}/"
        claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], url))
        assert (claim.avatar, server.paths) == (None, [])


def test_an_image_address_inside_our_network_is_not_asked(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    uri = 'data:application/json,{"image":"http://169.254.169.254/latest"}'
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], uri))
    assert claim.avatar is None
    assert "public internet" in get_sentence(claim)


def test_a_token_uri_that_is_itself_a_picture_is_shown(world: World, chain: Chain, alice: User) -> None:
    contract = deploy_avatar_token(chain)
    image = pin_file(picture("olive"), "image/png", world.now)
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], image.uri))
    assert (claim.step, claim.picture.proof) == ("done", "cid")


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">{}</svg>'
DOT = SVG.format('<circle cx="32" cy="32" r="20" fill="teal"/>')


def base64_uri(kind: str, content: bytes | str) -> str:
    raw = content.encode() if isinstance(content, str) else content
    return f"data:{kind};base64,{base64.b64encode(raw).decode()}"


def nested() -> str:
    """A picture in a drawing in metadata in the token."""
    pixel = base64_uri("image/png", picture())
    drawing = SVG.format(f'<image width="64" height="64" href="{pixel}"/>')
    document = json.dumps({"name": "Nested", "image": base64_uri("image/svg+xml", drawing)})
    return base64_uri("application/json", document)


@pytest.mark.parametrize(
    "uri",
    [
        nested(),
        "data:application/json," + json.dumps({"image_data": DOT}),
        "data:application/json;utf8," + json.dumps({"image": "data:image/svg+xml;utf8," + DOT}),
        "data:application/json;charset=utf-8," + quote(json.dumps({"image": base64_uri("image/svg+xml", DOT)})),
        json.dumps({"image": base64_uri("image/png", picture())}),
        base64_uri("image/svg+xml", DOT),
        DOT,
    ],
    ids=["nested", "image_data", "plain", "percent", "no data: at all", "an SVG itself", "markup itself"],
)
def test_a_token_that_contains_its_picture_needs_no_host(world: World, chain: Chain, alice: User, uri: str) -> None:
    contract = deploy_avatar_token(chain)
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], uri))
    assert (claim.step, claim.picture.proof) == ("done", "inline"), get_sentence(claim)


@pytest.mark.parametrize("shape", ["{}", "https://ipfs.io/ipfs/{}", "https://{}.ipfs.dweb.link/", "/ipfs/{}"])
def test_a_gateway_s_address_or_a_bare_cid_is_proved_like_any_ipfs_uri(
    world: World, chain: Chain, alice: User, shape: str
) -> None:
    contract = deploy_avatar_token(chain)
    uri = shape.format(pin_file(picture("olive"), "image/png", world.now).cid)
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], uri))
    assert (claim.step, claim.picture.proof) == ("done", "cid"), get_sentence(claim)


def test_pictures_from_the_web_are_labeled_mutable(world: World, chain: Chain, alice: User) -> None:
    with serving(body(picture("plum"), Content_Type="image/png")) as server:
        contract = deploy_avatar_token(chain)
        metadata = f'data:application/json,{{"name":"Web","image":"{server.url("/a.png")}"}}'
        claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], metadata))
    assert (claim.step, claim.picture.proof, claim.name) == ("done", "mutable", "Web"), get_sentence(claim)


def test_dead_gateways_are_tried_again_until_they_answer(
    world: World, chain: Chain, alice: User, helia: Gateway
) -> None:
    cid = helia.add(picture("salmon"))
    contract = deploy_avatar_token(chain)
    metadata = f'data:application/json,{{"image":"ipfs://{cid}"}}'
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], metadata))
    assert claim.state == "owned"
    assert "no IPFS gateway" in get_sentence(claim)
    assert claim.picture.due_at is not None

    world.clients = replace(world.clients, ipfs=Gateways([helia.url]))
    world.now = claim.picture.due_at
    fetch_picture(claim.pk, world.now, world.clients)
    claim.refresh_from_db()
    assert (claim.step, claim.picture.proof, claim.picture.image_cid) == ("done", "cid", cid)

    world.clients = replace(world.clients, ipfs=Gateways([]))
    bob = person("bob", chain.accounts[4])
    second = mint(chain, contract, chain.accounts[4], metadata)
    assert claim_of(world, bob, contract, second).step == "done"  # from our own store


def test_a_busy_host_is_retried_later_and_that_costs_no_try(world: World, chain: Chain, alice: User) -> None:
    turns = Pace(LocMemCache("busy", {}), Budget(seconds_per_host=600, patience=0.0))
    world.clients = replace(world.clients, http=GuardedHttp(LOOPBACK, pace=turns))
    contract = deploy_avatar_token(chain)
    with serving(body(picture("plum"), Content_Type="image/png")) as server:
        metadata = f'data:application/json,{{"image":"{server.url("/a.png")}","image_data":"<svg/>"}}'
        turns.wait_for_turn("localhost", 1)  # somebody else's
        claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], metadata))
        assert "waits for its turn" in get_sentence(claim)
        assert (claim.picture.tries, server.paths) == (0, [])
        assert claim.picture.due_at is not None

        world.clients = replace(world.clients, http=GuardedHttp(LOOPBACK))
        world.now = claim.picture.due_at
        fetch_picture(claim.pk, world.now, world.clients)
    claim.refresh_from_db()
    assert (claim.step, claim.picture.proof) == ("done", "mutable")
