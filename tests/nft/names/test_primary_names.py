"""Primary names of public accounts: looked up by jobs, served from rows, and never for hidden accounts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from nft.accounts.linking import unlink_account, update_account
from nft.accounts.listing import list_accounts
from nft.accounts.public import public_accounts
from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.models import LinkedAccount, PrimaryName
from nft.names import primary
from nft.names.primary import MAX_AGE, PERIOD, complete_primary_names, update_primary_name
from nft.testing.chain import Chain
from nft.testing.fake_node import FakeNode, fake_node, relaying_node
from nft.testing.genesis import CHAIN_ID
from profiles import jobs
from profiles.leases import due
from profiles.people.profiles import profile_of
from profiles.serving.showing import find_profile
from profiles.testing.jobs import run
from tests.kit.world import World, claim_of, deploy_avatar_token, make_world, mint, person, pinned_metadata, upload
from tests.servers.names import Names

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(chain: Chain) -> World:
    world = make_world(chain)
    world.now = timezone.now() + timedelta(minutes=1)  # requests are served by the real clock, and may be slow
    return world


def sweep_primary_names(now: datetime, clients: Clients) -> int:
    complete_primary_names(now)
    return primary.sweep_primary_names(now, clients)


def account_of(user: User) -> LinkedAccount:
    return user.nft_linked_accounts.get()


def names_of(user: User, now: datetime) -> list[str]:
    """Return the names on the public page."""
    return [account.name for account in public_accounts(user.pk, now) if account.name]


def show(user: User, *, is_public: bool = True) -> None:
    update_account(user, account_of(user).pk, label="", is_public=is_public)


def test_a_public_account_is_found_by_its_name(
    alice: User, django_capture_on_commit_callbacks: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(jobs._Sending, "queue", lambda *job, **options: sent.append((*job, options)))
    with django_capture_on_commit_callbacks(execute=True):
        show(alice)
    assert sent == [(jobs.get_job(update_primary_name), (account_of(alice).pk,), {"delay": 0, "expires": None})]
    assert find_profile("alice.eth") is None  # not looked up yet
    run(update_primary_name, account_of(alice).pk)
    for identifier in ("alice.eth", "Alice.ETH"):
        assert find_profile(identifier) == profile_of(alice)
    assert find_profile("bob.eth") is None
    (shown,) = list_accounts(alice)
    assert shown.name == "alice.eth"


def test_a_picture_is_served_by_name_without_asking_the_chain(
    alice: User, world: World, client: Client, django_assert_max_num_queries: Any, settings: Any
) -> None:
    show(alice)
    upload(alice)
    update_primary_name(account_of(alice).pk, world.now, world.clients)
    nobody = settings.NFT_CHAINS[CHAIN_ID] | {"rpc_urls": ["http://127.0.0.1:9"]}
    settings.NFT_CHAINS = {CHAIN_ID: nobody}
    with django_assert_max_num_queries(2):
        answer = client.get("/avatar/alice.eth?d=404")
    assert answer.status_code == 200
    assert client.get("/avatar/alice.eth.png").headers["Content-Type"] == "image/png"
    assert client.get("/avatar/alice.eth.json").json()["handle"] == "alice"
    assert b"alice.eth" in client.get("/u/alice/").content
    assert client.get("/avatar/alice.base.eth?d=404").status_code == 404


def test_a_name_may_be_of_any_script_or_of_emoji(
    world: World, chain: Chain, site_with_names: Names, client: Client
) -> None:
    site_with_names.give_whole("ñandú.🚴‍♂.eth", chain.accounts[1])
    upload(person("alice", chain.accounts[1], public=True))
    sweep_primary_names(world.now, world.clients)
    for name in ("ñandú.🚴‍♂.eth", "ÑANDU\u0301.🚴‍♂.eth"):
        assert client.get(f"/avatar/{quote(name)}.webp?d=404").status_code == 200
    assert client.get(f"/avatar/{quote('nandu.🚴‍♂.eth')}?d=404").status_code == 404


def test_the_receipt_names_a_public_holder(alice: User, world: World, chain: Chain, client: Client) -> None:
    contract = deploy_avatar_token(chain)
    claim_of(world, alice, contract, mint(chain, contract, chain.accounts[1], pinned_metadata()))
    assert client.get("/avatar/alice.json").json()["provenance"]["account_name"] == ""
    show(alice)
    update_primary_name(account_of(alice).pk, world.now, world.clients)
    facts = client.get("/avatar/alice.json").json()["provenance"]
    assert (facts["account"], facts["account_name"]) == (chain.accounts[1], "alice.eth")
    show(alice, is_public=False)
    facts = client.get("/avatar/alice.json").json()["provenance"]
    assert (facts["account"], facts["account_name"]) == ("", "")


def recording(chain: Chain) -> Any:
    """Return a node that relays to the chain and records the requests."""

    def answer(method: str, params: list[Any]) -> Any:
        try:
            return chain.rpc(method, *params)
        except AssertionError:  # the default reverse resolver knows no supportsInterface
            return ValueError("execution reverted")

    return fake_node(answer)


def on(node: FakeNode, world: World) -> Any:
    return world.other_chain(ChainClient(CHAIN_ID, [node.url], "finalized"))


def test_a_hidden_account_is_never_looked_up(alice: User, world: World, chain: Chain) -> None:
    account = account_of(alice)
    with recording(chain) as node, on(node, world):
        assert update_primary_name(account.pk, world.now, world.clients)
        sweep_primary_names(world.now, world.clients)
        show(alice, is_public=False)
        sweep_primary_names(world.later(days=2), world.clients)
        # A row left over from when it was public asks nothing either.
        PrimaryName.objects.create(account=account, name="alice.eth", checked_at=world.now, due_at=world.now)
        update_primary_name(account.pk, world.now, world.clients)
        assert find_profile("alice.eth") is None
        assert sweep_primary_names(world.now, world.clients) == 0
        assert node.asked == []
        assert not PrimaryName.objects.exists()
        show(alice)  # and now it may
        assert sweep_primary_names(world.now, world.clients) == 1
        assert "eth_call" in node.asked


def hide(user: User) -> None:
    show(user, is_public=False)


def unlink(user: User) -> None:
    unlink_account(user, account_of(user).pk, timezone.now())


@pytest.mark.parametrize("leave", [hide, unlink])
def test_hiding_or_unlinking_an_account_deletes_its_name(
    alice: User, world: World, client: Client, leave: Callable[[User], None]
) -> None:
    show(alice)
    sweep_primary_names(world.now, world.clients)
    assert find_profile("alice.eth") == profile_of(alice)
    leave(alice)
    assert find_profile("alice.eth") is None
    assert b"alice.eth" not in client.get("/u/alice/").content
    assert not PrimaryName.objects.exists()


def test_an_account_hidden_while_it_is_looked_up_keeps_no_name(alice: User, world: World, chain: Chain) -> None:
    show(alice)
    account = account_of(alice)

    node = ChainClient(CHAIN_ID, [chain.url], "finalized")
    original = node.call

    def call(*arguments: Any, **more: Any) -> bytes:
        LinkedAccount.objects.filter(pk=account.pk).update(is_public=False)
        return original(*arguments, **more)

    node.call = call  # type: ignore[method-assign]
    with world.other_chain(node):
        update_primary_name(account.pk, world.now, world.clients)
    assert PrimaryName.objects.get().name == ""


def test_a_name_that_leads_elsewhere_is_removed_at_the_next_look_up(
    alice: User, world: World, chain: Chain, site_with_names: Names
) -> None:
    show(alice)
    sweep_primary_names(world.now, world.clients)
    site_with_names.set_address("alice.eth", chain.accounts[1], chain.accounts[2])
    assert sweep_primary_names(world.later(hours=1), world.clients) == 0  # not due
    assert sweep_primary_names(world.later(seconds=PERIOD.total_seconds()), world.clients) == 1
    assert names_of(alice, world.now) == []
    assert find_profile("alice.eth") is None


def test_a_name_belongs_to_one_account(alice: User, world: World, chain: Chain, site_with_names: Names) -> None:
    show(alice)
    sweep_primary_names(world.now, world.clients)
    bob = person("bob", chain.accounts[2])
    site_with_names.set_address("alice.eth", chain.accounts[1], chain.accounts[2])
    site_with_names.set_primary_name(chain.accounts[2], "alice.eth")
    show(bob)
    update_primary_name(account_of(bob).pk, world.later(minutes=2), world.clients)
    assert find_profile("alice.eth") == profile_of(bob)
    assert names_of(alice, world.now) == []


def test_a_name_survives_an_outage_until_its_maximum_age(alice: User, world: World) -> None:
    show(alice)
    sweep_primary_names(world.now, world.clients)
    with world.dead_chain():
        world.later(days=1, minutes=1)
        assert not update_primary_name(account_of(alice).pk, world.now, world.clients)
        assert names_of(alice, world.now) == ["alice.eth"]
        assert sweep_primary_names(world.later(minutes=11), world.clients) == 0
        assert names_of(alice, world.now) == ["alice.eth"]
    assert names_of(alice, world.now + MAX_AGE) == []
    PrimaryName.objects.update(checked_at=timezone.now() - MAX_AGE - timedelta(minutes=1))
    assert find_profile("alice.eth") is None


def test_names_that_fail_do_not_delay_the_others(alice: User, world: World, chain: Chain) -> None:
    """They are due first once; then the delay of each doubles."""
    for number, address in enumerate(chain.accounts[5:7]):
        person(f"slow{number}", address, public=True)
    with world.dead_chain():
        assert sweep_primary_names(world.now, world.clients) == 0
        assert sweep_primary_names(world.later(minutes=11), world.clients) == 0
    show(alice)
    assert list(PrimaryName.objects.order_by("tries").values_list("tries", flat=True)) == [0, 2, 2]
    world.later(minutes=11)
    assert sweep_primary_names(world.now, world.clients) == 1
    assert names_of(alice, world.now) == ["alice.eth"]


def test_a_job_delivered_twice_makes_one_look_up(alice: User, world: World, chain: Chain) -> None:
    show(alice)
    with recording(chain) as node, on(node, world):
        update_primary_name(account_of(alice).pk, world.now, world.clients)
        asked = len(node.asked)
        update_primary_name(account_of(alice).pk, world.now, world.clients)
        assert len(node.asked) == asked


def test_saving_an_account_requests_a_look_up_with_a_pause(
    alice: User, world: World, chain: Chain, site_with_names: Names
) -> None:
    """A person who set a primary name need not wait for a day."""
    show(alice)
    sweep_primary_names(world.now, world.clients)
    show(alice)
    later = PrimaryName.objects.get().due_at
    assert later is not None
    assert later > world.now
    PrimaryName.objects.update(checked_at=world.now - timedelta(minutes=2))
    show(alice)
    assert due(PrimaryName.objects.all(), timezone.now()).exists()


def test_without_a_registry_nobody_is_found_by_name(alice: User, world: World, settings: Any) -> None:
    show(alice)
    sweep_primary_names(world.now, world.clients)
    settings.NFT_CHAINS = {CHAIN_ID: settings.NFT_CHAINS[CHAIN_ID] | {"ens_registry": ""}}
    assert find_profile("alice.eth") is None
    assert sweep_primary_names(world.later(days=2), world.clients) == 0


def test_a_contract_account_of_another_chain_is_not_found_by_name(alice: User, world: World) -> None:
    LinkedAccount.objects.update(is_contract_account=True, chain_id=8453, is_public=True)
    sweep_primary_names(world.now, world.clients)
    assert PrimaryName.objects.get().name == ""
    PrimaryName.objects.update(name="alice.eth")
    assert find_profile("alice.eth") is None


def test_many_names_take_few_requests(
    alice: User, world: World, chain: Chain, site_with_names: Names, settings: Any
) -> None:
    show(alice)
    for number in range(30):
        person(f"nameless{number}", f"0x{number + 1:040x}", public=True)
    with relaying_node(chain) as (url, asked), world.other_chain(ChainClient(CHAIN_ID, [url], "finalized")):
        assert sweep_primary_names(world.now, world.clients) == 31
    assert len(asked) < 31
    assert names_of(alice, world.now) == ["alice.eth"]
    assert PrimaryName.objects.filter(name="", checked_at=world.now).count() == 30


def test_a_sweep_ends_where_the_budget_of_its_chain_does(alice: User, world: World, settings: Any) -> None:
    show(alice)
    settings.NFT_CHAIN_REQUESTS_PER_MINUTE = primary.BATCH_REQUESTS - 1
    cache.clear()
    assert sweep_primary_names(world.now, world.clients) == 0
    assert PrimaryName.objects.get().tries == 0
    settings.NFT_CHAIN_REQUESTS_PER_MINUTE = 2 * primary.BATCH_REQUESTS
    cache.clear()
    assert sweep_primary_names(world.now, world.clients) == 1
