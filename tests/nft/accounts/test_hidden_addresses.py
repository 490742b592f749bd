"""An account that is not public is named to nobody but its owner, whatever becomes of its token (V7)."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from nft.accounts.linking import unlink_account, update_account
from nft.testing.browser import Browser
from nft.testing.chain import Chain
from nft.testing.wallets import NOBODY, Wallet, chains_at
from profiles.models import AuditEntry
from tests.kit.routes import patterns
from tests.kit.world import World, claim_of, deploy_avatar_token, mint, person, pinned_metadata, send

pytestmark = pytest.mark.django_db


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


IDENTIFIERS = {"handle": "alice", "identifier": "alice", "session_id": "1", "pk": "1", "key": "1"}
MORE_PATHS = ["/avatar/alice.png", "/avatar/alice?d=404", "/u/nobody/", "/nothing/here", "/api/v1/profiles/alice"]
MORE_PATHS += ["/admin/", "/admin/nft/linkedaccount/", "/admin/nft/mintrequest/", "/admin/profiles/auditentry/"]
PASSING = r"(Nonce|Request ID|Issued At|Expiration Time): .*"


def every_path(values: dict[str, str]) -> list[str]:
    """Each address of the site, with Alice's ids wherever it takes one: new routes are walked without being listed."""
    found = []
    for prefix, pattern in patterns(get_resolver()):
        text = str(pattern.pattern)
        if not text.startswith("^"):
            path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: values.get(match[1], str(uuid4())), prefix + text)
            found.append(f"/{path}")
    return found + MORE_PATHS


def ids_of(user: User) -> dict[str, str]:
    claim = user.nft_token_claims.get()
    names = {"claim_id": claim.pk, "avatar_id": claim.avatar_id, "cid": claim.picture.image_cid}
    names |= {"account_id": user.nft_linked_accounts.values_list("pk", flat=True).first()}
    return IDENTIFIERS | {name: str(value) for name, value in names.items() if value}


def every_page(user: User, client: Client) -> Iterator[str]:
    """Headers and body of every address."""
    for path in every_path(ids_of(user)):
        answer: Any = client.get(path, follow=True)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        yield f"{answer.headers} {body.decode('latin-1')}"


def all_that_others_see(user: User, address: str, others: list[Client]) -> Iterator[str]:
    """By a guest, by somebody else who is signed in, and by staff; and the audit."""
    for client in others:
        yield from every_page(user, client)
    for name in (address, address.lower(), f"eip155:31337:{address}"):
        assert others[0].get(f"/avatar/{name}.json").status_code == 404
        assert others[0].get(f"/avatar/{name}?d=404").status_code == 404
    yield from (str(entry.detail) for entry in AuditEntry.objects.all())


@pytest.fixture
def others(alice: User) -> list[Client]:
    bob, staff = User.objects.create_user("bob"), User.objects.create_superuser("staff")
    clients = [Client(), Client(), Client()]
    for client, user in zip(clients[1:], (bob, staff), strict=True):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return clients


def test_a_hidden_account_is_named_nowhere(
    world: World, chain: Chain, alice: User, others: list[Client], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address, world.now = chain.accounts[1], timezone.now()  # the pages go by the real clock
    contract = deploy_avatar_token(chain)
    claim = claim_of(world, alice, contract, mint(chain, contract, address, pinned_metadata()))
    account = alice.nft_linked_accounts.get()
    update_account(alice, account.pk, label="", is_public=True)
    assert any(address in page for page in every_page(alice, others[0])), "the walk finds what is not hidden"
    caplog.clear()
    update_account(alice, account.pk, label="", is_public=False)
    seen = list(all_that_others_see(alice, address, others))
    with world.dead_chain():
        world.verify(claim)
    send(chain, contract, claim.token_id, 1, 2)
    world.verify(claim)
    seen += all_that_others_see(alice, address, others[:1])
    unlink_account(alice, account.pk, world.now)
    seen += all_that_others_see(alice, address, others[:1])
    asked_for = re.compile(rf"/avatar/\S*{address[2:]}\S*", re.IGNORECASE)  # what we ourselves asked for above
    logged = [asked_for.sub("", record.getMessage()) for record in caplog.records if record.name != "asyncio"]
    ours = [line for line, record in zip(logged, caplog.records, strict=False) if not record.name.startswith("web3")]
    for text in (*seen, *ours):
        assert address.lower()[2:] not in text.lower()


class TestWhatStrangersLearnByAsking:
    """Somebody who knows an address, and tries it at the sign-in, does not learn whose it is or whether it is known."""

    @pytest.fixture
    def known(self, settings: Any) -> Wallet:
        settings.NFT_CHAINS = chains_at(NOBODY)
        wallet = Wallet.create()
        person("alice", wallet.address)
        return wallet

    def test_a_text_to_sign_reads_the_same_for_a_known_address(self, known: Wallet) -> None:
        texts = []
        for wallet in (known, Wallet.create()):
            text = Browser().text_for(wallet.address)
            texts.append(re.sub(PASSING, "", text.replace(wallet.address, "")))
        assert texts[0] == texts[1]

    def test_a_wrong_signature_is_answered_the_same(self, known: Wallet, settings: Any, chain: Chain) -> None:
        settings.NFT_CHAINS = chains_at(chain.url)
        answers = []
        for wallet in (known, Wallet.create()):
            browser, stranger = Browser(), Wallet.create()
            text = browser.text_for(wallet.address)
            answer = browser.verify(text, stranger.sign(text)).content.decode()
            answers.append(answer.replace(wallet.address, "").replace(stranger.address, ""))
        assert answers[0] == answers[1]

    def test_who_proves_an_address_is_not_told_whose_profile_has_it(self, known: Wallet) -> None:
        bob = Browser()
        bob.enter(User.objects.create_user("bob", password="correct horse"))
        answer = bob.link(known)
        assert answer.status_code == 409
        assert "alice" not in answer.content.decode()
        assert "alice" not in bob.client.get("/settings/wallets/").content.decode()
