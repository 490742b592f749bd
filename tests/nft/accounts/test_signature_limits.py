"""The longest signature passes every limit on its way: of the body, the site, nginx, the wrapper, gas and session."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings as site_settings

from localstack.binaries import ROOT
from nft.core.evm.signatures import MAX_SIGNATURE_BYTES, MAX_SIGNATURE_TEXT
from nft.core.evm.siwe import MAX_TEXT_BYTES
from nft.models import LinkedAccount, WalletSession
from nft.testing.browser import Browser
from nft.testing.chain import Chain
from nft.testing.wallets import chains_at, undeployed
from nft.views.sign_in import MAX_VERIFY_BODY
from tests.kit.account_kinds import KINDS

KIND = "Coinbase Smart Wallet"  # reads no further than its arguments


@pytest.fixture
def site(chain: Chain, settings: Any) -> Any:
    settings.NFT_CHAINS = chains_at(chain.url)
    return settings


def test_each_limit_has_room_for_the_one_inside() -> None:
    nginx = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    [elsewhere, *_] = re.findall(r"client_max_body_size (\d+)k;", nginx)
    braces_and_names = 100
    assert MAX_SIGNATURE_BYTES == 16 * 1024
    assert MAX_SIGNATURE_TEXT + MAX_TEXT_BYTES + braces_and_names < MAX_VERIFY_BODY == 40 * 1024
    assert MAX_VERIFY_BODY < site_settings.DATA_UPLOAD_MAX_MEMORY_SIZE < int(elsewhere) * 1024


@pytest.mark.django_db
@pytest.mark.parametrize("is_deployed", [True, False])
def test_a_signature_of_16_kibibytes_signs_in_and_one_byte_more_does_not(
    chain: Chain, site: Any, *, is_deployed: bool
) -> None:
    account, browser = KINDS[KIND](chain), Browser()
    text = browser.text_for(account.address)
    if is_deployed:
        account.deploy(chain)
        longest = account.signature(text).ljust(MAX_SIGNATURE_TEXT, "0")
    else:
        filled = account.call + bytes(MAX_SIGNATURE_BYTES - 640)
        longest = undeployed(account.factory, filled, account.signature(text))
        while len(longest) > MAX_SIGNATURE_TEXT:
            filled = filled[:-32]
            longest = undeployed(account.factory, filled, account.signature(text))
    assert len(longest) == MAX_SIGNATURE_TEXT
    assert browser.verify(text, longest + "00").status_code == 413
    assert browser.verify(text, longest).status_code == 200, "what is too long uses up no text"
    assert LinkedAccount.objects.get().address_text == account.address
    assert len(bytes(WalletSession.objects.get().signature)) == MAX_SIGNATURE_BYTES
