"""Outside pinners: nothing is signed before one of them holds the files, and no CID of theirs is trusted."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from web3.contract import Contract

from avatarsite.settings import services
from localstack.processes import free_port
from nft.clients.ipfs.gateways import Gateways
from nft.files.publishing import ASK_AGAIN, sweep_copies
from nft.files.publishing import publish as publish_files
from nft.minting import leaving
from nft.minting.steps import PIN_WITHIN
from nft.models import CachedObject, ClaimPicture, PinnedCopy, TokenClaim
from nft.testing.chain import Chain
from tests.kit.mints import go_on, install, publish
from tests.kit.world import World
from tests.servers.pinner import TOKEN, PinnerServer

pytestmark = pytest.mark.django_db
STRANGER = "bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


@pytest.fixture
def contract(chain: Chain, settings: Any) -> Contract:
    return install(chain, settings)


def configure(settings: Any, *pinners: tuple[str, str, str]) -> None:
    settings.NFT_PINNERS = [
        {"name": name, "kind": kind, "url": url, "token": f"Basic {TOKEN}"} for name, kind, url in pinners
    ]


def copies() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for copy in PinnedCopy.objects.all():
        found.setdefault(copy.pinner, set()).add(copy.state)
    return found


@pytest.mark.parametrize("kind", ["kubo", "service"])
def test_a_pinner_holds_picture_and_description_before_anything_is_signed(
    world: World, alice: User, contract: Contract, settings: Any, pinner: PinnerServer, kind: str
) -> None:
    configure(settings, ("ours", kind, pinner.url))
    request = go_on(world, publish(world, alice))
    assert request.state == "awaiting_signature"
    assert copies() == {"ours": {"pinned"}}
    assert {request.image_cid, request.metadata_cid} <= pinner.held | set(pinner.orders.values())


def test_a_pinner_that_is_down_is_retried(
    world: World, alice: User, contract: Contract, settings: Any, pinner: PinnerServer
) -> None:
    configure(settings, ("ours", "kubo", pinner.url))
    pinner.is_down = True
    request = go_on(world, publish(world, alice))
    assert (request.state, request.metadata_uri) == ("publishing", "")
    assert "We wait until an IPFS service" in request.reason_sentence
    pinner.is_down = False
    assert go_on(world, request).state == "publishing"  # its turn has not come
    world.later(minutes=1)
    assert go_on(world, request).state == "awaiting_signature"


def test_one_of_several_is_enough_and_the_sweep_retries_the_others(
    world: World, alice: User, contract: Contract, settings: Any, pinner: PinnerServer
) -> None:
    port = free_port()
    configure(settings, ("away", "kubo", f"http://127.0.0.1:{port}"), ("ours", "kubo", pinner.url))
    request = go_on(world, publish(world, alice))
    assert request.state == "awaiting_signature"
    assert copies() == {"away": {"waiting"}, "ours": {"pinned"}}
    configure(settings, ("away", "kubo", pinner.url), ("ours", "kubo", pinner.url))
    assert sweep_copies(world.later(minutes=1)) == 2
    assert copies() == {"away": {"pinned"}, "ours": {"pinned"}}


@pytest.mark.parametrize("kind", ["kubo", "service"])
def test_a_pinner_that_names_another_cid_is_refused_with_its_reason(
    world: World, alice: User, contract: Contract, settings: Any, pinner: PinnerServer, kind: str
) -> None:
    configure(settings, ("wrong", kind, pinner.url))
    pinner.names_another = STRANGER
    request = go_on(world, publish(world, alice))
    assert request.state == "publishing"
    assert "wrong: The pinner answered with another CID" in request.reason_sentence
    assert copies() == {"wrong": {"refused"}}


def test_a_pending_request_is_checked_and_not_sent_again(
    world: World, alice: User, contract: Contract, settings: Any, pinner: PinnerServer
) -> None:
    configure(settings, ("other", "service", pinner.url))
    pinner.status = "queued"
    request = go_on(world, publish(world, alice))
    world.later(minutes=1)
    assert go_on(world, request).state == "publishing"
    pinner.status = "pinned"
    world.later(minutes=1)
    assert go_on(world, request).state == "awaiting_signature"
    assert len(pinner.orders) == 2  # picture and description


def test_a_refused_token_is_reported(
    world: World, alice: User, contract: Contract, settings: Any, pinner: PinnerServer
) -> None:
    settings.NFT_PINNERS = [{"name": "ours", "kind": "kubo", "url": pinner.url, "token": "wrong"}]
    request = go_on(world, publish(world, alice))
    assert "does not accept our token" in request.reason_sentence


def test_nothing_is_minted_if_no_pinner_answers_within_a_day(
    world: World, alice: User, contract: Contract, settings: Any, pinner: PinnerServer
) -> None:
    configure(settings, ("ours", "kubo", pinner.url))
    pinner.is_down = True
    request = go_on(world, publish(world, alice))
    world.later(seconds=PIN_WITHIN.total_seconds() + 1)
    assert go_on(world, request).state == "failed"
    assert "Nothing was minted" in request.reason_sentence


def test_a_file_that_no_gateway_finds_is_not_minted_yet(
    world: World, alice: User, contract: Contract, settings: Any, pinner: PinnerServer
) -> None:
    configure(settings, ("ours", "kubo", pinner.url))
    object.__setattr__(world.clients, "ipfs", Gateways([f"http://127.0.0.1:{free_port()}"]))
    request = go_on(world, publish(world, alice))
    assert request.state == "publishing"
    assert "no gateway finds them" in request.reason_sentence


def test_a_pinner_that_lost_a_file_gets_it_again(
    world: World, alice: User, contract: Contract, settings: Any, pinner: PinnerServer
) -> None:
    configure(settings, ("ours", "kubo", pinner.url))
    request = go_on(world, publish(world, alice))
    pinner.held.clear()
    assert sweep_copies(world.now) == 0
    assert sweep_copies(world.later(seconds=ASK_AGAIN.total_seconds())) == 2
    assert {request.image_cid, request.metadata_cid} <= pinner.held


@pytest.mark.parametrize(
    ("pinners", "tokens"),
    [
        ("{}", "{}"),
        ('[{"name": "a"}]', "{}"),
        ('[{"name": "a", "kind": "ftp", "url": "http://a"}]', "{}"),
        ('[{"name": "a", "kind": "kubo", "url": "file:///a"}]', "{}"),
        ("[]", '{"a": "secret"}'),
    ],
)
def test_wrong_settings_stop_the_start(monkeypatch: pytest.MonkeyPatch, pinners: str, tokens: str) -> None:
    monkeypatch.setenv("NFT_PINNERS", pinners)
    monkeypatch.setenv("NFT_PINNER_TOKENS", tokens)
    with pytest.raises(ImproperlyConfigured) as caught:
        services.read_pinners()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("kind", ["kubo", "service"])
def test_files_of_a_person_who_left_are_unpinned_once_the_pinner_answers(
    world: World, alice: User, contract: Contract, settings: Any, pinner: PinnerServer, kind: str
) -> None:
    configure(settings, ("ours", kind, pinner.url))
    request = go_on(world, publish(world, alice))
    leaving.erase(alice, world.now)
    pinner.is_down = True
    sweep_copies(world.later(seconds=1))
    assert copies() == {"ours": {"leaving"}}
    pinner.is_down = False
    leaving.erase(alice, world.now)
    sweep_copies(world.later(minutes=5))
    assert not pinner.held
    assert not pinner.orders
    assert not CachedObject.objects.filter(root_cid__in=[request.image_cid, request.metadata_cid]).exists()
    leaving.erase(alice, world.now)  # once more, after a crash


def test_files_that_somebody_else_here_uses_stay_pinned(
    world: World, alice: User, contract: Contract, settings: Any, pinner: PinnerServer
) -> None:
    configure(settings, ("ours", "kubo", pinner.url))
    request = go_on(world, publish(world, alice))
    bob = User.objects.create_user("bob")
    for place, other in enumerate(["image_uri", "token_uri"]):
        claim = TokenClaim.objects.create(user=bob, chain_id=31337, contract=b"\5" * 20, token_id=place)
        named = request.image_cid if other == "image_uri" else request.metadata_cid
        ClaimPicture.objects.create(claim=claim, **{other: f"ipfs://{named}"})
    leaving.erase(alice, world.now)
    sweep_copies(world.later(seconds=1))
    assert copies() == {"ours": {"pinned"}}
    assert {request.image_cid, request.metadata_cid} <= pinner.held


def test_a_file_that_is_published_again_while_it_leaves_stays(
    world: World, alice: User, contract: Contract, settings: Any, pinner: PinnerServer
) -> None:
    configure(settings, ("ours", "kubo", pinner.url))
    request = go_on(world, publish(world, alice))
    cids = [request.image_cid, request.metadata_cid]
    leaving.erase(alice, world.now)
    assert publish_files(cids, world.later(seconds=1)) == ""
    sweep_copies(world.later(seconds=1))
    assert copies() == {"ours": {"pinned"}}
    assert set(cids) <= pinner.held
