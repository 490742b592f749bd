"""When the picture behind a token changes, its person sees both and decides; until then the old one stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from web3.contract import Contract

from nft.claims import picture
from nft.claims.claiming import remove_claim
from nft.claims.collection_decisions import decide_collection
from nft.claims.errors import ClaimError
from nft.claims.new_picture import (
    keep_old_picture,
    record_changes,
    request_new_picture,
    use_new_picture,
)
from nft.claims.picture import fetch_picture
from nft.core.evm.abi.metadata_events import METADATA_TOPICS, MetadataChange, parse_metadata_log
from nft.core.evm.errors import BadAnswer
from nft.models import ClaimPicture, TokenClaim
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.tokens.media import FetchedPicture, fetch_token_picture
from nft.watching.transfers_seen import undo_transfers_after
from nft.watching.watcher import watch_chain
from profiles.models import Avatar
from profiles.pictures.rights import doubt_avatars
from profiles.store import objects
from profiles.store.purge import purge_unreferenced_images
from tests.kit.world import World, claim_of, mint, person, pinned_metadata, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim(world: World, chain: Chain, contract: Contract, alice: User) -> TokenClaim:
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], pinned_metadata("Old", "teal")))
    watch_chain(CHAIN_ID, world.now, world.clients)
    return claim


def change(chain: Chain, contract: Contract, claim: TokenClaim, colour: str = "red") -> None:
    uri = pinned_metadata("New", colour)
    chain.send(contract.functions.setTokenURI(claim.token_id, uri), sender=chain.accounts[1])
    chain.finalize()


def look(world: World, claim: TokenClaim) -> ClaimPicture:
    check = ClaimPicture.objects.get(pk=claim.pk)
    assert check.due_at is not None
    world.now = max(world.now, check.due_at)
    seen = fetch_picture(claim.pk, world.now, world.clients)
    assert seen is not None
    return seen


def test_a_metadata_event_offers_the_new_picture_and_shows_the_old_until_it_is_approved(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    before = shown(alice, world.now).avatar
    change(chain, contract, claim)
    watch_chain(CHAIN_ID, world.now, world.clients)
    assert look(world, claim).state == "changed"
    still = shown(alice, world.now)
    assert (still.avatar, still.mark) == (before, True)
    assert "metadata_changed_at" in (still.provenance or {})

    use_new_picture(alice, claim.pk, world.now)
    now = shown(alice, world.now)
    assert now.avatar is not None
    assert now.mark
    assert now.avatar != before
    assert now.provenance is not None
    assert now.provenance["token_name"] == "New"
    assert "metadata_changed_at" not in now.provenance
    assert before is not None
    assert Avatar.objects.get(pk=before.pk).state == "withdrawn"
    claim.refresh_from_db()
    assert (claim.avatar, claim.name) == (now.avatar, "New")
    world.later(minutes=20)
    world.verify(claim)
    assert shown(alice, world.now).mark, "it is attested from here on"


def test_an_offered_picture_is_kept_while_its_person_thinks(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    change(chain, contract, claim)
    request_new_picture(alice, claim.pk, world.now)
    assert look(world, claim).state == "changed"
    assert purge_unreferenced_images(timezone.now() + timedelta(hours=1)) == 0
    use_new_picture(alice, claim.pk, world.now)
    now = shown(alice, world.now).avatar
    assert now is not None
    assert objects.get_if_intact(objects.master_key(now.image.sha256))


def test_a_declined_picture_is_not_offered_again(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    change(chain, contract, claim)
    request_new_picture(alice, claim.pk, world.now)
    look(world, claim)
    keep_old_picture(alice, claim.pk, world.now)
    request_new_picture(alice, claim.pk, world.now)
    assert look(world, claim).state == "kept"
    change(chain, contract, claim, "gold")
    request_new_picture(alice, claim.pk, world.now)
    assert look(world, claim).state == "changed"


def test_an_unchanged_picture_is_not_offered(world: World, alice: User, claim: TokenClaim) -> None:
    request_new_picture(alice, claim.pk, world.now)
    assert look(world, claim).state == "same"
    with pytest.raises(ClaimError, match="no new picture"):
        use_new_picture(alice, claim.pk, world.now)


def test_an_outage_is_retried_and_changes_no_picture(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    change(chain, contract, claim)
    request_new_picture(alice, claim.pk, world.now)
    with world.dead_chain():
        seen = look(world, claim)
    assert seen.state == "looking"
    assert seen.due_at is not None
    assert shown(alice, world.now).mark
    assert look(world, claim).state == "changed"
    request_new_picture(alice, claim.pk, world.now)
    with world.dead_chain():
        assert look(world, claim).state == "changed", "what was found before still waits"


def test_a_contract_that_logs_all_the_time_causes_one_fetch_in_ten_minutes(
    world: World, claim: TokenClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = [MetadataChange(claim.contract, 0, 2**256 - 1)]
    assert record_changes(CHAIN_ID, everything, world.now) == 1
    look(world, claim)
    for _ in range(3):
        record_changes(CHAIN_ID, everything, world.later(seconds=1))
    assert fetch_picture(claim.pk, world.now, world.clients) is None
    assert fetch_picture(claim.pk, world.later(minutes=10), world.clients) is not None
    assert record_changes(CHAIN_ID, [MetadataChange(claim.contract, claim.token_id + 1, 2**256 - 1)], world.now) == 0


def test_the_page_shows_both_and_only_to_its_person(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    browser = Client()
    browser.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    detail = reverse("nft:claim_detail", args=[claim.pk])
    browser.post(reverse("nft:claim_new_picture_look", args=[claim.pk]))
    assert b"We are looking whether" in browser.get(detail).content
    status = reverse("nft:claim_new_picture_status", args=[claim.pk])
    assert browser.get(status).json()["done"] is False
    change(chain, contract, claim)
    look(world, claim)
    assert browser.get(status).json()["done"] is True
    page = browser.get(detail).content
    assert b"Its picture has changed" in page
    assert "named “New”".encode() in page
    picture = reverse("nft:claim_new_picture", args=[claim.pk])
    assert browser.get(picture)["Content-Type"] == "image/webp"
    stranger = Client()
    stranger.force_login(person("bob"), "django.contrib.auth.backends.ModelBackend")
    assert stranger.get(picture).status_code == 404
    browser.post(reverse("nft:claim_new_picture_use", args=[claim.pk]))
    assert b"Its picture has changed" not in browser.get(detail).content
    assert browser.get(picture).status_code == 404


CONTRACT = "0x" + "ab" * 20


@pytest.mark.parametrize(
    ("topics", "data", "first", "last"),
    [
        ([METADATA_TOPICS[0]], f"0x{7:064x}", 7, 7),
        ([METADATA_TOPICS[1]], f"0x{1:064x}{2**256 - 1:064x}", 1, 2**256 - 1),
        ([METADATA_TOPICS[2], f"0x{9:064x}"], "0x", 9, 9),
        ([METADATA_TOPICS[1], f"0x{1:064x}", f"0x{5:064x}"], "0x", 1, 5),
    ],
)
def test_metadata_events_name_their_tokens(topics: list[str], data: str, first: int, last: int) -> None:
    log: dict[str, Any] = {"address": CONTRACT, "topics": topics, "data": data}
    assert parse_metadata_log(log) == MetadataChange(bytes.fromhex(CONTRACT[2:]), first, last)


def test_other_events_are_skipped_and_malformed_ones_are_refused() -> None:
    assert parse_metadata_log({"address": CONTRACT, "topics": ["0x" + "00" * 32], "data": "0x"}) is None
    assert parse_metadata_log({"address": CONTRACT, "topics": [], "data": "0x"}) is None
    for data in ("0x", "0x" + "00" * 31, "0xzz"):
        with pytest.raises(BadAnswer):
            parse_metadata_log({"address": CONTRACT, "topics": [METADATA_TOPICS[0]], "data": data})


def test_a_new_picture_of_a_collection_that_was_denied_meanwhile_is_not_used(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    change(chain, contract, claim)
    request_new_picture(alice, claim.pk, world.now)
    assert look(world, claim).state == "changed"
    staff = User.objects.create_superuser("staff")
    decide_collection(CHAIN_ID, claim.contract, "denied", "They were stolen.", actor=staff, now=world.now)
    with pytest.raises(ClaimError, match="They were stolen"):
        use_new_picture(alice, claim.pk, world.now)
    assert shown(alice, world.now).avatar is None


def test_removing_the_claim_during_a_fetch_ends_it_quietly(
    world: World, alice: User, claim: TokenClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_new_picture(alice, claim.pk, world.now)

    def fetch_and_lose(*arguments: Any, **options: Any) -> FetchedPicture:
        found = fetch_token_picture(*arguments, **options)
        remove_claim(alice, claim.pk)
        return found

    monkeypatch.setattr(picture, "fetch_token_picture", fetch_and_lose)
    assert fetch_picture(claim.pk, world.now, world.clients) is None


def test_a_resolved_transfer_leaves_no_doubt_on_a_picture_that_was_replaced_meanwhile(
    world: World, chain: Chain, contract: Contract, alice: User, claim: TokenClaim
) -> None:
    first = claim.avatar
    assert first is not None
    change(chain, contract, claim)
    request_new_picture(alice, claim.pk, world.now)
    look(world, claim)
    TokenClaim.objects.filter(pk=claim.pk).update(moved_at_block=10**9)
    doubt_avatars([first.pk])
    use_new_picture(alice, claim.pk, world.now)
    assert not shown(alice, world.now).mark
    undo_transfers_after(CHAIN_ID, 0, world.now)
    assert shown(alice, world.now).mark
    change(chain, contract, claim, "teal")
    request_new_picture(alice, claim.pk, world.now)
    look(world, claim)
    use_new_picture(alice, claim.pk, world.now)
    world.later(minutes=20)
    world.verify(claim)
    assert (shown(alice, world.now).avatar, shown(alice, world.now).mark) == (first, True)


# --- a first picture that could not be fetched ---------------------------------------------------------------------


@pytest.fixture
def unrevealed(world: World, chain: Chain, contract: Contract, alice: User) -> TokenClaim:
    """Alice's token, whose metadata names no picture yet and never can: it stands in the token."""
    uri = "data:application/json,{}"
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], uri))
    assert (claim.picture.state, claim.picture.due_at, claim.avatar) == ("failed", None, None)
    watch_chain(CHAIN_ID, world.now, world.clients)
    return claim


