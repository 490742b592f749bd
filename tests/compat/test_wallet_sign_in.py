"""Programs of other people sign in with a wallet, by the code that the docs show."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from localstack import binaries
from nft.models import LinkedAccount
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import Wallet

HERE = Path(__file__).parent
PROGRAMS = {
    "python": HERE / "programs" / "wallet_sign_in.py",
    "javascript": HERE.parent / "browser" / "foreign" / "wallet_sign_in.mjs",
}
DOCS = HERE.parents[1] / "docs" / "use" / "api.md"


@pytest.mark.parametrize("language", PROGRAMS)
def test_the_docs_show_the_code_that_is_tested(language: str) -> None:
    found = re.search(
        r"^(?:#|//) wallet sign-in\n(.*?)^(?:#|//) end$",
        PROGRAMS[language].read_text("utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    assert found is not None
    assert found[1].strip() in DOCS.read_text("utf-8")


@pytest.mark.usefixtures("no_chain")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", PROGRAMS)
def test_a_program_signs_in(language: str, live_server: LiveServer, settings: Settings, wallet: Wallet) -> None:
    settings.SITE_ORIGIN = live_server.url
    runner = sys.executable if language == "python" else binaries.node()
    given = [live_server.url, "0x" + bytes(wallet.account.key).hex(), str(CHAIN_ID)]
    done = subprocess.run(
        [runner, str(PROGRAMS[language]), *given], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("/settings/welcome/")
    account = LinkedAccount.objects.get(address=wallet.address_bytes)
    assert account.user.last_login is not None
