"""WalletConnect is offered with a project id, and not at all without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from avatarsite.settings import wallet_connect
from localstack.binaries import ROOT

SHOWN = "import json; from avatarsite import settings as s; print(json.dumps(s.CONTENT_SECURITY_POLICY['DIRECTIVES']))"


def policy_with(**given: str) -> dict[str, Any]:
    environment = os.environ | {"LOCAL_STACK": "1", **given}
    shown = subprocess.run([sys.executable, "-c", SHOWN], cwd=ROOT, env=environment, capture_output=True, check=True)
    policy: dict[str, Any] = json.loads(shown.stdout)
    return policy


def test_a_project_id_opens_the_policy_for_that_relay_and_nothing_else() -> None:
    without, given = policy_with(), policy_with(WALLETCONNECT_PROJECT_ID="abc")
    assert not [source for source in without["connect-src"] if source.startswith("ws")]
    assert given == without | {"connect-src": [*without["connect-src"], "wss://relay.walletconnect.org"]}


def test_without_a_project_id_there_is_nothing_to_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WALLETCONNECT_RELAY_URL", "wss://relay.example")
    assert wallet_connect.read() is None


@pytest.mark.parametrize("url", ["wss://relay.example", "wss://relay.example:8443/", "ws://127.0.0.1:4567"])
def test_a_relay_is_reached_over_tls_or_on_this_machine(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WALLETCONNECT_PROJECT_ID", "abc")
    monkeypatch.setenv("WALLETCONNECT_RELAY_URL", url)
    assert wallet_connect.read() == {"project_id": "abc", "relay_url": url.rstrip("/")}


@pytest.mark.parametrize("url", ["https://relay.example", "ws://relay.example", "relay.example", "wss://"])
def test_any_other_relay_stops_the_start(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WALLETCONNECT_PROJECT_ID", "abc")
    monkeypatch.setenv("WALLETCONNECT_RELAY_URL", url)
    with pytest.raises(ImproperlyConfigured, match="WALLETCONNECT_RELAY_URL"):
        wallet_connect.read()