def test_a_reveal_wakes_what_was_given_up(
    world: World, chain: Chain, contract: Contract, alice: User, unrevealed: TokenClaim
) -> None:
    change(chain, contract, unrevealed)
    watch_chain(CHAIN_ID, world.now, world.clients)
    woken = ClaimPicture.objects.get(pk=unrevealed.pk)
    assert (woken.state, woken.tries) == ("first", 0)
    assert woken.due_at is not None
    assert woken.due_at <= world.now + timedelta(minutes=10)
    fetch_picture(unrevealed.pk, woken.due_at, world.clients)
    world.now = woken.due_at
    assert shown(alice, world.now).mark


def test_a_contract_that_logs_all_the_time_causes_one_first_fetch_in_ten_minutes(
    world: World, unrevealed: TokenClaim
) -> None:
    everything = [MetadataChange(unrevealed.contract, 0, 2**256 - 1)]
    fetched = 0
    for _ in range(60):
        assert record_changes(CHAIN_ID, everything, world.later(seconds=20)) == 1
        fetched += fetch_picture(unrevealed.pk, world.now, world.clients) is not None
    assert fetched <= 2
    others = [MetadataChange(unrevealed.contract, unrevealed.token_id + 1, 2**256 - 1)]
    assert record_changes(CHAIN_ID, others, world.now) == 0


def test_an_event_shortens_the_wait_of_a_first_fetch_but_adds_no_tries(world: World, unrevealed: TokenClaim) -> None:
    rows = ClaimPicture.objects.filter(pk=unrevealed.pk)
    rows.update(state="first", tries=12, due_at=world.now + timedelta(hours=2))
    for _ in range(3):
        record_changes(CHAIN_ID, [MetadataChange(unrevealed.contract, 0, 2**256 - 1)], world.now)
    assert rows.values_list("tries", "due_at").get() == (12, world.now + timedelta(minutes=10))


def test_what_may_pass_is_tried_for_a_day(world: World, chain: Chain, contract: Contract, alice: User) -> None:
    metadata = 'data:application/json,{"image":"http://localhost:1/a.png"}'
    claim = claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], metadata))
    began, waits = world.now, []
    while (row := ClaimPicture.objects.get(pk=claim.pk)).due_at is not None:
        waits.append(row.due_at - world.now)
        world.now = row.due_at
        fetch_picture(claim.pk, world.now, world.clients)
    assert row.state == "failed"
    assert timedelta(hours=24) < world.now - began < timedelta(hours=36)
    assert waits == sorted(waits)
    assert len(waits) < 30
