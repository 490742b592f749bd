"""The whole site on real servers: web server, worker and scheduler on PostgreSQL, Redis, S3, a chain and a gateway."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract import Contract
from web3.logs import DISCARD

from localstack import binaries
from localstack.processes import Program, Running
from nft.testing.chain import Chain
from tests.servers.helia_gateway import Gateway

PATIENCE = 60.0
ETHER = 10**18
FORGET_PROOFS = """
from django.contrib.sessions.models import Session
from django.contrib.sessions.backends.db import SessionStore
for row in Session.objects.all():
    session = SessionStore(row.session_key)
    session["signed_in_at"] = 0
    session["account_authentication_methods"] = []
    session.save()
"""

MAKE_STAFF = """
from django.contrib.auth.models import User
User.objects.filter(username="{handle}").update(is_staff=True, is_superuser=True)
"""


@dataclass
class Site:
    """A running site and its surroundings. `parts` has its processes by name."""

    url: str
    chain: Chain
    gateway: Gateway
    contracts: dict[str, Contract]
    environment: Mapping[str, str]
    logs: Path
    parts: dict[str, Running] = field(default_factory=dict)

    def start(self) -> None:
        self._manage("migrate", "--no-input")
        port = self.url.rpartition(":")[2]
        self._launch("web", "-m", "avatarsite.web", "--port", port)
        self._launch("worker", "-m", "avatarsite.worker", "all")
        schedule = str(self.logs / "schedule")
        self._launch("beat", "-m", "avatarsite.beat", "--schedule", schedule)
        self.parts["web"].wait_until(self.is_ready, PATIENCE)

    def stop(self) -> None:
        for running in self.parts.values():
            running.ask_to_stop()
        for running in self.parts.values():
            running.stop(5)

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def get(self, path: str, **headers: str) -> requests.Response:
        """Return the response to a visitor without cookies."""
        return requests.get(self.url + path, headers=headers, timeout=10)

    def receipt(self, handle: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.get(f"/avatar/{handle}.json").json()
        return answer

    def funded_account(self) -> LocalAccount:
        """Return a new account that has 10 ETH."""
        account: LocalAccount = Account.create()
        transaction = {"from": self.chain.accounts[0], "to": account.address, "value": 10 * ETHER}
        self.chain.w3.eth.wait_for_transaction_receipt(
            self.chain.w3.eth.send_transaction(transaction),  # type: ignore[arg-type]
            poll_latency=0.1,
        )
        return account

    def mint_shape(self, owner: str) -> int:
        """Mint a token of the on-chain drawings; return its id, which depends on the tests that ran before."""
        shapes = self.contracts["shapes"]
        receipt = self.chain.send(shapes.functions.mint(owner))
        [transfer] = shapes.events.Transfer().process_receipt(receipt, DISCARD)
        return int(transfer["args"]["tokenId"])

    def forget_proofs(self) -> None:
        """Make all sign-ins old, so that sensitive actions ask for a proof again."""
        self._manage("shell", "-c", FORGET_PROOFS)

    def make_staff(self, handle: str) -> None:
        """Let a person enter the admin, once they gave a second factor."""
        self._manage("shell", "-c", MAKE_STAFF.format(handle=handle))

    def eventually(self, holds: Callable[[], bool], seconds: float = PATIENCE) -> float:
        """Wait until `holds()`; return the seconds it took. Raise AssertionError after `seconds`."""
        started_at = time.monotonic()
        while not holds():
            assert time.monotonic() - started_at < seconds, f"It did not happen within {seconds:.0f} s."
            time.sleep(0.25)
        return time.monotonic() - started_at

    def _manage(self, *arguments: str) -> None:
        command = [binaries.python(), "manage.py", *arguments]
        done = subprocess.run(
            command, check=False, cwd=binaries.ROOT, env=dict(self.environment), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    def _launch(self, name: str, *arguments: str) -> None:
        command = [binaries.python(), *arguments]
        program = Program(name, command, self.logs / f"{name}.log", self.environment, folder=binaries.ROOT)
        self.parts[name] = Running(program)


def deploy_contracts(chain: Chain) -> dict[str, Contract]:
    """Deploy our collection and two foreign ones."""
    return {
        "avatar": chain.deploy("AvatarToken", "Avatars", "AVTR", "", chain.accounts[0], True, 0),
        "editions": chain.deploy("DemoEditions", "ipfs://unset/{id}.json"),
        "shapes": chain.deploy("OnchainShapes"),
    }


def site_environment(data: Path, url: str, chain: Chain, contracts: dict[str, Contract], **more: str) -> dict[str, str]:
    """Return the local stack's environment, with each part replaced by one like in production."""
    data.mkdir(parents=True, exist_ok=True)
    facts = {"avatar_contract": contracts["avatar"].address}
    (data / "chain.json").write_text(json.dumps(facts), encoding="utf-8")
    return os.environ | {
        "DATA_DIR": str(data),
        "SITE_ORIGIN": url,
        "SECRET_KEY": secrets.token_hex(32),
        "AVATARSITE_CHAIN_PORT": chain.url.rpartition(":")[2],
        **more,
    }


def address_of(account: LocalAccount) -> str:
    return Web3.to_checksum_address(account.address)
