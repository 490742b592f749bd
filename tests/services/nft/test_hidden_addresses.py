"""An account that is not public is named to nobody but its owner, whatever becomes of its token (V7)."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client

from nft.services.accounts import unlink_account, update_account
from profiles.models import AuditEntry
from tests.servers.chain import Chain

from .world import World, claim_of, deploy_avatar_token, make_world, mint, person, pinned_metadata, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(chain: Chain) -> World:
    return make_world(chain)


@pytest.fixture
def alice(chain: Chain) -> User:
    return person("alice", chain.accounts[1])


def test_no_log_level_tells_the_key_in_a_nodes_address() -> None:
    """web3 and urllib3 write whole URLs at DEBUG, and a node's URL often holds its key."""
    asked = (
        "import django, logging; django.setup(); print([logging.getLogger(name).isEnabledFor(10) for name in NAMES])"
    )
    names = ["nft", "web3.providers.HTTPProvider", "urllib3.connectionpool"]
    environment = os.environ | {"LOG_LEVEL": "DEBUG", "DJANGO_SETTINGS_MODULE": "avatarsite.settings"}
    command = [sys.executable, "-c", asked.replace("NAMES", repr(names))]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[True, False, False]"


def all_that_others_see(address: str) -> Iterator[str]:
    visitor = Client()
    chain_wide = f"eip155:31337:{address}"
    for path in ["/", "/u/alice/", "/avatar/alice", "/avatar/alice.json", f"/avatar/{address}.json"]:
        answer = visitor.get(path)
        yield f"{answer.headers} {answer.content.decode('latin-1')}"
    for name in (address, address.lower(), chain_wide):
        assert visitor.get(f"/avatar/{name}.json").status_code == 404
        assert visitor.get(f"/avatar/{name}?d=404").status_code == 404
    yield from (str(entry.detail) for entry in AuditEntry.objects.all())


def test_a_hidden_account_is_named_nowhere(
    world: World, chain: Chain, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address = chain.accounts[1]
    contract = deploy_avatar_token(chain)
    claim = claim_of(world, alice, contract, mint(chain, contract, address, pinned_metadata()))
    seen = list(all_that_others_see(address))
    send(chain, contract, claim.token_id, 1, 2)
    world.verify(claim)
    seen += all_that_others_see(address)
    update_account(alice, alice.linked_accounts.get().pk, label="", is_public=True)
    update_account(alice, alice.linked_accounts.get().pk, label="", is_public=False)
    unlink_account(alice, alice.linked_accounts.get().pk, world.now)
    seen += all_that_others_see(address)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("nft", "profiles", "avatar"))]
    for text in (*seen, *ours):
        assert address.lower()[2:] not in text.lower()
