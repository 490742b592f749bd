"""The parts of the test kit that the rest of the suite does not show by using them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import transaction
from django.utils import timezone

from localstack import binaries
from localstack.processes import is_listening
from nft.clients.ipfs.gateways import Gateways
from nft.clients.ipfs.reading import IpfsLimits, IpfsUnavailable
from nft.core.ipfs.cid import parse_cid
from nft.core.ipfs.dag import DagLimits
from nft.models import LinkedAccount
from nft.testing.browser import Browser
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.testing.ipfs import Ipfs, Lie
from nft.testing.tokens import Token
from nft.testing.wallets import NOBODY, ContractWallet, Wallet
from profiles.models import Profile
from profiles.pictures.history import remove_avatar
from profiles.testing.jobs import Jobs
from profiles.testing.people import an_upload, shown
from profiles.testing.stores import FileStore

LIMITS = IpfsLimits(DagLimits(), seconds=5)


def fetch(ipfs: Ipfs, cid: str) -> bytes:
    return Gateways([ipfs.url], own=lambda _: None).fetch_verified(parse_cid(cid), "", LIMITS).data


# --- IPFS ---


@pytest.mark.parametrize("lie", Lie)
def test_the_gateway_lies_until_it_tells_the_truth(ipfs: Ipfs, lie: Lie) -> None:
    content = os.urandom(300_000)  # of two blocks
    cid = ipfs.add(content)
    ipfs.lie(cid, lie)
    with pytest.raises(IpfsUnavailable):
        fetch(ipfs, cid)
    ipfs.tell_the_truth()
    assert fetch(ipfs, cid) == content
    assert ipfs.asked.count(cid) == 2


def test_the_gateway_goes_silent(ipfs: Ipfs) -> None:
    cid = ipfs.add(b"x")
    ipfs.goes_silent()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{ipfs.url}/ipfs/{cid}?format=raw", timeout=5)
    ipfs.answers_again()
    assert fetch(ipfs, cid) == b"x"


# --- the chain ---


def test_a_token_moves_between_wallets_of_every_kind(
    chain: Chain, token: Token, wallet: Wallet, contract_wallet: ContractWallet
) -> None:
    assert token.owner == wallet.address
    for holder in (Wallet.create(), contract_wallet, wallet):
        token.move(holder)
        assert token.owner == holder.address
    token.move(chain.accounts[3])
    token.move(chain.accounts[4])
    assert token.owner == chain.accounts[4]


STARTED = """
import os, signal, sys
from pathlib import Path
from nft.testing.chain import start
print(start(sys.argv[1], Path(sys.argv[2])).url, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_chain_ends_with_the_tests_even_if_they_are_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", STARTED, binaries.anvil(), str(tmp_path / "log")]
    killed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    port = int(killed.stdout.strip().rpartition(":")[2])
    deadline = time.monotonic() + 20
    while is_listening(port):
        assert time.monotonic() < deadline, "anvil still runs"
        time.sleep(0.05)


def test_the_project_reads_the_chain_until_it_goes_silent(chain: Chain, settings: Any) -> None:
    def urls() -> list[str]:
        return list(settings.NFT_CHAINS[CHAIN_ID]["rpc_urls"])

    assert urls() == [chain.url]
    chain.goes_silent()
    assert urls() == [NOBODY]
    chain.answers_again()
    assert urls() == [chain.url]


def test_a_project_that_names_no_node_reads_the_chain(chain_session: Chain, settings: Any) -> None:
    settings.NFT_CHAINS = {1: {"name": "Ethereum", "rpc_urls": [NOBODY]}}
    with chain_session.configured(settings):
        assert {CHAIN_ID: chain_session.entry} == settings.NFT_CHAINS


# --- browsers ---


def test_a_wallet_client_is_signed_in_without_any_chain(wallet_client: Browser, wallet: Wallet) -> None:
    user = wallet_client.user
    assert user is not None
    assert wallet_client.profile.user == user
    assert LinkedAccount.objects.get(user=user).address == wallet.address_bytes


# --- jobs ---


def test_what_waits_for_the_commit_runs_first_and_time_passes(avatar_jobs: Jobs, avatar_person: Profile) -> None:
    seen: list[str] = []
    transaction.on_commit(lambda: seen.append("committed"))
    avatar_jobs.run()
    assert seen == ["committed"]
    before = timezone.now()
    avatar_jobs.later(minutes=5)
    assert timedelta(minutes=5) <= timezone.now() - before < timedelta(minutes=6)


def test_a_periodic_job_runs_when_its_period_has_passed(
    avatar_jobs: Jobs, avatar_person: Profile, avatar_store: FileStore
) -> None:
    """A removed picture is erased by such a job, once the removal can't be undone any more."""
    remove_avatar(avatar_person, an_upload(avatar_person).pk, avatar_person.user)
    assert shown(avatar_person).avatar is None
    avatar_jobs.later(minutes=5)
    assert avatar_store.object_keys()
    avatar_jobs.later(minutes=15)
    assert avatar_store.object_keys() == []
