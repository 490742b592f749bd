"""The pages work with a third-party wallet (wallet-mock, on viem)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from localstack import binaries
from tests.browser.people import picture
from tests.browser.site import Site
from tests.servers.chromium import FLAGS, find_chromium

pytestmark = pytest.mark.browser
FOREIGN = Path(__file__).parent / "foreign"


def test_a_wallet_of_others_signs_in_and_mints(site: Site, tmp_path: Path) -> None:
    assert (FOREIGN / "node_modules").is_dir(), "Install it: python3 -m localstack.bootstrap test"
    account = site.funded_account()
    art = tmp_path / "art.png"
    art.write_bytes(picture((200, 120, 220)))
    arguments = [site.url, site.chain.url, "0x" + account.key.hex().removeprefix("0x"), str(art)]
    arguments += [find_chromium(), *FLAGS]
    done = subprocess.run(
        [binaries.node(), "story.mjs", *arguments],
        cwd=FOREIGN,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)["facts"]
    assert "ipfs://" in facts
    assert site.contracts["avatar"].functions.balanceOf(account.address).call() == 1
