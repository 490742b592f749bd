"""The public page of an NFT that was made here, and the link to it in the token's metadata."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from web3.contract import Contract

from nft.core.ipfs.cid import parse_cid
from nft.core.ipfs.dag import DagLimits
from nft.files.store import read_stored
from nft.minting.requests import record_mint_sent
from nft.models import MintRequest
from profiles.models import Profile
from tests.kit.mints import finish, go_on, ready_to_sign, sign
from tests.kit.world import World
from tests.servers.chain import Chain

pytestmark = pytest.mark.django_db


def metadata(mint: MintRequest) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(read_stored(parse_cid(mint.metadata_cid), "", DagLimits()))
    return document


def test_marketplaces_lead_to_the_page_of_the_picture(
    world: World, chain: Chain, alice: User, contract: Contract, client: Client, settings: Any
) -> None:
    mint = ready_to_sign(world, alice)
    link = metadata(mint)["external_url"]
    assert link == f"{settings.SITE_ORIGIN}/nft/{mint.image_cid}/"
    path = link.removeprefix(settings.SITE_ORIGIN)
    assert "The token is still being made." in client.get(path).text
    record_mint_sent(alice, mint.pk, sign(chain, mint), world.now)
    assert finish(world, chain, go_on(world, mint)).state == "confirmed"
    page = client.get(path).text
    assert "<h1>Dawn</h1>" in page
    assert f'src="/ipfs/{mint.image_cid}"' in page
    assert f'content="{settings.SITE_ORIGIN}/ipfs/{mint.image_cid}"' in page
    assert mint.contract_text in page
    assert alice.username not in page
    assert chain.accounts[1] not in page  # who holds it may be hidden here; the chain tells it


def test_a_site_without_an_origin_links_nowhere(world: World, alice: User, contract: Contract, settings: Any) -> None:
    settings.SITE_ORIGIN = ""
    assert "external_url" not in metadata(ready_to_sign(world, alice))


def test_another_spelling_of_the_cid_is_redirected(
    world: World, alice: User, contract: Contract, client: Client
) -> None:
    cid = ready_to_sign(world, alice).image_cid
    answer = client.get(f"/nft/{cid.upper()}/")
    assert (answer.status_code, answer["Location"]) == (301, f"/nft/{cid}/")


def test_nobody_sees_the_page_of_a_locked_person(world: World, alice: User, contract: Contract, client: Client) -> None:
    path = f"/nft/{ready_to_sign(world, alice).image_cid}/"
    assert client.get(path).status_code == 200
    Profile.objects.filter(user=alice).update(is_hidden=True)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("cid", ["none", "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"])
def test_what_was_not_made_here_has_no_page(client: Client, cid: str) -> None:
    assert client.get(f"/nft/{cid}/").status_code == 404
