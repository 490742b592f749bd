"""Settings that each make sense and together do not are reported by the system checks."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from avatarsite.settings.operator import Operator

# Of RFC 8410, section 10.3.
KEY = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
"""


def ids(**settings: Any) -> set[str]:
    with override_settings(**settings):
        return {
            message.id
            for message in run_checks()
            if message.id and message.id.startswith(("avatarsite.", "nft.", "profiles."))
        }


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"LOCAL_STACK": True, "SITE_ORIGIN": "https://avatars.example"}, "avatarsite.E001"),
        ({"LOCAL_STACK": False, "DEBUG": True}, "avatarsite.E002"),
        ({"SITE_ORIGIN": "https://avatars.example/path"}, "avatarsite.E003"),
        ({"SITE_ORIGIN": "http://avatars.example"}, "avatarsite.E004"),
        ({"NFT_SWEEP_PERIOD": 7200, "AVATAR_MARK_MAX_AGE": 3600}, "nft.E007"),
        ({"AVATAR_MARK_MAX_AGE": 90_000, "AVATAR_IMAGE_MAX_AGE": 86_400}, "nft.E007"),
        ({"NFT_DEFAULT_CHAIN_ID": 999, "NFT_ENABLED": True}, "nft.E005"),
        ({"ADMIN_WALLET_SIGN_IN": True, "NFT_ENABLED": False}, "avatarsite.E007"),
        ({"ADMIN_WALLET_SIGN_IN": True, "MFA_SUPPORTED_TYPES": ["recovery_codes"]}, "avatarsite.E007"),
        ({"NFT_SESSION_RECHECK": 700_000, "NFT_SESSION_UNCHECKED_MAX": 604_800}, "nft.E008"),
        (
            {"LOCAL_STACK": False, "NFT_ENABLED": True, "NFT_IPFS_GATEWAYS": ["https://one.example"]},
            "nft.W001",
        ),
        ({"AVATAR_RECEIPT_SIGNING_KEY": "no key"}, "profiles.E017"),
        ({"AVATAR_RECEIPT_PUBLIC_KEYS": ["AAAA"]}, "profiles.E017"),
        ({"LOCAL_STACK": False, "AVATAR_RECEIPT_SIGNING_KEY": ""}, "avatarsite.W002"),
        ({"ADMIN_PATH": ""}, "avatarsite.E011"),
        ({"ADMIN_PATH": "staff//x"}, "avatarsite.E011"),
        ({"ADMIN_PATH": "settings"}, "avatarsite.E011"),
        ({"ADMIN_PATH": "accounts/admin"}, "avatarsite.E011"),
        ({"ADMIN_PATH": "avatar"}, "avatarsite.E011"),
        ({"SECURE_HSTS_PRELOAD": True, "SECURE_HSTS_SECONDS": 31_536_000}, "avatarsite.E012"),
        (
            {
                "SECURE_HSTS_PRELOAD": True,
                "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
                "SECURE_HSTS_SECONDS": 300,
            },
            "avatarsite.E012",
        ),
        ({"STAFF_NEED_SECOND_FACTOR": True, "MFA_SUPPORTED_TYPES": ["recovery_codes"]}, "avatarsite.E013"),
        ({"LOCAL_STACK": False, "STAFF_NEED_SECOND_FACTOR": False}, "avatarsite.W003"),
        ({"LOCAL_STACK": False, "OPERATOR": Operator()}, "avatarsite.W006"),
        ({"LOCAL_STACK": False, "OPERATOR": Operator("Example Ltd", "1 Example Street")}, "avatarsite.W006"),
    ],
)
def test_an_unsafe_mixture_is_named(settings: dict[str, Any], found: str) -> None:
    assert found in ids(**settings)


def test_a_safe_production_has_nothing_to_say() -> None:
    assert not ids(
        LOCAL_STACK=False,
        DEBUG=False,
        SITE_ORIGIN="https://avatars.example",
        NFT_IPFS_GATEWAYS=["https://one.example", "https://two.example"],
        NFT_SWEEP_PERIOD=900,
        AVATAR_MARK_MAX_AGE=3600,
        AVATAR_IMAGE_MAX_AGE=86_400,
        AVATAR_RECEIPT_SIGNING_KEY=KEY,
        NFT_SPONSOR_CHAINS=[],
        STAFF_NEED_SECOND_FACTOR=True,
        ADMIN_PATH="staff/admin",
        SECURE_HSTS_SECONDS=31_536_000,
        OPERATOR=Operator("Example Ltd", "1 Example Street", "mail@example.org"),
    )


def test_an_earlier_name_of_a_setting_is_reported_with_its_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with override_settings(NFT_ON_LOSS="keep"):
        monkeypatch.setenv("RECEIPT_SIGNING_KEY_FILE", "/run/secrets/key")
        told = {message.msg for message in run_checks() if message.id == "avatarsite.E010"}
    assert told == {
        "NFT_ON_LOSS has no effect: it is now AVATAR_ON_LOSS.",
        "RECEIPT_SIGNING_KEY_FILE has no effect: it is now AVATAR_RECEIPT_SIGNING_KEY_FILE.",
    }


def test_an_indexer_that_is_not_there_is_named() -> None:
    entry = {"adapter": "nft.clients.indexers.Nobody", "chain_id": 1, "url": "https://a.example"}
    with override_settings(NFT_INDEXERS=[entry]):
        assert "nft.E003" in {message.id for message in run_checks()}
    with override_settings(NFT_INDEXERS=[entry | {"adapter": "nft.clients.indexers.Blockscout"}]):
        assert "nft.E003" not in {message.id for message in run_checks()}
